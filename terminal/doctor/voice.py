"""Check that the configured voices are installed."""

import shutil

from config.settings import Settings, VoiceMode
from terminal.doctor.finding import Finding, failed, passed, warning
from terminal.problems import ProblemCode
from terminal.voice.engines import NoVoice, voice_for
from terminal.voice.offered import missing_voices, voices
from terminal.words.languages import offered_languages


def voice(settings: Settings) -> Finding:
    if settings.voice.mode is VoiceMode.OFF:
        return passed("off")
    languages_without_voice = missing_voices(settings)
    if languages_without_voice:
        return failed(
            f"{ProblemCode.VOICE_MISSING.code}: no voice installed for {', '.join(languages_without_voice)}",
            _installation_hint(languages_without_voice[0]),
        )
    languages = voices(settings, offered_languages(settings))
    if not languages:
        return passed("no voice is installed; see docs/voice.md")
    if shutil.which("aplay") is None:
        return warning(
            f"{', '.join(languages)}; no sound in the terminal window", "Install aplay: `apt-get install alsa-utils`."
        )
    return passed(f"offered in {', '.join(languages)}")


def _installation_hint(language: str) -> str:
    try:
        voice_for(language)
    except NoVoice as error:
        return str(error).partition(": ")[2]
    return ""
