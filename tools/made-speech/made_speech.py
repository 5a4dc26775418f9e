"""Makes speech with word and phone times for `orator stage render --speech FOLDER`.

A developer's program, not needed to run Orator. It calls the program `espeak-ng` (a separate program, GPL; nothing of it
is linked or shipped) for the sound and PocketSphinx (BSD-2, `pip install -r requirements.txt`) for the times: the text is
known, so words and phones are aligned to the sound and not recognised.

    python made_speech.py SENTENCES.txt OUT [--seed N] [--minutes M] [--jobs J]

SENTENCES.txt has one sentence a line (`orator stage sentences`). OUT gets NAME.wav (16 kHz, mono, 16 bit) and NAME.json
(`text`, `words`, `phones`, `duration`; ARPAbet, seconds) for each sentence that could be aligned; the others are counted.
The same seed and the same versions of the programs give the same files.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import wave
from multiprocessing import Pool
from pathlib import Path

import numpy
from pocketsphinx import Config, Decoder, get_model_path
from scipy.signal import resample_poly

RATE = 16000
# Accents and timbres of espeak-ng whose English PocketSphinx's model understands.
VOICES = ["en-us", "en-us+m1", "en-us+m3", "en-us+m7", "en-us+f1", "en-us+f2", "en-us+f3", "en-us+f4", "en-gb+m2", "en-gb+f5"]
# Said without stress inside a sentence: they carry no beat.
WEAK = set(
    "a an the of to and or but is are was were be been am as at by for from in into on with it its this that than then "
    "so if he she they them his her their our we us will would can could may might must shall should have has had do "
    "does did there some any just".split()
)
SILENCES = {"<s>", "</s>", "<sil>", "[NOISE]", "[SPEECH]", "++NOISE++", "SIL", "+SPN+", "+NSN+"}
VOWELS = {"AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"}
FRAME = 0.01
STATE = {}


def decoder():
    """One decoder a process: loading the dictionary takes a second."""
    if "decoder" not in STATE:
        config = Config(hmm=get_model_path("en-us/en-us"), dict=get_model_path("en-us/cmudict-en-us.dict"), lm=None)
        config["loglevel"] = "FATAL"
        # Wide beams: the text is known, so a path must be found, not the fastest one.
        config["beam"], config["wbeam"], config["pbeam"] = 1e-60, 1e-30, 1e-60
        STATE["decoder"] = Decoder(config)
    return STATE["decoder"]


def words_of(text):
    return re.findall(r"[a-z']+", text.lower())


def spoken(text, voice, rate, pitch):
    """The sound at 16 kHz as 16-bit numbers, silence trimmed to a tenth of a second at both ends."""
    run = subprocess.run(
        ["espeak-ng", "-v", voice, "-s", str(rate), "-p", str(pitch), "--stdout", text],
        capture_output=True,
        check=True,
    )
    raw = numpy.frombuffer(run.stdout[44:], dtype="<i2").astype(numpy.float64)
    source = int.from_bytes(run.stdout[24:28], "little")
    common = numpy.gcd(RATE, source)
    sound = resample_poly(raw, RATE // common, source // common)
    loud = numpy.flatnonzero(numpy.abs(sound) > 300)
    if len(loud) == 0:
        return None
    margin = RATE // 5
    sound = sound[max(0, loud[0] - margin) : loud[-1] + margin]
    sound = numpy.concatenate([numpy.zeros(max(0, margin - loud[0])), sound, numpy.zeros(margin)])
    # A breath of noise, as a room has it: the aligner's models do not know digital silence.
    noise = numpy.random.RandomState(len(sound)).normal(0, 12, len(sound))
    return numpy.clip(sound * 0.7 + noise, -32768, 32767).astype("<i2")


def listen(speech, sound):
    speech.start_utt()
    speech.process_raw(sound.tobytes(), no_search=False, full_utt=True)
    speech.end_utt()


def aligned(sound, words):
    """Words and phones with times, or nothing."""
    speech = decoder()
    for word in words:
        if speech.lookup_word(word) is None:
            return None
    try:
        # Words first, then the phones inside them.
        speech.set_align_text(" ".join(words))
        listen(speech, sound)
        if speech.hyp() is None:
            return None
        speech.set_alignment()
        listen(speech, sound)
    except RuntimeError:
        # No path through the text; a decoder that failed is not used again.
        STATE.clear()
        return None
    if speech.get_alignment() is None:
        return None
    found_words, phones = [], []
    for entry in speech.get_alignment().words():
        start = entry.start * FRAME
        end = (entry.start + entry.duration) * FRAME
        name = re.sub(r"\(\d+\)$", "", entry.name)
        silent = name in SILENCES
        inside = []
        for phone in entry:
            first, last = phone.start * FRAME, (phone.start + phone.duration) * FRAME
            symbol = "SIL" if silent or phone.name in SILENCES else re.sub(r"\d", "", phone.name)
            inside.append({"symbol": symbol, "stress": 0, "start": round(first, 3), "end": round(last, 3)})
        if not silent:
            stress_vowel(name, inside)
            main = [p for p in inside if p["stress"] == 1]
            middle = None
            if main and name not in WEAK:
                middle = round((main[0]["start"] + main[0]["end"]) / 2, 4)
            found_words.append({"text": name, "start": round(start, 3), "end": round(end, 3), "stress": middle})
        phones.extend(inside)
    if [word["text"] for word in found_words] != words:
        return None
    # An alignment that squeezes words or vowels is wrong.
    for word in found_words:
        if word["end"] - word["start"] < 0.03:
            return None
    return found_words, phones


def stress_vowel(word, phones):
    """Marks the vowel with the main stress: the dictionary of the aligner has no stress, so English habit decides."""
    vowels = [p for p in phones if p["symbol"] in VOWELS]
    if not vowels:
        return
    index = STRESS.get(word)
    if index is None:
        # "about", "again": a first schwa before a full vowel is weak; "other", "sunny": it is not.
        index = int(len(vowels) > 1 and vowels[0]["symbol"] == "AH" and vowels[1]["symbol"] not in {"AH", "ER", "IH", "IY"})
    chosen = vowels[min(index, len(vowels) - 1)]
    for p in vowels:
        p["stress"] = 1 if p is chosen else 0


# Syllable (from 0) with the main stress, where it is not the first full vowel.
STRESS = {
    "about": 1, "above": 1, "across": 1, "again": 1, "agree": 1, "ago": 1, "along": 1, "already": 1, "alone": 1,
    "around": 1, "away": 1, "because": 1, "become": 1, "before": 1, "begin": 1, "begins": 1, "behind": 1, "believe": 1,
    "below": 1, "between": 1, "beyond": 1, "decide": 1, "decided": 1, "depends": 1, "describe": 1, "enough": 1,
    "enormous": 1, "exactly": 1, "example": 1, "experience": 1, "explain": 1, "forget": 1, "however": 1, "idea": 1,
    "ideas": 1, "important": 1, "impossible": 1, "instead": 1, "machine": 1, "myself": 1, "yourself": 1, "perhaps": 1,
    "police": 1, "possible": 0, "prefer": 1, "prepare": 1, "problem": 0, "remember": 1, "result": 1, "results": 1,
    "return": 1, "today": 1, "together": 2, "tomorrow": 1, "tonight": 1, "until": 1, "upon": 1, "without": 1,
    "whatever": 1, "whoever": 1, "another": 1, "united": 1, "imagine": 1, "decision": 1, "discover": 1,
    "complete": 1, "completely": 1, "conclusion": 1, "community": 1, "material": 1, "support": 1, "mistake": 1,
    "understand": 2, "afternoon": 2, "expensive": 1, "direction": 1, "condition": 1, "agenda": 1, "committee": 1,
}


def make(job):
    number, text, seed, out = job
    chance = random.Random(f"{seed} {number}")
    voice = chance.choice(VOICES)
    rate = chance.randint(140, 185)
    pitch = chance.randint(25, 70)
    sound = spoken(text, voice, rate, pitch)
    if sound is None:
        return 0.0
    found = aligned(sound, words_of(text))
    if found is None:
        return 0.0
    words, phones = found
    duration = len(sound) / RATE
    name = f"{number:06d}"
    with wave.open(str(out / f"{name}.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(sound.tobytes())
    talk = {"text": text, "words": words, "phones": phones, "duration": duration}
    (out / f"{name}.json").write_text(json.dumps(talk, separators=(",", ":")))
    return duration


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("sentences", type=Path)
    arguments.add_argument("out", type=Path)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--minutes", type=float, default=60.0)
    arguments.add_argument("--jobs", type=int, default=1)
    options = arguments.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    lines = [line.strip() for line in options.sentences.read_text().splitlines() if line.strip()]
    jobs = ((number, text, options.seed, options.out) for number, text in enumerate(lines))
    seconds, left_out, done = 0.0, 0, 0
    with Pool(options.jobs) as pool:
        for made in pool.imap(make, jobs, chunksize=4):
            done += 1
            seconds += made
            left_out += made == 0.0
            if done % 100 == 0:
                print(f"{done} sentences, {seconds / 60:.1f} minutes, {left_out} left out", file=sys.stderr)
            if seconds >= options.minutes * 60:
                pool.terminate()
                break
    print(f"{done} sentences, {seconds / 60:.1f} minutes, {left_out} could not be aligned", file=sys.stderr)


if __name__ == "__main__":
    main()
