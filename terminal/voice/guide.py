"""Pass the narrator's utterances to an output at the right time."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Protocol

from config.settings import Settings, VoiceMode
from terminal.problems import ProblemCode
from terminal.session.rules import Rules
from terminal.talk.parts import Talk
from terminal.voice.engines import NoVoice
from terminal.voice.library import Library, fill
from terminal.voice.narrator import Narrator
from terminal.voice.offered import missing_voices
from terminal.voice.renderer import Renderer
from terminal.voice.repertoire import repertoire
from terminal.voice.utterance import Utterance
from terminal.words.catalogue import Speak

log = logging.getLogger(__name__)

RENDER_DELAY = 2.0
"""Seconds before background rendering starts, so that it does not delay the first screen."""

Clock = Callable[[], float]


class Output(Protocol):
    def say(self, utterance: Utterance) -> None:
        """Start playing and return immediately."""


class Guide:
    """Speech output for a front end, on its event loop. Call `hear` for every talk and the other methods for events.

    `on_missing` is called when a voice is missing.
    """

    def __init__(
        self,
        settings: Settings,
        speak: Speak,
        *,
        clock: Clock = time.monotonic,
        on_missing: Callable[[], None] | None = None,
    ) -> None:
        self._settings, self._speak, self._clock = settings, speak, clock
        self._on_missing = on_missing
        self._renderer = Renderer()
        self.library = Library(settings.voice_dir, self._renderer.render)
        self.output: Output | None = None
        self.ahead = False
        """Whether to render sentences in the background, at startup or when the voice is first requested."""
        self._narrator: Narrator | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._rendering: asyncio.Task[None] | None = None
        self._rendered_languages: set[str] = set()
        self._voices: tuple[str, ...] = ()
        self._closed = False

    def begin(self, rules: Rules, output: Output) -> None:
        self.output, self._voices = output, rules.voices
        self._narrator = Narrator(
            self._speak,
            offered=lambda language: language in rules.voices,
            headset=rules.headset,
            keypad=self._settings.voice.keypad,
            warning_seconds=rules.warn_before,
        )
        if self._settings.voice.mode in (VoiceMode.ON, VoiceMode.ON_REQUEST):
            self._render_ahead(rules.voices)
        for language in missing_voices(self._settings):
            log.error("%s: no voice for %s is installed", ProblemCode.VOICE_MISSING.code, language)

    async def wav(self, utterance: Utterance, index: int) -> bytes | None:
        """Return the WAV data of a sentence, or None if no voice is available.

        A missing voice is reported only for languages in which the voice is offered.
        """
        sentence = utterance.sentences[index]
        try:
            return await self.library.wav(sentence, slow=utterance.slow)
        except NoVoice as error:
            if self._closed or sentence.language not in self._voices:
                return None
            log.error("%s: %s", ProblemCode.VOICE_MISSING.code, error)
            if self._on_missing is not None:
                self._on_missing()
            return None

    # --- events ---------------------------------------------------------------------------------------------

    def hear(self, talk: Talk) -> None:
        if self._narrator is not None:
            self._speak_utterance(self._narrator.hear(talk, self._clock()))
        if talk.display.voice:
            self._render_ahead((talk.language,))

    def repeat(self) -> None:
        if self._narrator is not None:
            self._speak_utterance(self._narrator.repeat(self._clock()))

    def note_presence(self, key: str = "") -> None:
        if self._narrator is not None:
            self._speak_utterance(self._narrator.note_presence(self._clock(), key))

    def remind(self) -> None:
        if self._narrator is not None:
            self._speak_utterance(self._narrator.remind(self._clock()))

    def typed(self, part: str) -> None:
        if self._narrator is not None:
            self._speak_utterance(self._narrator.typed(part, self._clock()))

    def close(self) -> None:
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._rendering is not None:
            self._rendering.cancel()
        self._renderer.close()

    # --- internals ------------------------------------------------------------------------------------------

    def _speak_utterance(self, utterance: Utterance | None) -> None:
        narrator = self._narrator
        if utterance is not None and self.output is not None:
            self.output.say(utterance)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if narrator is not None and narrator.due is not None:
            delay = max(narrator.due - self._clock(), 0.0)
            self._timer = asyncio.get_running_loop().call_later(delay, self._tick)

    def _tick(self) -> None:
        if self._narrator is not None:
            self._speak_utterance(self._narrator.tick(self._clock()))

    def _render_ahead(self, languages: tuple[str, ...]) -> None:
        """Start rendering the sentences of languages that have not been rendered."""
        missing = [language for language in languages if language not in self._rendered_languages]
        if self.ahead and missing and (self._rendering is None or self._rendering.done()):
            self._rendered_languages.update(missing)
            self._rendering = asyncio.create_task(self._render_sentences(missing), name="voice")

    async def _render_sentences(self, languages: list[str]) -> None:
        await asyncio.sleep(RENDER_DELAY)
        for language in languages:
            try:
                count = await fill(self.library, repertoire(language, self._speak))
            except NoVoice as error:
                log.warning("voice: %s", error)
            else:
                log.info("voice: rendered %d sentences for %s", count, language)
