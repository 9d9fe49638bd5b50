"""The voices: pyopenjtalk for Japanese, espeak-ng for every other language. Text in, a WAV file out.

To be called in the renderer's process: the Japanese voice holds 190 MB, and the interpreter while it speaks.
"""

import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Protocol

from terminal.voice import readings
from terminal.voice.level import levelled
from terminal.voice.wav import of_samples, samples_of, with_lengths

_ESPEAK = "espeak-ng"
_SECONDS = 20.0
_CHINESE = "zh-Hans"
_ESPEAK_VOICES = {"en": "en-us", "pt": "pt-br", _CHINESE: "cmn-latn-pinyin"}
"""By language, where espeak-ng calls it otherwise."""
_EXTRA = 'pip install "uketsuke[voice]"'
_WORDS_A_MINUTE = 155
_SLOW = 0.75
"""Share of the usual speed."""


class NoVoice(Exception):
    """No voice for that language is installed. The text says what to install."""


class Voice(Protocol):
    def speak(self, text: str, *, slow: bool) -> bytes:
        """Return a WAV file. Raises `NoVoice` if the voice turns out not to work."""


def voice_for(language: str) -> Voice:
    """The installed voice for a language of the catalogues. Raises `NoVoice`."""
    if _is_japanese(language):
        if find_spec("pyopenjtalk") is None:
            raise NoVoice(f"no voice for Japanese is installed: {_EXTRA}")
        return JapaneseVoice()
    program = shutil.which(_ESPEAK)
    if program is None:
        raise NoVoice(f"no voice for {language} is installed: apt-get install {_ESPEAK}")
    if language == _CHINESE and find_spec("pypinyin") is None:
        raise NoVoice(f"no reading of Chinese characters is installed: {_EXTRA}")
    read = readings.chinese if language == _CHINESE else readings.other
    return EspeakVoice(program, _ESPEAK_VOICES.get(language, language), read)


@cache
def is_installed(language: str) -> bool:
    try:
        voice_for(language)
    except NoVoice:
        return False
    return True


def _is_japanese(language: str) -> bool:
    return language.partition("-")[0] == "ja"


class JapaneseVoice:
    """Open JTalk with the voice `mei_normal`, as pyopenjtalk-plus brings them.

    Without its second dictionary, Sudachi: that one takes 110 MB of memory, and read one of our 489 sentences better,
    which `readings` now spells. If installed, it is still used for a kanji that the first one lacks.
    """

    def speak(self, text: str, *, slow: bool) -> bytes:
        import pyopenjtalk

        speed, read = _SLOW if slow else 1.0, readings.japanese(text)
        try:
            samples, rate = pyopenjtalk.tts(read, speed=speed, use_sudachi_kanji_yomi=False)
        except ModuleNotFoundError:  # our Debian package has no Sudachi: such a kanji is left out
            samples, rate = pyopenjtalk.tts(read, speed=speed, use_vanilla=True)
        return of_samples(levelled(samples, rate), rate)


class EspeakVoice:
    def __init__(self, program: str, voice: str, read: Callable[[str], str] = readings.other) -> None:
        self._program, self._voice, self._read = program, voice, read

    def speak(self, text: str, *, slow: bool) -> bytes:
        speed = round(_WORDS_A_MINUTE * (_SLOW if slow else 1.0))
        command = [self._program, "-v", self._voice, "-s", str(speed), "--stdin", "--stdout"]
        # by standard input: a command line can be read by every process of this computer
        spoken = subprocess.run(  # noqa: S603
            command, input=self._read(text).encode(), capture_output=True, timeout=_SECONDS, check=False
        )
        if spoken.returncode or not spoken.stdout:
            raise NoVoice(f"{_ESPEAK} has no voice {self._voice!r}")
        samples, rate = samples_of(with_lengths(spoken.stdout))
        return of_samples(levelled(samples, rate), rate)
