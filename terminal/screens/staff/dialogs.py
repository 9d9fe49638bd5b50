"""Staff dialogs over the patient's screen: password, menu and status. They close when untouched for a while."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

from rich.text import Text
from textual.containers import Container, Grid, Vertical
from textual.events import Key
from textual.reactive import reactive
from textual.screen import ModalScreen, ScreenResultType
from textual.widget import Widget

from terminal.front.password import PasswordCorrect, PasswordGate, PasswordWait, PasswordWrong, SecretText
from terminal.screens.pad import ENTER, ERASE, Letters, Pad, PadKey
from terminal.screens.texts import Sentence
from terminal.screens.touch import Target
from terminal.session.events import Tick
from terminal.talk.parts import Button
from terminal.words.catalogue import Words

CLOSE_SECONDS = 30.0
REFRESH_SECONDS = 2.0


class StaffDialog(ModalScreen[ScreenResultType], inherit_bindings=False):
    AUTO_FOCUS = ""

    def __init__(self, say: Words) -> None:
        super().__init__()
        self.say = say

    def on_mount(self) -> None:
        # Textual also calls a subclass's on_mount. Do not call this method there: it would start a second timer.
        self._closer = self.set_timer(CLOSE_SECONDS, lambda: self.dismiss(None))

    def touched(self) -> None:
        self._closer.reset()

    @staticmethod
    def choice(id: str, label: str, key: str, *, back: bool = False) -> Button:
        # the event is never posted, because dialogs handle their answers themselves
        return Button(id=id, label=label, key=key, back=back, event=Tick())


class PasswordDialog(StaffDialog[bool]):
    """Password dialog. Returns True if the password was correct."""

    def __init__(self, say: Words, gate: PasswordGate) -> None:
        super().__init__(say)
        self._gate = gate
        self._typed = SecretText()
        self._checking = False

    def compose(self) -> Iterator[Widget]:
        with Container(id="dialog", classes="-with-pad"):
            with Vertical(id="dialog-talk"):
                yield Sentence(id="dialog-title")
                yield Sentence(id="dialog-note")
                yield Sentence(id="dialog-dots")
                yield Target(id="dialog-switch")
                yield Target(id="dialog-close")
            yield Pad(id="dialog-pad")
            yield Letters(id="dialog-letters")

    def on_mount(self) -> None:
        self.query_one("#dialog-title", Sentence).say(self.say("staff.password.question"))
        self.query_one("#dialog-pad", Pad).speak(self.say)
        self._show_letters(False)
        self.query_one("#dialog-close", Target).show(
            self.choice("close", self.say("staff.menu.close"), "escape", back=True)
        )

    def on_unmount(self) -> None:
        self._typed.wipe()

    def _show_letters(self, letters: bool) -> None:
        """Switch the pad to letters or digits. Typed characters are retained."""
        self.query_one("#dialog-letters", Letters).display = letters
        self.query_one("#dialog-pad", Pad).set_class(letters, "-narrow")
        alternative = "digits" if letters else "letters"
        switch = self.choice(alternative, self.say(f"staff.password.{alternative}"), "tab")
        self.query_one("#dialog-switch", Target).show(switch)

    def on_target_touched(self, message: Target.Touched) -> None:
        message.stop()
        if message.button.id in ("digits", "letters"):
            self.touched()
            self._show_letters(message.button.id == "letters")
        else:
            self.dismiss(False)

    async def on_pad_key_pressed(self, message: PadKey.Pressed) -> None:
        message.stop()
        await self._press(message.key)

    async def on_key(self, event: Key) -> None:
        event.stop()
        if event.key == "escape":
            self.dismiss(False)
        elif event.key in ("enter", "backspace"):
            await self._press(ENTER if event.key == "enter" else ERASE)
        elif event.character is not None:
            await self._press(event.character)

    async def _press(self, key: str) -> None:
        self.touched()
        if self._checking:
            return
        if key == ENTER:
            await self._check()
        elif key == ERASE:
            self._typed.pop()
        else:
            self._typed.push(key)
        self.query_one("#dialog-dots", Sentence).say("●" * len(self._typed))

    async def _check(self) -> None:
        if not len(self._typed):
            return
        self._checking = True
        note = self.query_one("#dialog-note", Sentence)
        note.say(self.say("staff.password.checking"))
        outcome = await asyncio.to_thread(self._gate.check, self._typed.take())
        self._checking = False
        match outcome:
            case PasswordCorrect():
                self.dismiss(True)
            case PasswordWrong():
                note.say(self.say("staff.password.wrong"))
            case PasswordWait(seconds=seconds):
                note.say(self.say("staff.password.wait", seconds=seconds))


class ChoiceDialog(StaffDialog[ScreenResultType]):
    """Dialog with a question and answers to touch or type. Escape closes it without an answer."""

    def __init__(
        self,
        say: Words,
        question: str,
        choices: tuple[Button, ...],
        answer: Callable[[Button], ScreenResultType | None],
    ) -> None:
        """`answer` maps a choice to the dialog's result."""
        super().__init__(say)
        self._question, self._choices, self._answer = question, choices, answer

    def compose(self) -> Iterator[Widget]:
        with Container(id="dialog"):
            yield Sentence(id="dialog-title")
            with Grid(id="dialog-choices"):
                for choice in self._choices:
                    yield Target(id=f"choice-{choice.id}")

    def on_mount(self) -> None:
        self.query_one("#dialog-title", Sentence).say(self._question)
        for choice in self._choices:
            self.query_one(f"#choice-{choice.id}", Target).show(choice)

    def on_target_touched(self, message: Target.Touched) -> None:
        message.stop()
        self.dismiss(self._answer(message.button))

    def on_key(self, event: Key) -> None:
        event.stop()
        if event.key == "escape":
            self.dismiss(None)
        for choice in self._choices:
            if choice.key == event.key:
                self.dismiss(self._answer(choice))


