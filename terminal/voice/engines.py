"""Speech synthesis to WAV with pyopenjtalk for Japanese and espeak-ng for all other languages.

Use it in the renderer process only: the Japanese voice uses 190 MB of memory and holds the GIL during rendering.
"""

import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Protocol

from terminal.voice import readings
from terminal.voice.level import normalise
from terminal.voice.wav import decode_wav, encode_wav, fix_lengths

_ESPEAK = "espeak-ng"
_TIMEOUT_SECONDS = 20.0
_CHINESE = "zh-Hans"
_ESPEAK_VOICES = {"en": "en-us", "pt": "pt-br", _CHINESE: "cmn-latn-pinyin"}
"""espeak-ng voice names by language, if they differ from the language."""
_EXTRA = 'pip install "uketsuke[voice]"'
_WORDS_PER_MINUTE = 155
_SLOW = 0.75
"""Speed relative to normal."""


class NoVoice(Exception):
    """No voice for the language is installed. The message contains the command to install one."""


class Voice(Protocol):
    def speak(self, text: str, *, slow: bool) -> bytes:
        """Return the speech as WAV data. Raises `NoVoice` if the voice does not work."""


def voice_for(language: str) -> Voice:
    """Return the installed voice for a catalogue language. Raises `NoVoice`."""
    if _is_japanese(language):
        if find_spec("pyopenjtalk") is None:
            raise NoVoice(f"no voice for Japanese is installed. Run: {_EXTRA}")
        return JapaneseVoice()
    program = shutil.which(_ESPEAK)
    if program is None:
        raise NoVoice(f"no voice for {language} is installed. Run: apt-get install {_ESPEAK}")
    if language == _CHINESE and find_spec("pypinyin") is None:
        raise NoVoice(f"no package for Chinese readings is installed. Run: {_EXTRA}")
    read = readings.chinese if language == _CHINESE else readings.default
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
    """Open JTalk with the voice `mei_normal`, both from pyopenjtalk-plus.

    The second dictionary, Sudachi, is only used for kanji missing from the first one, if it is installed. It uses
    110 MB of memory and improved only one of 489 sentences, which is handled by `readings`.
    """

    def speak(self, text: str, *, slow: bool) -> bytes:
        import pyopenjtalk

        speed, read = _SLOW if slow else 1.0, readings.japanese(text)
        try:
            samples, rate = pyopenjtalk.tts(read, speed=speed, use_sudachi_kanji_yomi=False)
        except ModuleNotFoundError:  # the Debian package does not contain Sudachi: skip missing kanji
            samples, rate = pyopenjtalk.tts(read, speed=speed, use_vanilla=True)
        return encode_wav(normalise(samples, rate), rate)


class EspeakVoice:
    def __init__(self, program: str, voice: str, read: Callable[[str], str] = readings.default) -> None:
        self._program, self._voice, self._read = program, voice, read

    def speak(self, text: str, *, slow: bool) -> bytes:
        speed = round(_WORDS_PER_MINUTE * (_SLOW if slow else 1.0))
        command = [self._program, "-v", self._voice, "-s", str(speed), "--stdin", "--stdout"]
        # use standard input, because command lines are readable by all processes on this computer
        completed = subprocess.run(  # noqa: S603
            command, input=self._read(text).encode(), capture_output=True, timeout=_TIMEOUT_SECONDS, check=False
        )
        if completed.returncode or not completed.stdout:
            raise NoVoice(f"{_ESPEAK} has no voice {self._voice!r}")
        samples, rate = decode_wav(fix_lengths(completed.stdout))
        return encode_wav(normalise(samples, rate), rate)
