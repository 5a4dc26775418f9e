"""Where phones end at pauses and word boundaries, by the loudness of the sound.

A network that gives every symbol a length gives one to the spaces and commas too, and speaks on in it: the end of the sound before,
or the start of the one after. Such loud stretches are given back to the phones beside them.
"""

import numpy

import arpabet

HOP_SECONDS = 0.005
# Speech is louder than this, in decibels against the sentence's median vowel.
SPEECH_DB = -22.0
# A shorter gap between phones, in seconds, is a word boundary and not a pause: the neighbours share it.
SHORTEST_PAUSE = 0.08
# A phone grows at most by this, in seconds.
LONGEST_GROWTH = 0.15


def settle(phones, samples, rate):
    """Changes the starts and ends of `phones` (`[start, end, symbol, stress]`) beside gaps."""
    hop = int(HOP_SECONDS * rate)
    frames = samples[: len(samples) // hop * hop].reshape(-1, hop)
    level = 10 * numpy.log10((frames**2).mean(axis=1) + 1e-12)
    vowels = [level[int(p[0] / HOP_SECONDS) : int(p[1] / HOP_SECONDS)] for p in phones if p[2] in arpabet.VOWELS]
    if not vowels:
        return
    loud = level > numpy.median(numpy.concatenate(vowels)) + SPEECH_DB

    def grown(start, limit, step):
        """How far loudness goes on from `start` towards `limit`."""
        at = start
        for _ in range(int(LONGEST_GROWTH / HOP_SECONDS)):
            frame = int(round(at / HOP_SECONDS)) - (step < 0)
            if (limit - at) * step < HOP_SECONDS or not 0 <= frame < len(loud) or not loud[frame]:
                break
            at += step * HOP_SECONDS
        return at

    phones[0][0] = grown(phones[0][0], 0.0, -1)
    phones[-1][1] = grown(phones[-1][1], len(samples) / rate, 1)
    for one, following in zip(phones, phones[1:]):
        end, start = one[1], following[0]
        if start - end < 1e-4:
            continue
        end_grown, start_grown = grown(end, start, 1), grown(start, end, -1)
        if end_grown >= start_grown:
            # Speech throughout: the louder sound, the vowel, is the one that went on.
            before, after = one[2] in arpabet.VOWELS, following[2] in arpabet.VOWELS
            end_grown = start_grown = 0.5 * (end + start) if before == after else start if before else end
        if start_grown - end_grown < SHORTEST_PAUSE:
            # What is quiet and short is the closure of a stop: it belongs to the consonant.
            if one[2] in arpabet.VOWELS and following[2] not in arpabet.VOWELS:
                start_grown = end_grown
            elif following[2] in arpabet.VOWELS and one[2] not in arpabet.VOWELS:
                end_grown = start_grown
            else:
                end_grown = start_grown = 0.5 * (end_grown + start_grown)
        one[1], following[0] = end_grown, start_grown
