"""The terminal user interface: draws the conductor's state and converts touches and keys to events.

Contains no rules and no secrets. PIN digits are stored in the patient's buffer only, and digits of the printed code in
a form that is wiped after use.
"""

import asyncio
import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import App
from textual.binding import BindingType
from textual.events import Key
from textual.screen import Screen

from config.settings import DigitOrder, Settings
from terminal.assembly import NotReady
from terminal.front import crash
from terminal.front.assembled import AssembledCounter, Opening
from terminal.front.call_command import ring_for_calls
from terminal.front.code_form import CodeForm
from terminal.front.counter import Counter
from terminal.front.dock import Dock
from terminal.front.keypad import ENTER, ERASE, Keypad
from terminal.front.password import PasswordGate
from terminal.screens.card_photo import decode_for_display
from terminal.screens.dock_panel import DockPanel
from terminal.screens.pad import PadKey
from terminal.screens.picture import LivePicture, Picture
from terminal.screens.screen import CounterScreen
from terminal.screens.staff.dialogs import ConfirmDialog, PasswordDialog, StaffMenu, StatusDialog
from terminal.screens.staff.status import Status
from terminal.screens.themes import HIGH_CONTRAST, NORMAL
from terminal.screens.touch import Target
from terminal.session import effects as fx
from terminal.session import events as ev
from terminal.session.states import Idle
from terminal.talk.parts import Remark, Talk
from terminal.talk.question_numbers import SETTLE_SECONDS, Talks
from terminal.voice.aplay import Aplay
from terminal.voice.guide import Guide
from terminal.words.catalogue import Words, speaker
from terminal.words.languages import REFERENCE, STAFF_LANGUAGES, offered_languages
from terminal.words.staff import staff_words

if TYPE_CHECKING:
    from terminal.screens.picture import Pixels

log = logging.getLogger(__name__)

STAFF_COMING_SECONDS = 6.0
TOO_EARLY_SECONDS = 1.5
STAFF_KEY, DOCK_KEY = "f8", "f12"
NUMPAD_KEYS = {"asterisk": "*", "slash": "/", "plus": "+", "minus": "-", "full_stop": "."}
"""Numeric keypad keys by Textual's names, with NumLock on."""
PAD_KEYS = {"enter": ENTER, "backspace": ERASE, "delete": ERASE, "*": ERASE}


