#!/usr/bin/env python3
"""Made speech with word and phone times: sentences in, pairs NAME.wav + NAME.json out.

Run beforehand by a developer; Orator reads what it writes and needs none of it. See README.md.
"""

import argparse
import json
import os
import pathlib
import random
import re
import sys
import time
import wave

import numpy
import scipy.signal

import arpabet
import edges
from espeak import Espeak
from piper import Piper

RATE = 16_000
CLIP_SECONDS = (6.0, 15.0)
# Seconds kept before the first and after the last phone of a sentence.
LEAD, TAIL = 0.05, 0.12
# Pause between sentences, and before and after the first and last, in seconds.
GAP, EDGE = (0.3, 0.8), (0.15, 0.35)
LOUDNESS_DB, LOUDNESS_SPREAD_DB, FLOOR_DB, PEAK = -23.0, 3.0, -66.0, 0.95
CLAUSE_END = re.compile(r"\s*([,;:.!?…—])[\"”’)]*\s*")


def words_of(text):
    """Words in small letters, without punctuation."""
    plain = text.replace("’", "'").lower()
    return [word.strip("'") for word in re.findall(r"[a-z']+", plain) if word.strip("'")]


def clauses_of(sentence):
    """`(clause, mark that ends it)`."""
    pieces = CLAUSE_END.split(sentence.strip())
    marks = pieces[1::2] + ["."]
    return [(clause, {"…": ",", "—": ","}.get(mark, mark)) for clause, mark in zip(pieces[0::2], marks) if clause.strip()]


class Studio:
    """Both synthesisers."""

    def __init__(self, seed, with_piper):
        self.espeak = Espeak()
        self.piper = Piper(seed) if with_piper else None
        self._alone = {}

    def alone(self, voice, word):
        """The phones of a word by itself."""
        if (voice, word) not in self._alone:
            self._alone[voice, word] = [symbol for symbol, _ in arpabet.symbols(self.espeak.ipa(word).replace(" ", ""))]
        return self._alone[voice, word]

    def say(self, sentence, voice, settings):
        """Samples at `RATE`, and phones `[start s, end s, symbol, stress]`."""
        if voice["engine"] == "piper":
            self.espeak.set_voice(self.piper.voice)
            return self._say_piper(sentence, settings)
        self.espeak.set_voice(voice["voice"])
        self.espeak.set_parameters(settings["rate"], settings["pitch"], settings["range"])
        return self._say_espeak(sentence)

    def _say_piper(self, sentence, settings):
        ipa = "".join(self.espeak.ipa(clause) + mark + " " for clause, mark in clauses_of(sentence)).strip()
        samples, spans = self.piper.say(ipa, settings["length"])
        phones = []
        # Sounds belong to the words between the spaces and marks: diphthongs never span two words.
        for run in re.finditer(r"[^ ,;:.!?]+", ipa):
            for first, last, parts, stress in arpabet.units(run.group()):
                covered = [spans[run.start() + at] for at in range(first, last) if spans[run.start() + at]]
                end_at = run.start() + last
                # A length mark's time belongs to its vowel, a stress mark's to what follows it.
                while end_at < run.end() and ipa[end_at] in arpabet.SILENT_MARKS and spans[end_at]:
                    covered.append(spans[end_at])
                    end_at += 1
                before = run.start() + first - 1
                if before >= run.start() and ipa[before] in (arpabet.PRIMARY, arpabet.SECONDARY) and spans[before]:
                    covered.insert(0, spans[before])
                if covered:
                    phones.extend(split(covered[0][0] / self.piper.rate, covered[-1][1] / self.piper.rate, parts, stress))
        samples = resampled(samples, self.piper.rate)
        edges.settle(phones, samples, RATE)
        return samples, phones

    def _say_espeak(self, sentence):
        samples, events = self.espeak.say(sentence)
        phones = []
        for start, end, name in events:
            found = arpabet.units(name) if name else []
            for _, _, parts, _ in found[:1]:
                phones.extend(split(start / self.espeak.rate, end / self.espeak.rate, parts, 0))
            if name and not found and phones:
                phones[-1][1] = end / self.espeak.rate
        # The events say nothing about stress; the pronunciation does.
        told = [phone for clause, _ in clauses_of(sentence) for phone in arpabet.symbols(self.espeak.ipa(clause).replace(" ", ""))]
        match = arpabet.align([phone[2] for phone in phones], [symbol for symbol, _ in told])
        for phone, index in zip(phones, match):
            if phone[2] in arpabet.VOWELS and index is not None and told[index][0] in arpabet.VOWELS:
                phone[3] = told[index][1]
        return resampled(samples.astype(numpy.float32) / 32768.0, self.espeak.rate), phones

    def words(self, sentence, voice, phones):
        """`{text, start, end, stress}`; every word owns at least one phone, else the sentence is refused."""
        texts = words_of(sentence)
        expected, owner = [], []
        for index, text in enumerate(texts):
            symbols = self.alone(voice["name"], text)
            expected.extend(symbols)
            owner.extend([index] * len(symbols))
        match = arpabet.align([phone[2] for phone in phones], expected)
        words = [{"text": text, "start": None, "end": None, "stress": None} for text in texts]
        members = [[] for _ in texts]
        for phone, index in zip(phones, match):
            members[owner[index]].append(phone)
        for word, own in zip(words, members):
            if not own:
                raise ValueError(f"no sound for {word['text']!r} in {sentence!r}")
            word["start"], word["end"] = own[0][0], own[-1][1]
            vowels = [phone for phone in own if phone[2] in arpabet.VOWELS]
            if vowels and word["text"] not in arpabet.FUNCTION_WORDS:
                chosen = min(vowels, key=lambda phone: phone[3] if phone[3] else 3)
                chosen[3] = 1
                word["stress"] = 0.5 * (chosen[0] + chosen[1])
        return words


