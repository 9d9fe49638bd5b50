"""Check whether the configured voices are installed."""

import shutil

from config.settings import Settings, VoiceMode
from terminal.doctor.finding import Finding, bad, doubtful, fine
from terminal.problems import ProblemCode
from terminal.voice.engines import NoVoice, voice_for
from terminal.voice.offered import missing, voices
from terminal.words.languages import offered_languages


def voice(settings: Settings) -> Finding:
    if settings.voice.mode is VoiceMode.OFF:
        return fine("switched off")
    without = missing(settings)
    if without:
        return bad(
            f"{ProblemCode.VOICE_MISSING.code}: set up, but not installed for {', '.join(without)}", _how(without[0])
        )
    offered = voices(settings, offered_languages(settings))
    if not offered:
        return fine("none installed, so none is offered; see docs/voice.md")
    if shutil.which("aplay") is None:
        return doubtful(
            f"{', '.join(offered)}; silent in a terminal window", "Install aplay: `apt-get install alsa-utils`."
        )
    return fine(f"offered in {', '.join(offered)}")


def _how(language: str) -> str:
    try:
        voice_for(language)
    except NoVoice as error:
        return str(error).partition(": ")[2]
    return ""
