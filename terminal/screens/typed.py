"""Display of typed digits: dots for the PIN, fields for the printed code. Stores no digits."""

from collections.abc import Callable

from rich.text import Text
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from terminal.front.code_form import LENGTHS, CodeField, CodeForm, CodeSource
from terminal.screens.blocks import centre_line, to_strips
from terminal.screens.wrapping import wrap
from terminal.words.catalogue import Words

_DISC = (
    "..####..",
    ".######.",
    "########",
    "########",
    "########",
    "########",
    ".######.",
    "..####..",
)
_RING = (
    "..####..",
    ".##..##.",
    "##....##",
    "##....##",
    "##....##",
    "##....##",
    ".##..##.",
    "..####..",
)
_GAP = ".."
PIN_LENGTH = 4


class PinDots(Widget, can_focus=False):
    """A disc for each typed digit and a ring for each missing digit."""

    def __init__(self, *, id: str, count: Callable[[], int]) -> None:
        super().__init__(id=id)
        self._count = count

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(_DISC) // 2

    def render_line(self, y: int) -> Strip:
        style = self.rich_style
        color, background = style.color, style.bgcolor
        if color is None or background is None or color.triplet is None or background.triplet is None:
            return Strip.blank(self.size.width, style)
        ink = _pack_rgb(color.triplet)
        ground = _pack_rgb(background.triplet)
        typed = self._count()
        rows = []
        for line in range(len(_DISC)):
            marks = _GAP.join((_DISC if index < typed else _RING)[line] for index in range(PIN_LENGTH))
            rows.append([ink if mark == "#" else ground for mark in marks])
        return centre_line(to_strips(rows), y, self.size.width, style)


def _pack_rgb(rgb: tuple[int, int, int]) -> int:
    return rgb[0] << 16 | rgb[1] << 8 | rgb[2]


class CodeFields(Widget, can_focus=False):
    """The parts of the printed code. Typed digits of the birth date are visible, all others are dots."""

    def __init__(self, *, id: str, form: CodeSource) -> None:
        super().__init__(id=id)
        self._form = form
        self._say: Words | None = None

    def speak(self, say: Words) -> None:
        self._say = say
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        form = self._form()
        return 0 if form is None else len(form.parts) * 3 + (1 if form.has_invalid_date else 0)

    def render(self) -> Text:
        form, say = self._form(), self._say
        text = Text(justify="center", no_wrap=True, overflow="crop")
        if form is None or say is None:
            return text
        if form.has_invalid_date:
            text.append(say("code.invalid-date") + "\n", "bold")
        for part in form.parts:
            text.append("\n".join(wrap(say(f"code.{part}"), self.content_size.width)) + "\n")
            text.append(_part_text(form, part, say), "bold reverse")
            text.append("\n\n" if part is not form.parts[-1] else "")
        return text


def _part_text(form: CodeForm, part: CodeField, say: Words) -> str:
    if part is not CodeField.BIRTH_DATE:
        return "  " + "  ".join("●" if filled else "○" for filled in form.filled(part)) + "  "
    digits = [form.birth_digit(index) or "_" for index in range(LENGTHS[part])]
    year, month, day = ("".join(digits[at : at + 2]) for at in (0, 2, 4))
    return f"  {say('code.birth-date.format', year=year, month=month, day=day)}  "