def split(start, end, parts, stress):
    """The phones of one unit, sharing its time."""
    phones, at = [], start
    for symbol, weight in parts:
        until = at + weight * (end - start)
        vowel = symbol in arpabet.VOWELS
        phones.append([at, until, symbol, stress if vowel else 0])
        stress = 0 if vowel else stress
        at = until
    phones[-1][1] = end
    return phones


def resampled(samples, rate):
    divisor = int(numpy.gcd(rate, RATE))
    return scipy.signal.resample_poly(samples, RATE // divisor, rate // divisor).astype(numpy.float32)


def join(parts, random_source):
    """One clip from `(sentence, samples, phones, words)`: cut to the speech, with pauses, at one loudness."""
    pieces, phones, words, at = [], [], [], 0
    for index, (_, samples, own_phones, own_words) in enumerate(parts):
        pause = int(random_source.uniform(*(EDGE if index == 0 else GAP)) * RATE)
        first = max(0, int((own_phones[0][0] - LEAD) * RATE))
        last = min(len(samples), int((own_phones[-1][1] + TAIL) * RATE))
        piece = samples[first:last].copy()
        fade = min(len(piece) // 4, int(0.02 * RATE))
        piece[:fade] *= numpy.linspace(0.0, 1.0, fade, dtype=numpy.float32)
        piece[-fade:] *= numpy.linspace(1.0, 0.0, fade, dtype=numpy.float32)
        pieces += [numpy.zeros(pause, numpy.float32), piece]
        shift = (at + pause - first) / RATE
        end = (at + pause + len(piece)) / RATE
        phones += [[start + shift, min(stop + shift, end), symbol, stress] for start, stop, symbol, stress in own_phones]
        for word in own_words:
            moved = {key: value + shift if isinstance(value, float) else value for key, value in word.items()}
            words.append(moved | {"end": min(moved["end"], end)})
        at += pause + len(piece)
    edge = int(random_source.uniform(*EDGE) * RATE)
    samples = numpy.concatenate(pieces + [numpy.zeros(edge, numpy.float32)])
    spoken = samples[numpy.abs(samples) > 1e-3]
    wanted = 10 ** ((LOUDNESS_DB + random_source.uniform(-1.0, 1.0) * LOUDNESS_SPREAD_DB) / 20)
    if len(spoken):
        samples *= wanted / float(numpy.sqrt(numpy.mean(spoken**2)))
    noise = numpy.random.default_rng(random_source.getrandbits(32))
    samples += noise.standard_normal(len(samples), numpy.float32) * 10 ** (FLOOR_DB / 20)
    samples *= min(1.0, PEAK / float(numpy.max(numpy.abs(samples))))
    return samples, phones, words


def talk(text, phones, words, duration):
    """The form of `Talk`; silence fills what no phone covers."""
    filled, at = [], 0.0
    for start, end, symbol, stress in phones:
        if start - at > 1e-4:
            filled.append({"symbol": "SIL", "stress": 0, "start": round(at, 5), "end": round(start, 5)})
        filled.append({"symbol": symbol, "stress": stress, "start": round(start, 5), "end": round(end, 5)})
        at = end
    if duration - at > 1e-4:
        filled.append({"symbol": "SIL", "stress": 0, "start": round(at, 5), "end": round(duration, 5)})
    rounded = [{k: round(v, 5) if isinstance(v, float) else v for k, v in word.items()} for word in words]
    return {"text": text, "words": rounded, "phones": filled, "duration": round(duration, 5)}


def write(folder, name, samples, content):
    """The sound first: a JSON file is there only when its sound is whole."""
    temporary = folder / f".{name}.part"
    with wave.open(str(temporary), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((numpy.clip(samples, -1, 1) * 32767).round().astype("<i2").tobytes())
    os.replace(temporary, folder / f"{name}.wav")
    temporary.write_text(json.dumps(content, ensure_ascii=False) + "\n")
    os.replace(temporary, folder / f"{name}.json")


def main():
    here = pathlib.Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sentences", type=pathlib.Path, help="text file, one sentence a line")
    parser.add_argument("out", type=pathlib.Path, help="folder for the pairs")
    parser.add_argument("--voices", type=pathlib.Path, default=here / "voices.json")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, help="stop when so much sound is made")
    parser.add_argument("--one-sentence", action="store_true", help="one sentence a clip")
    parser.add_argument("--rate", type=int, default=RATE, choices=(16_000, 22_050, 24_000), help="samples a second")
    options = parser.parse_args()
    globals()["RATE"] = options.rate
    sentences = [line.strip() for line in options.sentences.read_text().splitlines() if words_of(line)]
    voices = json.loads(options.voices.read_text())
    options.out.mkdir(parents=True, exist_ok=True)
    studio = Studio(options.seed, any(voice["engine"] == "piper" for voice in voices))
    random_source = random.Random(options.seed)
    made, count, refused, at, begun = 0.0, 0, 0, 0, time.monotonic()
    while at < len(sentences) and (options.minutes is None or made < 60 * options.minutes):
        voice = random_source.choices(voices, [voice["share"] for voice in voices])[0]
        settings = {key: random_source.uniform(*value) for key, value in voice.items() if isinstance(value, list)}
        wanted = 0.0 if options.one_sentence else random_source.uniform(CLIP_SECONDS[0], CLIP_SECONDS[1] - 4.0)
        parts, length = [], 0.0
        while at < len(sentences) and (not parts or length < wanted):
            sentence = sentences[at]
            at += 1
            try:
                samples, phones = studio.say(sentence, voice, settings)
                words = studio.words(sentence, voice, phones)
            except ValueError as error:
                refused += 1
                print(f"left out: {error}", file=sys.stderr)
                continue
            parts.append((sentence, samples, phones, words))
            length += phones[-1][1] - phones[0][0] + 0.5 * sum(GAP)
        if not parts:
            break
        samples, phones, words = join(parts, random_source)
        content = talk(" ".join(part[0] for part in parts), phones, words, len(samples) / RATE) | {"voice": voice["name"]}
        write(options.out, f"{count:05}", samples, content)
        count += 1
        made += len(samples) / RATE
        if count % 25 == 0:
            spent = time.monotonic() - begun
            print(f"{count} clips, {made / 60:.1f} min, {made / spent:.1f} x real time", file=sys.stderr)
    spent = time.monotonic() - begun
    print(f"{count} clips, {made / 60:.1f} min of sound in {spent / 60:.1f} min; {refused} sentences left out", file=sys.stderr)


if __name__ == "__main__":
    main()
