"""Driven frames of the released latent deviation network, drawn by PyTorch from the same weights, and how long they take.

    cargo run --release -p orator-render --example deviation_for_pytorch -- frame.safetensors > ours.json
    python benches/pytorch/deviation_frame.py frame.safetensors ours.json

The first writes random weights (840 MB), two pictures and the frame that our networks draw of them, and times ours. This draws
the same frame with PyTorch, refuses to go on when it differs, and prints both times and their ratio as JSON. Needs torch, numpy and
safetensors.

The network is that of METHODS 1.2 to 1.6 as an eager program says it, one operation after the other: the warp repeats its
matrices for each of the 512 channels and looks up a volume with one channel; `bfloat16` computes its convolutions channels-last,
the warp in 32 bits.
"""

import json
import math
import sys
import time

import torch
import torch.nn.functional as F
from safetensors import safe_open

# Largest difference in 32-bit floats, and mean and 99.9th percentile of bfloat16's from 32-bit floats.
TOLERANCE = {"pose": 1e-3, "warped": 2e-2, "drawn": 5e-3}
BFLOAT16_TOLERANCE = {"mean": 1e-2, "99.9th": 5e-2}
GROUPS = {"encoder.residual": 16, "decoder.residual": 16, "scene": 4}
LEAK = 0.2


