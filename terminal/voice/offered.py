"""Languages with speech output, according to settings and installed voices."""

from config.settings import Settings, VoiceMode
from terminal.voice.engines import is_installed
from terminal.words.languages import offered_languages


def voices(settings: Settings, languages: tuple[str, ...]) -> tuple[str, ...]:
    """Return the languages in which the voice is available."""
    match settings.voice.mode:
        case VoiceMode.OFF:
            return ()
        case VoiceMode.INSTALLED:
            return tuple(language for language in languages if is_installed(language))
        case VoiceMode.ON_REQUEST | VoiceMode.ON:
            return languages


def missing_voices(settings: Settings) -> tuple[str, ...]:
    """Return the required languages without an installed voice."""
    if settings.voice.mode not in (VoiceMode.ON_REQUEST, VoiceMode.ON):
        return ()
    return tuple(language for language in offered_languages(settings) if not is_installed(language))
