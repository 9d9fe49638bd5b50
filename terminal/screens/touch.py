"""Targets: large, never focused, never preselected, worked by touch, mouse or their key."""

from rich.text import Text
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from terminal.screens.wrapping import cells, wrap
from terminal.talk.parts import Answer

ROWS_FOR_KEY_LINE = 6
"""Lower targets have key and label in one line."""


class Target(Widget, can_focus=False):
    """Shows one answer, or nothing; posts `Touched` with it."""

    class Touched(Message):
        def __init__(self, answer: Answer) -> None:
            super().__init__()
            self.answer = answer

    def __init__(self, *, id: str, show_key: bool = True) -> None:
        super().__init__(id=id)
        self.answer: Answer | None = None
        self._show_key = show_key

    def offer(self, answer: Answer | None) -> None:
        """None leaves the place empty."""
        if answer == self.answer:
            return
        self.answer = answer
        self.set_class(answer is None, "-empty")
        self.set_class(answer is not None and answer.back, "-back")
        self.set_class(answer is not None and answer.id == "more-time", "-urgent")
        self.refresh()

    def render(self) -> Text:
        if self.answer is None:
            return Text("")
        answer, size = self.answer, self.content_size
        label = wrap(answer.label, size.width)
        hint = wrap(answer.hint, size.width) if answer.hint else ()
        key = answer.key.upper() if self._show_key and len(answer.key) == 1 else ""
        text = Text(justify="center", no_wrap=True, overflow="crop")
        spare = size.height - len(label) - len(hint)
        if key and size.height >= ROWS_FOR_KEY_LINE and spare >= 1:
            text.append(f" {key} \n", "reverse")
            text.append("\n" if spare >= 2 else "")
        elif key and cells(label[0]) + 3 <= size.width:
            label = (f"{key}  {label[0]}", *label[1:])
        text.append("\n".join(label), "bold")
        if hint and spare >= 0:
            text.append("\n\n" if spare >= 3 else "\n")
            text.append("\n".join(hint))
        return text

    def on_click(self, event: Click) -> None:
        event.stop()
        if self.answer is not None:
            self.post_message(self.Touched(self.answer))
