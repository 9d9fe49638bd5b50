"""Test the loudness of sentences rendered in several languages."""

import math
from functools import cache

import numpy as np
import pytest

from terminal.session.display import DEFAULT_VOLUME, VOLUMES, Display
from terminal.voice.engines import is_installed, voice_for
from terminal.voice.level import CEILING, LEVEL, level, normalise
from terminal.voice.wav import decode_wav, scale_volume
from terminal.words.catalogue import words

SPOKEN = ("ja", "en", "es", "zh-Hans")


@cache
def wav(language: str) -> bytes:
    if not is_installed(language):
        pytest.skip(f"no voice for {language} is installed (run make setup)")
    return voice_for(language).speak(str(words(language)("pin.question")), slow=False)


@pytest.mark.parametrize("language", SPOKEN)
def test_every_language_is_equally_loud_without_clipping(language: str) -> None:
    samples, rate = decode_wav(wav(language))
    assert level(samples, rate) == pytest.approx(LEVEL, abs=1.0)
    assert np.abs(samples).max() <= 32768 * 10 ** (CEILING / 20) + 1


def test_volume_steps_cover_18_db_with_one_step_of_12_db() -> None:
    display, levels = Display(), []
    for _ in VOLUMES:
        levels.append(level(*decode_wav(scale_volume(wav("en"), display.volume))))
        display = Display(volume=display.louder)
    assert display.volume == DEFAULT_VOLUME
    gains = sorted(value - min(levels) for value in levels)
    assert gains[-1] >= 18
    assert any(12 <= gain < 13 for gain in gains[1:-1])


def test_limiting_peaks_keeps_the_speech_level() -> None:
    rate = 24_000
    speech = 3000 * np.sin(np.arange(rate) / 20)
    peak = speech.copy()
    peak[12_000] = 32_000
    limited = normalise(peak, rate)
    assert np.abs(limited).max() <= 32768 * 10 ** (CEILING / 20) + 1
    assert level(limited, rate) == pytest.approx(LEVEL, abs=0.5)
    assert math.isinf(level(np.zeros(rate), rate))
    assert not normalise(np.zeros(rate), rate).any()
