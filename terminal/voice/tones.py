"""Generate tones as WAV data, for output without a browser."""

import math
from array import array
from functools import cache

from terminal.voice.utterance import Tone
from terminal.voice.wav import RATE, wrap_wav

NOTES: dict[Tone, tuple[tuple[float, float], ...]] = {
    Tone.QUESTION: ((660, 0.0),),
    Tone.CARD: ((660, 0.0), (880, 0.12)),
    Tone.DIGIT: ((740, 0.0),),
    Tone.SUCCESS: ((660, 0.0), (880, 0.14), (1100, 0.28)),
    Tone.ERROR: ((330, 0.0), (262, 0.2)),
    Tone.TAKE_CARD: ((880, 0.0), (660, 0.18)),
}
"""Frequency in Hz and start time in seconds of each note."""
_LONG, _SHORT = 0.3, 0.08
_AMPLITUDE = 0.25


@cache
def tone(name: Tone) -> bytes:
    length = _SHORT if name is Tone.DIGIT else _LONG
    notes = NOTES[name]
    samples = array("d", bytes(8 * int((notes[-1][1] + length) * RATE)))
    for pitch, after in notes:
        first = int(after * RATE)
        for index in range(int(length * RATE)):
            at = index / RATE
            envelope = min(at / 0.02, 1.0) * math.exp(-5 * at / length)
            if first + index < len(samples):
                samples[first + index] += _AMPLITUDE * envelope * math.sin(2 * math.pi * pitch * at)
    packed = array("h", (int(32767 * max(-1.0, min(1.0, value))) for value in samples))
    return wrap_wav(packed.tobytes(), RATE)
