"""The patient's screen: draws the conductor's state on the active page and converts its messages to events.

Contains no rules and no secrets. Digits are stored in the keypad's buffers only. Errors do not affect the conductor.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from config.settings import DigitOrder, Settings
from terminal.counter_web.connection import PageConnection
from terminal.counter_web.drawing import page_text, serialize_pad, serialize_talk
from terminal.counter_web.messages import Presence, Touched, Typed, read_message
from terminal.counter_web.page_voice import PageVoice
from terminal.counter_web.preview import Preview
from terminal.front.assembled import AssembledCounter
from terminal.front.counter import Counter
from terminal.front.keypad import Keypad
from terminal.front.messages import FrameDrawn
from terminal.session import effects as fx
from terminal.session.events import Event
from terminal.talk.parts import Remark, Talk
from terminal.talk.question_numbers import SETTLE_SECONDS, Talks
from terminal.voice.guide import Guide
from terminal.words.catalogue import Words, speaker
from terminal.words.languages import offered_languages

log = logging.getLogger(__name__)

STAFF_COMING_SECONDS = 6.0
VOICE_MISSING_SECONDS = 6.0


class PatientScreen:
    """The terminal's screen. Only one page is active. Pages that connect later wait until it disconnects."""

    def __init__(
        self,
        settings: Settings,
        *,
        simulated: bool = False,
        settle_seconds: float = SETTLE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._simulated = settings, simulated
        self._settle_seconds, self._clock = settle_seconds, clock
        self._pages: list[PageConnection] = []
        self._counter: Counter | None = None
        self._keypad: Keypad | None = None
        self._preview: Preview | None = None
        self._ignore_until = 0.0
        self._remark, self._remark_until = Remark.NONE, 0.0
        self._draw_scheduled = False
        self.speak = speaker(settings, ruby=True)
        self._talks = Talks(self._speak_now, language=offered_languages(settings)[0], settle_seconds=settle_seconds)
        self.guide = Guide(settings, self._speak_now, on_missing=self._voice_missing)
        self.voice = PageVoice(self._send, self.guide.wav)

    @property
    def talk(self) -> Talk:
        """The current talk."""
        return self._talks.talk

    @property
    def active_page(self) -> PageConnection | None:
        return self._pages[0] if self._pages else None

    # --- the terminal ---------------------------------------------------------------------------------------

    def attach(self, opened: AssembledCounter) -> None:
        """Connect the screen to the opened counter. Call this once, on the event loop."""
        self._counter = opened.counter
        self._keypad = Keypad(opened.counter)
        if opened.camera is not None:
            loop = asyncio.get_running_loop()

            def on_frame(jpeg: bytes) -> None:
                if not loop.is_closed():
                    loop.call_soon_threadsafe(self._send_frame, jpeg)

            self._preview = Preview(opened.camera, on_frame)
        self.guide.begin(opened.counter.rules, self.voice)
        opened.counter.listen(on_state=lambda _state: self.draw_soon(), on_effect=self._on_effect)
        if opened.dock is not None:
            opened.dock.on_settings(self._use_settings)
        self.draw_soon()

    def _speak_now(self, language: str) -> Words:
        return self.speak(language)

    def _use_settings(self, settings: Settings) -> None:
        """Use the text for the institution in `settings`."""
        self._settings, self.speak = settings, speaker(settings, ruby=True)
        self.draw_soon()

    def post(self, event: Event) -> None:
        """Post an event from a source other than the patient's page."""
        if self._counter is not None:
            self._counter.post(event)

    def end(self) -> None:
        self.guide.close()
        if self._preview is not None:
            self._preview.run(False)
        if self._keypad is not None:
            self._keypad.wipe()

    def _on_effect(self, effect: fx.Effect) -> None:
        match effect:
            case fx.RemindToTakeCard():
                self.guide.remind()
            case fx.SpeakAgain():
                self.guide.repeat()
            case fx.AlertStaff(reason="called"):
                self._show_remark(Remark.STAFF_COMING, STAFF_COMING_SECONDS)
            case _:
                pass

    def _show_remark(self, remark: Remark, seconds: float) -> None:
        self._remark, self._remark_until = remark, self._clock() + seconds
        asyncio.get_running_loop().call_later(seconds + 0.1, self.draw_soon)
        self.draw_soon()

    def _voice_missing(self) -> None:
        self._show_remark(Remark.VOICE_MISSING, VOICE_MISSING_SECONDS)

    # --- drawing --------------------------------------------------------------------------------------------

    def draw_soon(self) -> None:
        """Schedule one redraw for all pending changes."""
        if not self._draw_scheduled:
            self._draw_scheduled = True
            asyncio.get_running_loop().call_soon(self._draw)

    def _draw(self) -> None:
        self._draw_scheduled = False
        counter, keypad = self._counter, self._keypad
        if counter is None or keypad is None:
            return
        now, before = self._clock(), self._talks.talk
        remark = self._remark if now < self._remark_until else Remark.NONE
        keypad.follow(counter.state)
        talk = self._talks.show(counter.state, counter.rules, now, remark=remark)
        if talk != before:
            self._send_talk()
            self.guide.hear(talk)
        self._update_preview()

    def _send_talk(self) -> None:
        talk = self.talk
        content = serialize_talk(talk, keypad=self._settings.voice.keypad is not DigitOrder.NONE) | {
            "words": page_text(self.speak(talk.language), simulated=self._simulated),
            "pad": self._typed(),
            "settles": round(self._settle_seconds * 1000),
        }
        self._send("talk", talk=content)

    def _typed(self) -> dict[str, object]:
        keypad = self._keypad
        if keypad is None:
            return serialize_pad((), has_invalid_date=False)
        return serialize_pad(keypad.parts(self.talk.body.pad), has_invalid_date=keypad.has_invalid_date)

    def _send(self, kind: str, **content: object) -> None:
        if self.active_page is not None:
            self.active_page.send(kind, **content)

    def _update_preview(self) -> None:
        """Show or hide the camera preview. It is hidden while staff compare faces."""
        visible = self.talk.body.camera and not self.talk.body.photo and self.active_page is not None
        if self._preview is not None:
            self._preview.run(visible)
        if not visible and self.active_page is not None:
            self.active_page.drop_frames()

    def _send_frame(self, jpeg: bytes) -> None:
        if self.active_page is not None and self.talk.body.camera:
            self.active_page.send_frame(jpeg)

    # --- pages ----------------------------------------------------------------------------------------------

    def join(self, page: PageConnection) -> None:
        """Make the first page active. Inform later pages that the screen is in use."""
        self._pages.append(page)
        if page is self.active_page:
            self._activate(page)
        else:
            page.send("occupied", words=[self.speak(language)("web.occupied") for language in ("ja", "en")])

    def leave(self, page: PageConnection) -> None:
        was_active = page is self.active_page
        self._pages.remove(page)
        if was_active and self.active_page is not None:
            self._activate(self.active_page)
        if was_active:
            self._update_preview()

    def _activate(self, page: PageConnection) -> None:
        self._send_talk()
        if self.talk.state != "Idle":  # do not speak if no patient is present
            self.guide.repeat()
        self._update_preview()

    def hear(self, page: PageConnection, text: str) -> bool:
        """Handle a message if it is from the active page and for the current talk. Return whether it is valid."""
        message = read_message(text)
        if page is self.active_page:
            match message:
                case FrameDrawn():
                    page.frame_drawn()
                case Touched():
                    self._on_touch(message)
                case Typed():
                    self._on_key(message)
                case Presence():
                    self.guide.note_presence(message.key)
        return message is not None

    def refusal_texts(self) -> list[str]:
        return [self.speak(language)("web.address-old") for language in ("ja", "en")]

    def _on_touch(self, touch: Touched) -> None:
        now = self._clock()
        self.guide.note_presence(touch.key)
        event = self._talks.event(touch.serial, touch.offer, now) if now >= self._ignore_until else None
        if event is None or self._counter is None:
            self._send("too-early")
            return
        self._ignore_until = now + self._settle_seconds
        self._counter.post(event)

    def _on_key(self, key: Typed) -> None:
        """Handle a pad key. Refuse it if it was typed for a different question."""
        pad = self.talk.body.pad
        if self._keypad is None or not pad or not self._talks.is_settled(key.serial, self._clock()):
            self._send("too-early")
            return
        self._keypad.press(pad, key.key)
        self._send("typed", pad=self._typed())
        if key.key.isdigit():
            self.guide.typed(self._keypad.next_part(pad))
