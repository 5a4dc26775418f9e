"""From espeak-ng's IPA to ARPAbet, and which word a phone belongs to."""

# Longest spellings first when read; a unit that stands for several phones shares its time as the weights say.
UNITS = {
    "aɪɚ": [("AY", 0.6), ("ER", 0.4)], "aɪə": [("AY", 0.7), ("AH", 0.3)], "aʊɚ": [("AW", 0.6), ("ER", 0.4)],
    "aʊə": [("AW", 0.7), ("AH", 0.3)], "ɑːɹ": [("AA", 0.65), ("R", 0.35)], "ɔːɹ": [("AO", 0.65), ("R", 0.35)],
    "oːɹ": [("AO", 0.65), ("R", 0.35)], "ɪɹ": [("IH", 0.6), ("R", 0.4)], "ɛɹ": [("EH", 0.6), ("R", 0.4)],
    "ʊɹ": [("UH", 0.6), ("R", 0.4)], "iə": [("IY", 0.5), ("AH", 0.5)], "ɪə": [("IH", 0.6), ("AH", 0.4)],
    "eə": [("EH", 1.0)], "ʊə": [("UH", 0.6), ("AH", 0.4)], "əl": [("AH", 0.4), ("L", 0.6)],
    "aɪ": [("AY", 1.0)], "aʊ": [("AW", 1.0)], "eɪ": [("EY", 1.0)], "oʊ": [("OW", 1.0)], "əʊ": [("OW", 1.0)],
    "ɔɪ": [("OY", 1.0)], "tʃ": [("CH", 1.0)], "dʒ": [("JH", 1.0)], "n̩": [("AH", 0.3), ("N", 0.7)],
    "l̩": [("AH", 0.3), ("L", 0.7)], "m̩": [("AH", 0.3), ("M", 0.7)],
    "i": [("IY", 1.0)], "ɪ": [("IH", 1.0)], "ᵻ": [("IH", 1.0)], "ɛ": [("EH", 1.0)], "e": [("EH", 1.0)],
    "æ": [("AE", 1.0)], "a": [("AE", 1.0)], "ɑ": [("AA", 1.0)], "ɒ": [("AA", 1.0)], "ɔ": [("AO", 1.0)],
    "o": [("OW", 1.0)], "ʌ": [("AH", 1.0)], "ə": [("AH", 1.0)], "ɐ": [("AH", 1.0)], "ɜ": [("ER", 1.0)],
    "ɚ": [("ER", 1.0)], "ʊ": [("UH", 1.0)], "u": [("UW", 1.0)],
    "p": [("P", 1.0)], "b": [("B", 1.0)], "t": [("T", 1.0)], "d": [("D", 1.0)], "k": [("K", 1.0)], "ɡ": [("G", 1.0)],
    "f": [("F", 1.0)], "v": [("V", 1.0)], "θ": [("TH", 1.0)], "ð": [("DH", 1.0)], "s": [("S", 1.0)], "z": [("Z", 1.0)],
    "ʃ": [("SH", 1.0)], "ʒ": [("ZH", 1.0)], "h": [("HH", 1.0)], "m": [("M", 1.0)], "n": [("N", 1.0)], "ŋ": [("NG", 1.0)],
    "l": [("L", 1.0)], "ɫ": [("L", 1.0)], "ɹ": [("R", 1.0)], "r": [("R", 1.0)], "j": [("Y", 1.0)], "w": [("W", 1.0)],
    "ɾ": [("T", 1.0)], "ʔ": [("T", 1.0)], "x": [("K", 1.0)],
}
LONGEST = max(map(len, UNITS))
VOWELS = {"AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"}
PRIMARY, SECONDARY, LENGTH = "ˈ", "ˌ", "ː"
# Marks without a sound of their own.
SILENT_MARKS = {LENGTH, "\u0303", "\u0329", "\u032a", "\u02b0", "\u02b2", "\u0361", "\u200d", ";", "-", "'"}
# Pairs that espeak-ng swaps between a word alone and in a sentence.
NEAR = [{"T", "D"}, {"S", "Z"}, {"TH", "DH"}, {"F", "V"}, {"N", "NG"}, {"SH", "ZH"}, {"CH", "JH"}, {"K", "G"}, {"P", "B"}]
# Said without stress.
FUNCTION_WORDS = set(
    "a an the of to and or but nor is are was were be been being am in at on for with from by as than that it its his her "
    "my your our their he she we they them me us him has have had do does did can could will would shall should may might "
    "must if so there into".split()
)


def units(ipa):
    """Reads IPA into `(first character, one past the last, phones with weights, stress)`."""
    at, stress, found = 0, 0, []
    while at < len(ipa):
        if ipa[at] in (PRIMARY, SECONDARY):
            stress = 1 if ipa[at] == PRIMARY else 2
            at += 1
            continue
        for length in range(min(LONGEST, len(ipa) - at), 0, -1):
            phones = UNITS.get(ipa[at : at + length])
            if phones:
                vowel = any(symbol in VOWELS for symbol, _ in phones)
                found.append((at, at + length, phones, stress if vowel else 0))
                stress = 0 if vowel else stress
                at += length
                break
        else:
            if ipa[at] not in SILENT_MARKS:
                raise ValueError(f"no ARPAbet for {ipa[at]!r} (U+{ord(ipa[at]):04X}) in {ipa!r}")
            at += 1
    return found


def symbols(ipa):
    """The phones of a pronunciation, `(symbol, stress)`; only the first vowel of a unit carries its stress."""
    result = []
    for _, _, phones, stress in units(ipa):
        for symbol, _ in phones:
            vowel = symbol in VOWELS
            result.append((symbol, stress if vowel else 0))
            stress = 0 if vowel else stress
    return result


def _cost(one, other):
    if one == other:
        return 0.0
    if (one in VOWELS) != (other in VOWELS):
        return 2.5
    if one in VOWELS:
        return 0.7
    return 0.4 if {one, other} in NEAR else 1.3


def align(observed, expected):
    """For each observed symbol the index of the expected one it stands for: least edit distance, none left out."""
    rows, columns = len(observed), len(expected)
    cost = [[float(i + j) for j in range(columns + 1)] for i in range(rows + 1)]
    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            cost[i][j] = min(
                cost[i - 1][j - 1] + _cost(observed[i - 1], expected[j - 1]), cost[i - 1][j] + 1.0, cost[i][j - 1] + 1.0
            )
    i, j, match = rows, columns, [None] * rows
    while i > 0:
        if j > 0 and cost[i][j] == cost[i - 1][j - 1] + _cost(observed[i - 1], expected[j - 1]):
            i, j = i - 1, j - 1
            match[i] = j
        elif cost[i][j] == cost[i - 1][j] + 1.0:
            i -= 1
            match[i] = max(j - 1, 0)
        else:
            j -= 1
    return match