class TerminalApp(App[int], inherit_bindings=False):
    """Textual application. Run it with `run_app`, or with `run_test` in tests."""

    CSS_PATH = Path(__file__).with_name("counter.tcss")
    TITLE = "uketsuke"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(
        self,
        opening: Opening,
        settings: Settings,
        *,
        simulated: bool = False,
        moving: bool = True,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        """`simulated` marks every screen as simulated and enables Ctrl+Q."""
        super().__init__()
        for theme in (NORMAL, HIGH_CONTRAST):
            self.register_theme(theme)
        self.theme = NORMAL.name
        self.settings = settings
        self.counter: Counter | None = None
        self.dock: Dock | None = None
        self._opening, self._simulated, self._moving = opening, simulated, moving
        self._gate = PasswordGate.from_settings(settings)
        self._remark, self._remark_until = Remark.NONE, 0.0
        self._draw_due = False
        self._keypad: Keypad | None = None
        self._conducting: asyncio.Task[None] | None = None
        self._status: Status | None = None
        self._desk: CounterScreen | None = None
        self.speak = speaker(settings)
        self._first_language = offered_languages(settings)[0]
        self.talks = Talks(self._speak_now, language=self._first_language, settle_seconds=settle_seconds)
        self.guide = Guide(settings, self._speak_now, on_missing=self._voice_missing)
        self._aplay = Aplay(self.guide.wav, settings.voice.device, lambda: self.bell())

    # --- start and stop -------------------------------------------------------------------------------------

    def get_default_screen(self) -> Screen[None]:
        self._desk = CounterScreen(
            pin_count=self._pin_count,
            form=lambda: self.form,
            photo=self._photo,
            simulated=self._simulated,
            staff=self._gate.enabled,
            moving=self._moving,
            keypad=self.settings.voice.keypad is not DigitOrder.NONE,
        )
        return self._desk

    @property
    def form(self) -> CodeForm | None:
        """The open form for the printed code, or None."""
        return self._keypad.form if self._keypad is not None else None

    @property
    def desk(self) -> CounterScreen:
        """The patient's screen, possibly covered by a dialog."""
        assert self._desk is not None
        return self._desk

    def on_mount(self) -> None:
        asyncio.get_running_loop().set_exception_handler(crash.on_loop_error)

    def on_counter_screen_ready(self) -> None:
        self._show(None, self.talks.talk)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self._conducting = asyncio.create_task(self._conduct(), name="conductor")

    async def _conduct(self) -> None:
        try:
            opened = await self._opening()
            self._connect(opened)
            await opened.counter.run()
            if self._exception is None:
                self.exit(0)
        except NotReady as error:
            self.exit(1, return_code=1, message=Text(str(error)))
        except Exception as error:
            self._handle_exception(error)

    def _connect(self, opened: AssembledCounter) -> None:
        self.counter, self.dock = opened.counter, opened.dock
        self._status = Status(self.settings, opened)
        self.desk.query_one("#live", LivePicture).source = opened.camera
        self._keypad = Keypad(opened.counter)
        self.guide.begin(opened.counter.rules, self._aplay)
        opened.counter.listen(on_state=lambda _state: self.draw_soon(), on_effect=self._on_effect)
        ring_for_calls(opened.counter, self.settings.staff.call_command, self.bell)
        if opened.dock is not None:
            opened.dock.on_settings(self._use_settings)
            panel = DockPanel(opened.dock, self.speak(self._first_language))
            panel.display = False
            self.desk.mount(panel)
        self.draw_soon()

    def _speak_now(self, language: str) -> Words:
        return self.speak(language)

    def _use_settings(self, settings: Settings) -> None:
        """Use the texts for the institution in `settings`."""
        self.speak = speaker(settings)
        self.draw_soon()

    async def on_unmount(self) -> None:
        await self.end()

    async def end(self) -> None:
        """Stop the conductor and wait for it to wipe patient data and release the card."""
        self._wipe()
        await self._aplay.close()
        self.guide.close()
        task, self._conducting = self._conducting, None
        if self.counter is not None:
            self.counter.stop()
        if task is not None and task is not asyncio.current_task():
            await asyncio.wait([task], timeout=15)

    # --- drawing --------------------------------------------------------------------------------------------

    def draw_soon(self) -> None:
        """Schedule one redraw for all pending changes. Drawing errors do not affect the conductor."""
        if not self._draw_due:
            self._draw_due = True
            self.call_next(self._draw)

    def _draw(self) -> None:
        self._draw_due = False
        if self.counter is None or self._keypad is None or self._exception is not None:
            return
        state = self.counter.state
        self._keypad.follow(state)
        now, before = time.monotonic(), self.talks.talk
        remark = self._remark if now < self._remark_until else Remark.NONE
        talk = self.talks.show(state, self.counter.rules, now, remark=remark)
        self._show(before, talk)
        if talk != before:
            self.guide.hear(talk)

    def _show(self, old: Talk | None, new: Talk) -> None:
        if old is None or old.display.high_contrast != new.display.high_contrast:
            self.theme = HIGH_CONTRAST.name if new.display.high_contrast else NORMAL.name
        self.desk.show(new, self.speak(new.language))

    def _show_remark(self, remark: Remark, seconds: float) -> None:
        self._remark, self._remark_until = remark, time.monotonic() + seconds
        self.set_timer(seconds + 0.1, self.draw_soon)
        self.draw_soon()

    def _voice_missing(self) -> None:
        self._show_remark(Remark.VOICE_MISSING, STAFF_COMING_SECONDS)

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

    def _photo(self) -> "Pixels | None":
        patient = self.counter.patient if self.counter is not None else None
        record = patient.record if patient is not None else None
        return decode_for_display(record.photo_jp2) if record is not None and record.photo_jp2 is not None else None

    # --- touches and keys -----------------------------------------------------------------------------------

    def on_target_touched(self, message: Target.Touched) -> None:
        self._touched(message.serial, message.button.id)

    def _touched(self, serial: int, button_id: str) -> None:
        if self.counter is None:
            return
        event = self.talks.event(serial, button_id, time.monotonic())
        if event is None:
            self._show_remark(Remark.TOO_EARLY, TOO_EARLY_SECONDS)
        else:
            self.counter.post(event)

    def on_pad_key_pressed(self, message: PadKey.Pressed) -> None:
        self._pad(message.key)

    async def on_key(self, event: Key) -> None:
        event.stop()
        if self._simulated and event.key == "ctrl+q":
            self.exit(0)
            return
        if event.key == STAFF_KEY:
            self._ask_password()
            return
        if await self._dock_key(event):
            return
        talk = self.desk.talk
        if talk is None or self.counter is None:
            return
        key = NUMPAD_KEYS.get(event.key, event.key)
        typed = self._keypad is not None and any(part.typed for part in self._keypad.parts(talk.body.pad))
        self.guide.note_presence(key)
        button = talk.pressed(key, typed=typed)
        if button is not None:
            self._touched(talk.serial, button.id)
        elif talk.body.pad:
            self._pad(PAD_KEYS.get(key, key))

    def _pad(self, key: str) -> None:
        talk = self.desk.talk
        if talk is None or self._keypad is None or not talk.body.pad:
            return
        self._keypad.press(talk.body.pad, key)
        self.desk.typed()
        if key.isdigit():
            self.guide.typed(self._keypad.next_part(talk.body.pad))

    def _pin_count(self) -> int:
        patient = self.counter.patient if self.counter is not None else None
        return len(patient.pin) if patient is not None else 0

    # --- staff and dock -------------------------------------------------------------------------------------

    def on_step_bar_staff_requested(self) -> None:
        self._ask_password()

    def _staff_language(self) -> str:
        language = self._language()
        return language if language in STAFF_LANGUAGES else REFERENCE

    def _language(self) -> str:
        return self.desk.talk.language if self.desk.talk is not None else self._first_language

    def _ask_password(self) -> None:
        if not self._gate.enabled or self.counter is None or self.screen is not self.desk:
            return
        self.push_screen(PasswordDialog(self.speak(self._language()), self._gate), self._after_password)

    def _after_password(self, correct: bool | None) -> None:
        if correct and self.counter is not None:
            in_reception = not isinstance(self.counter.state, Idle)
            self.push_screen(StaffMenu(self.speak(self._language()), in_reception=in_reception), self._after_menu)

    async def _after_menu(self, choice: str | None) -> None:
        counter = self.counter
        if counter is None or choice is None:
            return
        reception = "" if isinstance(counter.state, Idle) else counter.state.reception.id
        match choice:
            case "by-eye":
                counter.post(ev.StaffAuthenticated(reception))
            case "discard":
                self.push_screen(ConfirmDialog(self.speak(self._language()), choice), self._discard)
            case "status" if self._status is not None:
                self.push_screen(StatusDialog(staff_words(self.settings, self._staff_language()), self._status.lines))
            case "stop":
                self.push_screen(ConfirmDialog(self.speak(self._language()), choice), self._stop)

    def _discard(self, sure: bool | None) -> None:
        counter = self.counter
        if sure and counter is not None and not isinstance(counter.state, Idle):
            reception = counter.state.reception.id
            counter.post(ev.StaffAuthenticated(reception))
            counter.post(ev.StaffDiscarded(reception))

    def _stop(self, sure: bool | None) -> None:
        if sure:
            self.exit(0)

    async def _dock_key(self, event: Key) -> bool:
        """Handle a dock key. Return False for other keys. F12 toggles the dock. Arrow keys work while it is open."""
        panels = self.desk.query(DockPanel)
        if not panels:
            return False
        panel = panels.first()
        if event.key == DOCK_KEY:
            panel.display = not panel.display
            self.desk.show_dock(panel.display)
            panel.relabel()
            return True
        return await panel.take_key(event.key)

    # --- wiping and crashing --------------------------------------------------------------------------------

    def _wipe(self) -> None:
        patient = self.counter.patient if self.counter is not None else None
        if patient is not None:
            patient.wipe()
        if self._keypad is not None:
            self._keypad.wipe()
        if self._desk is not None:
            for picture in self._desk.query(Picture):
                picture.clear()

    def _handle_exception(self, error: Exception) -> None:
        """Wipe patient data and report the error's type and location. Overrides Textual's handler."""
        line = crash.crash_message(error)
        log.critical("%s", line)
        crash.clear_tracebacks(error)
        self._return_code = 1
        first = self._exception is None
        if first:
            self._exception = crash.Crashed(line)
            self._exit_renderables.append(Text(line))
            self._exception_event.set()
        self._wipe()
        self._close_messages_no_wait()

    def _fatal_error(self) -> None:
        """Override Textual's method, which prints local variables."""
        self._close_messages_no_wait()
