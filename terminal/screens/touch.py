"""Touch targets, activated by touch, mouse or key. They never take focus."""

from rich.text import Text
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from terminal.screens.wrapping import cells, wrap
from terminal.talk.parts import Button

ROWS_FOR_KEY_LINE = 6
"""Minimum height in rows for a key above the label. Shorter targets show both on one line."""


def key_beside(button: Button, *, keypad: bool) -> str:
    """Return the key displayed on a target: a digit, another key on the numeric keypad, or a letter."""
    if button.key.isdigit():
        return button.key
    return button.keypad_key if keypad and button.keypad_key else button.key.upper() if len(button.key) == 1 else ""


class Target(Widget, can_focus=False):
    """Displays a button, if any. A touch posts `Touched` with the button and the serial of its talk."""

    class Touched(Message):
        def __init__(self, button: Button, serial: int) -> None:
            super().__init__()
            self.button, self.serial = button, serial

    def __init__(self, *, id: str, keypad: bool = True) -> None:
        """`keypad` is whether a numeric keypad is connected."""
        super().__init__(id=id)
        self._keypad = keypad
        self.button: Button | None = None
        self._serial = 0

    def show(self, button: Button | None, serial: int = 0) -> None:
        """Display `button`, or nothing if it is None. `serial` is the serial of its talk."""
        self._serial = serial
        if button == self.button:
            return
        self.button = button
        self.set_class(button is None, "-empty")
        self.set_class(button is not None and button.back, "-back")
        self.set_class(button is not None and button.id == "more-time", "-urgent")
        self.refresh()

    def render(self) -> Text:
        if self.button is None:
            return Text("")
        button, size = self.button, self.content_size
        label = wrap(button.label, size.width)
        hint = wrap(button.hint, size.width) if button.hint else ()
        key = key_beside(button, keypad=self._keypad)
        text = Text(justify="center", no_wrap=True, overflow="crop")
        spare = size.height - len(label) - len(hint)
        if key and size.height >= ROWS_FOR_KEY_LINE and spare >= 1:
            text.append(f" {key} \n", "reverse")
            text.append("\n" if spare >= 2 else "")
        elif key and cells(label[0]) + 3 <= size.width:
            label = (f"{key}  {label[0]}", *label[1:])
        elif key and spare >= 1:
            text.append(f" {key} \n", "reverse")
            spare -= 1
        text.append("\n".join(label), "bold")
        if hint and spare >= 0:
            text.append("\n\n" if spare >= 3 else "\n")
            text.append("\n".join(hint))
        return text

    def on_mouse_down(self) -> None:
        """Give immediate feedback on the touch."""
        self.set_class(self.button is not None, "-pressed")

    def on_mouse_up(self) -> None:
        self.remove_class("-pressed")

    def on_leave(self) -> None:
        self.remove_class("-pressed")

    def on_click(self, event: Click) -> None:
        event.stop()
        if self.button is not None:
            self.post_message(self.Touched(self.button, self._serial))