class StaffMenu(ChoiceDialog[str]):
    """Staff menu. Returns the choice: `by-eye`, `status`, `discard`, `stop`, or None."""

    def __init__(self, say: Words, *, in_reception: bool) -> None:
        # use different keys for "discard" and "stop", so that discarding too late does not stop the terminal
        keys = {"close": "1", "discard": "2", "status": "3", "by-eye": "4", "stop": "5"}
        del keys["stop" if in_reception else "discard"]
        choices = [self.choice(id, say(f"staff.menu.{id}"), key, back=id == "close") for id, key in keys.items()]
        question = say("staff.menu.question")
        super().__init__(say, question, tuple(choices), lambda choice: None if choice.id == "close" else choice.id)


class ConfirmDialog(ChoiceDialog[bool]):
    """Asks to confirm an irreversible action. Its "yes" key differs from all keys of the menu."""

    def __init__(self, say: Words, what: str) -> None:
        no = self.choice("no", say("button.back"), "1", back=True)
        yes = self.choice("yes", say(f"staff.menu.{what}"), "9")
        super().__init__(say, say(f"staff.menu.sure.{what}"), (no, yes), lambda choice: choice.id == "yes")


class StatusDialog(StaffDialog[None]):
    """Status dialog. Refreshed every few seconds."""

    def __init__(self, say: Words, read_lines: Callable[[Words], Awaitable[list[str]]]) -> None:
        super().__init__(say)
        self._read_lines = read_lines

    def compose(self) -> Iterator[Widget]:
        with Container(id="dialog"):
            yield Sentence(id="dialog-title")
            yield StatusText(id="status")
            yield Target(id="dialog-close")

    def on_mount(self) -> None:
        self.query_one("#dialog-title", Sentence).say(self.say("status.title"))
        self.query_one("#dialog-close", Target).show(self.choice("close", self.say("staff.menu.close"), "1", back=True))
        self.call_later(self._refresh_status)
        self.set_interval(REFRESH_SECONDS, self._refresh_status)

    async def _refresh_status(self) -> None:
        self.query_one("#status", StatusText).lines = await self._read_lines(self.say)

    def on_target_touched(self, message: Target.Touched) -> None:
        message.stop()
        self.dismiss(None)

    def on_key(self, event: Key) -> None:
        event.stop()
        if event.key in ("escape", "1", "enter"):
            self.dismiss(None)


class StatusText(Widget, can_focus=False):
    lines: reactive[list[str]] = reactive(list)

    def render(self) -> Text:
        return Text("\n".join(self.lines), no_wrap=True, overflow="crop")
