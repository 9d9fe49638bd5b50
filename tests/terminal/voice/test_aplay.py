"""Tests for speech output with the real aplay and ALSA's null device."""

import asyncio
import shutil
import time

import pytest

from terminal.voice.aplay import Aplay
from terminal.voice.tones import tone
from terminal.voice.utterance import SpokenSentence, Tone, Utterance
from terminal.voice.wav import duration, wrap_wav

TWO = (SpokenSentence("a", "ja"), SpokenSentence("b", "ja"))
LONG = wrap_wav(bytes(2 * 24_000 * 20), 24_000)


class RecordingSpeaker:
    def __init__(self, wav: bytes | None) -> None:
        self.requested: list[int] = []
        self.rings = 0
        self.aplay = Aplay(self._sound, "null", self._ring)
        self._wav = wav

    async def _sound(self, _utterance: Utterance, index: int) -> bytes | None:
        self.requested.append(index)
        return self._wav

    def _ring(self) -> None:
        self.rings += 1


@pytest.mark.skipif(shutil.which("aplay") is None, reason="alsa-utils is not installed (run make setup)")
def test_new_sentences_interrupt_those_being_played() -> None:
    async def listen() -> None:
        speaker = RecordingSpeaker(LONG)
        started = time.monotonic()
        speaker.aplay.say(Utterance(TWO, Tone.CARD))
        assert speaker.requested == [], "`say` does not wait"
        async with asyncio.timeout(60):
            while not speaker.requested:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)
        speaker.aplay.say(Utterance((), Tone.TAKE_CARD, interrupts=False))
        speaker.aplay.say(Utterance())
        await speaker.aplay.close()
        assert speaker.requested[:1] == [0]
        assert time.monotonic() - started < duration(LONG)

    asyncio.run(listen())


def test_tones_ring_terminal_bell_without_aplay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    speaker = RecordingSpeaker(tone(Tone.DIGIT))
    speaker.aplay.say(Utterance(TWO, Tone.TAKE_CARD))
    speaker.aplay.say(Utterance(TWO))
    assert (speaker.rings, speaker.requested) == (1, [])
