"""In which languages a voice is offered, by the settings and what is installed."""

from config.settings import Settings, VoiceMode
from terminal.voice.engines import is_installed


def voices(settings: Settings, languages: tuple[str, ...]) -> tuple[str, ...]:
    """Languages in which a voice can be asked for."""
    match settings.voice.mode:
        case VoiceMode.OFF:
            return ()
        case VoiceMode.INSTALLED:
            return tuple(language for language in languages if is_installed(language))
        case VoiceMode.ON_REQUEST | VoiceMode.ON:
            return languages


def missing(settings: Settings) -> tuple[str, ...]:
    """Languages that are set up to be spoken, and have no voice installed."""
    if settings.voice.mode not in (VoiceMode.ON_REQUEST, VoiceMode.ON):
        return ()
    return tuple(language for language in settings.place.languages if not is_installed(language))
