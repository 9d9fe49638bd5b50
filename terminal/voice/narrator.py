"""Decides what to speak and when. Performs no I/O.

A new question is spoken completely and interrupts the current speech. Changed guidance is spoken immediately, but not
repeated within `MEMORY` seconds. The first screen is silent until a key or the screen is touched.
"""

from collections.abc import Callable

from config.settings import DigitOrder
from terminal.talk.parts import LineKind, PadKind, Sign, Talk
from terminal.voice import script
from terminal.voice.utterance import Tone, Utterance, spoken_sentence
from terminal.words.aloud import is_private
from terminal.words.catalogue import Speak, Words

MEMORY = 4.0
"""Seconds within which guidance is not repeated."""
REPEAT_SECONDS = 8.0
"""Interval at which unchanged guidance is repeated, in seconds."""
PRESENCE_SECONDS = 60.0
"""Seconds after a key press or touch for which a person is assumed to be present at the first screen."""
LAST_SECONDS = 5
"""Seconds before a timeout at which it is announced."""
_NEVER = float("-inf")


class Narrator:
    """Narrator for a front end. Methods take the current monotonic time in seconds and return the speech, if any."""

    def __init__(
        self,
        speak: Speak,
        *,
        offered: Callable[[str], bool],
        headset: bool = False,
        keypad: DigitOrder = DigitOrder.PC,
        warning_seconds: float = 10,
    ) -> None:
        """`offered` returns whether the voice is available in a language.

        `warning_seconds` is the time in seconds between the session's warning and its timeout.
        """
        self._speak, self._offered, self._headset, self._keypad = speak, offered, headset, keypad
        self._warning_seconds = warning_seconds
        self._talk: Talk | None = None
        self._present_until = _NEVER
        self._spoken: set[str] = set()
        """Text on the screen that has been spoken."""
        self._spoken_at: dict[str, float] = {}
        self._last_spoken = _NEVER
        self._warned = False
        self._warning_ends: float | None = None
        self._footer: set[tuple[str, ...]] = set()
        """Footer buttons that have been spoken in this reception."""
        self._explained = False
        self._part = ""
        self.due: float | None = None
        """When to call `tick`, or None."""

    # --- events ---------------------------------------------------------------------------------------------

    def hear(self, talk: Talk, now: float) -> Utterance | None:
        """Handle a changed screen."""
        before, self._talk = self._talk, talk
        is_new = before is None or before.serial != talk.serial
        is_back = talk.state == "Idle" and before is not None and before.state != "Idle"
        if is_back:
            self._present_until, self._explained = _NEVER, False
            self._footer.clear()
            self._spoken_at.clear()
        if is_new:
            self._part = ""
        tone = _tone(before, talk) if is_new and before is not None else None
        if not talk.display.voice:
            self._reset()
            voice_stopped = before is not None and before.display.voice
            return self._utterance((), tone) if voice_stopped or tone is not None else None
        voice_started = before is None or not before.display.voice
        if is_new or voice_started or _speech_settings(before) != _speech_settings(talk):
            return self._speak_screen(now, tone, with_greeting=voice_started and before is not None)
        return self._speak_changes(before, now)

    def tick(self, now: float) -> Utterance | None:
        """Handle the time `due`: repeat guidance or announce a timeout."""
        talk = self._talk
        if talk is None or not talk.display.voice:
            return None
        if self._warning_ends is not None and now >= self._warning_ends - LAST_SECONDS:
            self._warning_ends = None
            self._schedule(now)
            return self._utterance((self._text("voice.seconds", seconds=LAST_SECONDS),))
        if _shows_guidance(talk) and now >= self._last_spoken + REPEAT_SECONDS:
            self._spoken.discard(talk.body.question)
        return self._speak_changes(talk, now)

    def repeat(self, now: float) -> Utterance | None:
        """Repeat the complete screen, including the explanation of the keys."""
        if self._talk is None or not self._talk.display.voice:
            return None
        self._present_until = now + PRESENCE_SECONDS
        self._footer.clear()
        self._explained = False
        return self._speak_screen(now, None)

    def note_presence(self, now: float, key: str = "") -> Utterance | None:
        """Handle a touch or the name of a pressed key, which indicate that someone is present."""
        was_unattended = now >= self._present_until
        self._present_until = now + PRESENCE_SECONDS
        talk = self._talk
        if talk is None or talk.state != "Idle" or not was_unattended:
            return None
        if talk.display.voice:
            return self._speak_screen(now, None)
        # inform patients who cannot see the screen about the voice
        if key and key != "0" and self._offered(talk.language):
            return self._utterance((self._text("voice.start"),))
        return None

    def remind(self, now: float) -> Utterance | None:
        """Remind the patient of the card on the reader."""
        texts = (self._text("complete.take-card"),) if self._talk is not None and self._talk.display.voice else ()
        return self._utterance(texts, Tone.TAKE_CARD, interrupts=False)

    def typed(self, part: str, now: float) -> Utterance | None:
        """Handle a typed digit. `part` is the part of the printed code to type next."""
        talk = self._talk
        if talk is None or not (talk.display.voice or talk.display.sound):
            return None
        self._part, previous_part = part, self._part
        speak_part = talk.display.voice and talk.body.pad is PadKind.CODE and part != previous_part and part != ""
        return self._utterance((self._text(f"code.{part}"),) if speak_part else (), Tone.DIGIT)

    # --- utterances --------------------------------------------------------------------------------------------

    def _speak_screen(self, now: float, tone: Tone | None, *, with_greeting: bool = False) -> Utterance:
        """Return the speech for the complete screen."""
        talk, say = self._current, self._words
        if self._is_unattended(talk, now):
            self._reset()
            reasons = [line.text for line in talk.body.lines if line.kind is LineKind.REASON]
            return self._utterance(tuple(reasons), tone)
        contents = script.contents(talk)
        texts: list[str] = [say("voice.greeting")] if with_greeting else []
        texts += contents
        hidden = not self._may_speak(talk.body.question)
        if not hidden:
            texts += script.answers(talk, say)
        if talk.body.buttons or talk.body.pad:
            for button in script.footer(talk, say):
                if button not in self._footer:
                    self._footer.add(button)
                    texts += button
            if not self._explained:
                self._explained = True
                texts += script.keys(talk, say, self._keypad)
        texts += [text for text in (talk.warning, talk.notice) if text]
        self._spoken = set(contents) | ({talk.notice} if talk.notice else set())
        self._mark_spoken(contents, now)
        self._warned, self._warning_ends = False, None
        self._watch_warning(now)
        self._schedule(now)
        return self._utterance(tuple(texts), tone)

    def _speak_changes(self, before: Talk | None, now: float) -> Utterance | None:
        """Return the speech for new guidance, warnings and notices on the screen."""
        talk = self._current
        if self._is_unattended(talk, now):
            return None
        visible = (*script.contents(talk), *([talk.notice] if talk.notice else []))
        self._spoken &= set(visible)
        ready = [
            text for text in visible if text not in self._spoken and now >= self._spoken_at.get(text, _NEVER) + MEMORY
        ]
        self._spoken |= set(ready)
        self._mark_spoken(ready, now)
        if self._watch_warning(now):
            ready += [talk.warning, self._text("voice.more-time")]
        self._schedule(now)
        return self._utterance(tuple(ready)) if ready else None

    def _utterance(self, texts: tuple[str, ...], tone: Tone | None = None, *, interrupts: bool = True) -> Utterance:
        talk = self._current
        sentences = [spoken_sentence(text, talk.language) for text in texts]
        audible = [sentence for sentence in sentences if not sentence.private or self._aloud]
        if len(audible) < len(sentences) and (talk.body.buttons or not self._may_speak(talk.body.question)):
            audible.append(spoken_sentence(self._text("voice.hidden"), talk.language))
        display = talk.display
        audible_tone = tone if tone is Tone.TAKE_CARD or display.voice or display.sound else None
        return Utterance(tuple(audible), audible_tone, interrupts, display.slow, display.volume)

    # --- helpers --------------------------------------------------------------------------------------------

    @property
    def _current(self) -> Talk:
        assert self._talk is not None
        return self._talk

    @property
    def _words(self) -> Words:
        return self._speak(self._current.language)

    def _text(self, message_id: str, **placeholders: object) -> str:
        return self._words(message_id, **placeholders)

    @property
    def _aloud(self) -> bool:
        return self._headset or self._current.display.aloud is True

    def _may_speak(self, text: str) -> bool:
        return self._aloud or not is_private(text)

    def _is_unattended(self, talk: Talk, now: float) -> bool:
        """Return whether the first screen is unattended. A card left on the reader is announced in any case."""
        return talk.state == "Idle" and talk.body.sign is not Sign.TAKE_CARD and now >= self._present_until

    def _watch_warning(self, now: float) -> bool:
        """Return whether the warning has just appeared."""
        if not self._current.warning:
            self._warning_ends = None
            self._warned = False
            return False
        appeared = not self._warned
        if appeared:
            self._warned = True
            self._warning_ends = now + self._warning_seconds
        return appeared

    def _mark_spoken(self, texts: "tuple[str, ...] | list[str]", now: float) -> None:
        if texts:
            self._last_spoken = now
        self._spoken_at |= dict.fromkeys(texts, now)

    def _schedule(self, now: float) -> None:
        talk = self._current
        due_times = [
            self._spoken_at[text] + MEMORY
            for text in script.contents(talk)
            if text not in self._spoken and text in self._spoken_at
        ]
        if _shows_guidance(talk):
            due_times.append(self._last_spoken + REPEAT_SECONDS)
        if self._warning_ends is not None:
            due_times.append(self._warning_ends - LAST_SECONDS)
        self.due = max(min(due_times), now) if due_times else None

    def _reset(self) -> None:
        self._spoken.clear()
        self._warned, self._warning_ends = False, None
        self.due = None


def _speech_settings(talk: Talk | None) -> tuple[str, bool | None] | None:
    """Return the settings that, if changed, cause the complete screen to be spoken again."""
    return None if talk is None else (talk.language, talk.display.aloud)


def _shows_guidance(talk: Talk) -> bool:
    """Return whether the screen guides the patient in front of a camera."""
    return (talk.body.camera and not talk.body.photo) or talk.body.sign is Sign.SHOW_CARD


def _tone(before: Talk | None, talk: Talk) -> Tone | None:
    """Return the tone for a new screen. It does not depend on the outcome, which others could hear."""
    entered = before is None or before.state != talk.state
    if talk.state == "Reading" and entered:
        return Tone.CARD
    if talk.state == "Complete" and entered:
        return Tone.SUCCESS
    if talk.body.code or any(line.kind is LineKind.REASON for line in talk.body.lines):
        return Tone.ERROR
    return Tone.QUESTION if (talk.body.buttons or talk.body.pad) and talk.state != "Idle" else None
