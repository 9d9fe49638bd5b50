"""The on-screen numeric pad. Keys post messages and store no digits."""

from collections.abc import Iterator
from string import ascii_lowercase

from rich.text import Text
from textual.containers import Grid
from textual.events import Click
from textual.message import Message
from textual.renderables.digits import Digits
from textual.visual import SupportsVisual, VisualType
from textual.widget import Widget

from terminal.words.catalogue import Words

ERASE, ENTER = "erase", "enter"
_ORDER = ("1", "2", "3", "4", "5", "6", "7", "8", "9", ERASE, "0", ENTER)


class PadKey(Widget, can_focus=False):
    class Pressed(Message):
        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, key: str) -> None:
        super().__init__(id=f"key-{key}", classes="-word" if key in (ERASE, ENTER) else "-digit")
        self.key = key
        self.label = key

    def render(self) -> "VisualType | SupportsVisual":
        if self.key.isdigit() and self.content_size.height >= 3:
            return Digits(self.label, "bold")
        return Text(self.label, "bold", justify="center")

    def on_mouse_down(self) -> None:
        """Highlight the complete pad, so that bystanders cannot see which digit was pressed."""
        if self.parent is not None:
            self.parent.add_class("-pressed")

    def on_mouse_up(self) -> None:
        if self.parent is not None:
            self.parent.remove_class("-pressed")

    def on_leave(self) -> None:
        self.on_mouse_up()

    def on_click(self, event: Click) -> None:
        event.stop()
        self.post_message(self.Pressed(self.key))


class Letters(Grid):
    """Letter keyboard for passwords."""

    def compose(self) -> Iterator[PadKey]:
        for letter in ascii_lowercase:
            yield PadKey(letter)


class Pad(Grid):
    def compose(self) -> Iterator[PadKey]:
        for key in _ORDER:
            yield PadKey(key)

    def speak(self, say: Words) -> None:
        for key in (ERASE, ENTER):
            pad_key = self.query_one(f"#key-{key}", PadKey)
            pad_key.label = say(f"pin.{key}")
            pad_key.refresh()
