"""The espeak-ng synthesiser: pronunciations, and speech with the times of its phones.

Its events give the first sample of every phone. The library is found at run time on the developer's machine; Orator neither
contains nor links it.
"""

import ctypes

import numpy

AUDIO_OUTPUT_SYNCHRONOUS = 2
PHONEME_EVENTS_IN_IPA = 0x0001 | 0x0002
CHARACTERS_UTF8 = 1
PHONEMES_AS_IPA = 0x02
EVENT_END, EVENT_PHONEME = 0, 7
RATE, VOLUME, PITCH, RANGE = 1, 2, 3, 4


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class Espeak:
    """One synthesiser; a process can hold only one."""

    def __init__(self):
        try:
            self._library = ctypes.CDLL("libespeak-ng.so.1")
        except OSError as error:
            raise SystemExit(f"espeak-ng is missing ({error}): apt-get install espeak-ng") from error
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self.rate = self._library.espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 500, None, PHONEME_EVENTS_IN_IPA)
        if self.rate <= 0:
            raise SystemExit("espeak-ng finds no voice data: apt-get install espeak-ng-data")
        self._pieces, self._events = [], []
        self._callback = _CALLBACK(self._take)
        self._library.espeak_SetSynthCallback(self._callback)

    def _take(self, wave, count, events):
        if wave and count > 0:
            self._pieces.append(numpy.ctypeslib.as_array(wave, (count,)).copy())
        index = 0
        while events[index].type != EVENT_END:
            if events[index].type == EVENT_PHONEME:
                name = events[index].id.string.decode("utf-8", "ignore")
                self._events.append((events[index].sample, name))
            index += 1
        return 0

    def set_voice(self, voice):
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise SystemExit(f"espeak-ng has no voice {voice!r}")

    def set_parameters(self, rate, pitch, pitch_range):
        """`rate` in words a minute, the others 0..100."""
        for parameter, value in ((RATE, rate), (PITCH, pitch), (RANGE, pitch_range)):
            self._library.espeak_SetParameter(parameter, int(value), 0)

    def ipa(self, text):
        """The pronunciation of one clause, words separated by spaces (espeak-ng may run words together)."""
        pointer = ctypes.c_void_p()
        buffer = ctypes.create_string_buffer(text.encode())
        pointer.value = ctypes.addressof(buffer)
        parts = []
        while pointer.value:
            part = self._library.espeak_TextToPhonemes(ctypes.byref(pointer), CHARACTERS_UTF8, PHONEMES_AS_IPA)
            parts.append(part.decode())
        return " ".join(" ".join(parts).split())

    def say(self, text):
        """Samples (16 bit) and `(first sample, one past the last, IPA)` of its phones; pauses have an empty name."""
        self._pieces, self._events = [], []
        data = text.encode() + b"\0"
        self._library.espeak_Synth(data, len(data), 0, 1, 0, CHARACTERS_UTF8, None, None)
        samples = numpy.concatenate(self._pieces) if self._pieces else numpy.zeros(0, numpy.int16)
        phones = []
        ends = [start for start, _ in self._events[1:]] + [len(samples)]
        for (start, name), end in zip(self._events, ends):
            if end > start:
                phones.append((start, end, "" if name.startswith("_") else name))
        return samples, phones