class Networks:
    """Weights by their names in the weight file, computing in `kind`."""

    def __init__(self, weights, kind):
        self.kind = kind
        self.weights = {}
        for name, weight in weights.items():
            if weight.dim() >= 2:
                weight = weight.to(kind)
            if weight.dim() == 4 and kind != torch.float32:
                weight = weight.contiguous(memory_format=torch.channels_last)
            self.weights[name] = weight

    # Blocks.

    def cast(self, x):
        x = x.to(self.kind)
        return x if self.kind == torch.float32 else x.contiguous(memory_format=torch.channels_last)

    def conv(self, x, name, stride=1):
        weight, bias = self.weights[f"{name}.weight"], self.weights.get(f"{name}.bias")
        bias = bias if bias is None else bias.to(x.dtype)
        return F.conv2d(x, weight, bias, stride, weight.shape[2] // 2)

    def group_norm(self, x, name, groups):
        weight, bias = (self.weights[f"{name}.{part}"].to(x.dtype) for part in ("weight", "bias"))
        return F.group_norm(x, groups, weight, bias)

    def batch_norm(self, x, name):
        mean, variance = self.weights[f"{name}.running_mean"], self.weights[f"{name}.running_var"]
        return F.batch_norm(x, mean, variance, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def residual(self, x, name, groups, scale=None):
        """Pre-activation, twice; the size changes by nearest values."""

        def scaled(x):
            return x if scale is None else F.interpolate(x, scale_factor=scale, mode="nearest")

        y = self.conv(scaled(F.relu(self.group_norm(x, f"{name}.norm1", groups))), f"{name}.conv1")
        y = self.conv(F.relu(self.group_norm(y, f"{name}.norm2", groups)), f"{name}.conv2")
        x = scaled(x)
        return y + (self.conv(x, f"{name}.conv3") if f"{name}.conv3.weight" in self.weights else x)

    def count(self, prefix):
        return len({n[len(prefix) + 1 :].split(".")[0] for n in self.weights if n.startswith(f"{prefix}.")})

    # Source branch, once.

    def source(self, picture):
        x = F.relu(self.group_norm(self.conv(self.cast(picture), "encoder.first.conv"), "encoder.first.norm", 4))
        maps = [x]
        for i in range(3):
            name = f"encoder.down.{i}"
            x = F.avg_pool2d(F.relu(self.group_norm(self.conv(x, f"{name}.conv"), f"{name}.norm", 8)), 2)
            maps.append(x)
        for i in range(self.count("encoder.residual")):
            x = self.residual(x, f"encoder.residual.{i}", 16)
        outer = self.residual(x, "enhancer.down.0", 8, 0.5)
        inner = self.residual(outer, "enhancer.down.1", 16, 0.5)
        x = self.residual(inner, "enhancer.middle", 16)
        x = self.residual(torch.cat([x, inner], 1), "enhancer.up.1", 16, 2)
        x = self.residual(torch.cat([x, outer], 1), "enhancer.up.0", 8, 2)
        x = self.conv(F.relu(self.group_norm(x, "enhancer.norm", 12)), "enhancer.out")
        scene = [self.residual(maps[2 - i], f"decoder.scene.{i}.scene", 4) for i in range(2)]
        return x.float(), scene

    # Pose of a driving picture.

    def bottleneck(self, x, name, stride=1):
        y = F.relu(self.batch_norm(self.conv(x, f"{name}.narrow.conv"), f"{name}.narrow.norm"))
        y = F.relu(self.batch_norm(self.conv(y, f"{name}.middle.conv", stride), f"{name}.middle.norm"))
        y = self.batch_norm(self.conv(y, f"{name}.widen.conv"), f"{name}.widen.norm")
        if stride > 1:
            x = self.batch_norm(self.conv(x, f"{name}.skip.conv", stride), f"{name}.skip.norm")
        return F.relu(y + x)

    def pose(self, picture):
        x = F.relu(self.batch_norm(self.conv(self.cast(picture), "pose.stem.conv", 2), "pose.stem.norm"))
        x = F.max_pool2d(x, 3, 2, 1)
        for i in range(3):
            x = F.relu(self.batch_norm(self.conv(x, f"pose.widen.{i}.conv"), f"pose.widen.{i}.norm"))
            if i > 0:
                x = self.bottleneck(x, f"pose.halve.{i - 1}", 2)
            for j in range(self.count(f"pose.stage.{i}")):
                x = self.bottleneck(x, f"pose.stage.{i}.{j}")
        yaw, pitch, roll = (self.angle(self.conv(x, f"pose.{name}").float()) for name in ("yaw", "pitch", "roll"))
        translation = torch.tanh(self.conv(x.mean((2, 3), keepdim=True), "pose.translation").float()).flatten(1)
        return turn(pitch, 0) @ turn(yaw, 1) @ turn(roll, 2), translation

    def angle(self, logits):
        bins = torch.arange(logits.shape[1], dtype=torch.float32).view(1, -1, 1, 1)
        return ((logits.softmax(1) * bins).sum(1) * 3 - 99) / 180 * 3.14

    # Driven branch, each frame.

    def transform(self, rotations):
        at = "transformation"
        x = self.conv(self.cast(rotations.flatten(3).permute(0, 3, 1, 2)), f"{at}.first")
        finer = self.residual(x, f"{at}.down.0", 4, 0.5)
        coarse = self.residual(finer, f"{at}.down.1", 8, 0.5)
        y = coarse
        for i in range(self.count(f"{at}.middle")):
            y = self.residual(y, f"{at}.middle.{i}", 8 if i == 0 else 16)
        y = self.residual(torch.cat([y, coarse], 1), f"{at}.up.2", 16, 2)
        y = self.residual(torch.cat([y, finer], 1), f"{at}.up.1", 8, 2)
        y = self.residual(torch.cat([y, x], 1), f"{at}.up.0", 8, 2)
        y = torch.tanh(self.conv(self.residual(y, f"{at}.narrow", 4), f"{at}.out").float())
        return y.permute(0, 2, 3, 1).reshape(len(y), y.shape[2], y.shape[3], 3, 3)

    def drive(self, source, pose):
        features, scene = source
        rotations, translation = pose
        warped = warp(features, self.transform(rotations), translation)
        return warped, self.decode(self.cast(warped), scene)

    def decode(self, x, scene):
        x = self.conv(x, "decoder.first")
        for i in range(self.count("decoder.residual")):
            x = self.residual(x, f"decoder.residual.{i}", 16)
        for i in range(3):
            name = f"decoder.stage.{i}"
            x = self.conv(F.interpolate(x, scale_factor=2, mode="nearest"), f"{name}.conv")
            x = F.relu(self.group_norm(x, f"{name}.norm", 8))
            for j in range(self.count(f"{name}.residual")):
                groups = min(max(x.shape[1] // 32, 1), 8)
                x = self.residual(x, f"{name}.residual.{j}", groups)
            if i < 2:
                mask = torch.sigmoid(self.conv(x, f"decoder.scene.{i}.mask"))
                x = x * mask + (1 - mask) * scene[i]
                x = F.prelu(x, self.weights[f"decoder.scene.{i}.slope"].to(x.dtype))
        return torch.sigmoid(self.conv(F.leaky_relu(x, LEAK), "decoder.out").float())


def turn(angle, axis):
    cosine, sine = angle.cos(), angle.sin()
    one, zero = torch.ones_like(angle), torch.zeros_like(angle)
    rows = [
        [one, zero, zero, zero, cosine, -sine, zero, sine, cosine],
        [cosine, zero, sine, zero, one, zero, -sine, zero, cosine],
        [cosine, -sine, zero, sine, cosine, zero, zero, zero, one],
    ][axis]
    return torch.stack(rows, -1).unflatten(-1, (3, 3))


def warp(features, maps, translation):
    """Eq. 4 as it is written: a place for each of depth x height x width, found by a matrix for each."""
    batch, depth, height, width = features.shape
    lines = [torch.arange(n, dtype=torch.float32) * 2 / (n - 1) - 1 for n in (depth, height, width)]
    z, y, x = torch.meshgrid(*lines, indexing="ij")
    identity = torch.stack([x, y, z], -1).unsqueeze(0).expand(len(maps), -1, -1, -1, -1)
    repeated = maps.unsqueeze(1).repeat(1, depth, 1, 1, 1, 1)
    moved = torch.matmul(repeated, identity.unsqueeze(-1)).squeeze(-1)
    places = identity + moved + translation.view(-1, 1, 1, 1, 3)
    volume = features.expand(len(maps), -1, -1, -1).unsqueeze(1)
    return F.grid_sample(volume, places, align_corners=False).squeeze(1)


def milliseconds(repeats, work):
    """Least wall time, and mean time that processors worked."""
    work()
    least, busy = float("inf"), time.process_time()
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        least = min(least, (time.perf_counter() - started) * 1e3)
    return {"wall": least, "processor": (time.process_time() - busy) * 1e3 / repeats}


def apart(one, other):
    """Mean difference of two pictures and its 99.9th percentile."""
    difference = (one - other).abs().flatten()
    place = math.ceil(0.999 * len(difference))
    return {"mean": difference.mean().item(), "99.9th": difference.kthvalue(place).values.item()}


def main():
    path, ours = sys.argv[1], json.load(open(sys.argv[2]))
    torch.set_num_interop_threads(1)
    torch.set_grad_enabled(False)
    with safe_open(path, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    case = {name[5:]: tensors.pop(name) for name in list(tensors) if name.startswith("case.")}
    own, repeats = ours["milliseconds_a_frame"], ours["repeats"]

    times, differs = {}, {}
    for name, kind in [("float32", torch.float32), ("bfloat16", torch.bfloat16)]:
        networks = Networks(tensors, kind)
        source = networks.source(case["source"])
        side = case["driving"].shape[2] // 16
        rows = case["pose"]
        pose = rows[:, :-3].reshape(1, side, side, 3, 3), rows[:, -3:]
        warped, drawn = networks.drive(source, pose)
        if kind == torch.float32:
            rotations, translation = networks.pose(case["driving"])
            rows = torch.cat([rotations.flatten(1), translation], 1)
            found = {"pose": (rows, case["pose"]), "warped": (warped, case["warped"]), "drawn": (drawn, case["drawn"])}
            differs = {name: (a - b).abs().max().item() for name, (a, b) in found.items()}
            for part, difference in differs.items():
                if not difference <= TOLERANCE[part]:
                    sys.exit(f"{part} differs by {difference}, more than {TOLERANCE[part]}")
        else:
            bfloat16 = {
                "ours beside float32": apart(case["drawn_bfloat16"], case["drawn"]),
                "pytorch's beside float32": apart(drawn, case["drawn"]),
                "ours beside pytorch's": apart(case["drawn_bfloat16"], drawn),
            }
            for part, most in BFLOAT16_TOLERANCE.items():
                if not bfloat16["ours beside float32"][part] <= most:
                    sys.exit(f"bfloat16 differs from float32: {bfloat16}")
        threads = 1
        while f"{name}, {threads} threads" in own:
            torch.set_num_threads(threads)
            times[f"{name}, {threads} threads"] = {
                "drive": milliseconds(repeats, lambda: networks.drive(source, pose)),
                "pose": milliseconds(repeats, lambda: networks.pose(case["driving"])),
            }
            threads += 1
    eager = {name: times[name.replace("bfloat16", "float32")] for name in times}
    print(json.dumps({
        "torch": torch.__version__,
        "side": ours["side"],
        "parameters": ours["parameters"],
        "largest_difference": differs,
        "bfloat16_difference": bfloat16,
        "milliseconds_a_frame": {name: {"ours": own[name], "pytorch": times[name]} for name in times},
        "pytorch_over_ours": {
            name: {
                part: {clock: times[name][part][clock] / own[name][part][clock] for clock in ("wall", "processor")}
                for part in times[name]
            }
            for name in times
        },
        "pytorch_float32_over_ours": {
            name: {clock: eager[name]["drive"][clock] / own[name]["drive"][clock] for clock in ("wall", "processor")}
            for name in times
        },
    }, indent=1))


if __name__ == "__main__":
    main()
