"""Text widgets: wrapped sentences, the lines below the question, the step bar and the face-check progress bar."""

from rich.style import Style
from rich.text import Text
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from terminal.screens.wrapping import LINE_CELLS, cells, wrap
from terminal.talk.parts import Line, LineKind


class Sentence(Widget, can_focus=False):
    """A sentence, wrapped at natural positions."""

    def __init__(self, *, id: str, align: str = "center") -> None:
        super().__init__(id=id)
        self.text = ""
        self._align = align

    def say(self, text: str) -> None:
        if text != self.text:
            self.text = text
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(wrap(self.text, min(width, LINE_CELLS)))

    def render(self) -> Text:
        lines = wrap(self.text, min(self.content_size.width, LINE_CELLS))
        return Text("\n".join(lines), justify="left" if self._align == "left" else "center", no_wrap=True)


class Lines(Widget, can_focus=False):
    """Text below the question: reasons, hints and lists. Call lines alternate between two styles every second."""

    COMPONENT_CLASSES = {f"lines--{kind}" for kind in LineKind} | {"lines--call-2"}

    def __init__(self, *, id: str, moving: bool = True) -> None:
        super().__init__(id=id)
        self.lines: tuple[Line, ...] = ()
        self._moving = moving
        self._second_style = False
        self._tight = False

    def on_mount(self) -> None:
        self._timer = self.set_interval(1.0, self._change, pause=True)

    def say(self, lines: tuple[Line, ...]) -> None:
        if lines == self.lines:
            return
        self.lines, self._second_style = lines, False
        self.display = bool(lines)
        if self._moving and any(line.kind is LineKind.CALL for line in lines):
            self._timer.resume()
        else:
            self._timer.pause()
        self.refresh(layout=True)

    def set_tight(self, tight: bool) -> None:
        """Set whether to omit blank rows between kinds of lines."""
        if tight != self._tight:
            self._tight = tight
            self.refresh(layout=True)

    def _change(self) -> None:
        self._second_style = not self._second_style
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return lines_height(self.lines, width, tight=self._tight)

    def render(self) -> Text:
        text = Text(justify="center", no_wrap=True, overflow="crop")
        listed = max((cells(_with_bullet(line)) for line in self.lines if line.kind is LineKind.CHOICE), default=0)
        for index, (line, (rows, height)) in enumerate(
            zip(self.lines, _wrapped(self.lines, self.content_size.width, tight=self._tight), strict=True)
        ):
            text.append("\n" * (height - len(rows) + (1 if index else 0)))
            if line.kind is LineKind.CHOICE:
                rows = [row + " " * (min(listed, LINE_CELLS) - cells(row)) for row in rows]
            if line.kind is LineKind.CALL:
                rows = [f"  {row}  " for row in rows]
            for at, row in enumerate(rows):
                text.append("\n" if at else "")
                text.append(row, self._style(line.kind))
        return text

    def _style(self, kind: LineKind) -> Style:
        name = "lines--call-2" if kind is LineKind.CALL and self._second_style else f"lines--{kind}"
        return self.get_component_rich_style(name, partial=True)


def lines_height(lines: tuple[Line, ...], width: int, *, tight: bool = False) -> int:
    """Return the height of the lines in rows at `width` cells. `tight` omits blank rows between kinds of lines."""
    return sum(height for _, height in _wrapped(lines, width, tight=tight))


def _wrapped(lines: tuple[Line, ...], width: int, *, tight: bool) -> list[tuple[list[str], int]]:
    """Return each line's wrapped rows and its height including spacing."""
    wrapped = []
    for index, line in enumerate(lines):
        rows = list(wrap(_with_bullet(line), min(width, LINE_CELLS)))
        spacing = 1 if index and (line.kind is LineKind.CALL or lines[index - 1].kind is not line.kind) else 0
        wrapped.append((rows, len(rows) + (0 if tight else spacing)))
    return wrapped


def _with_bullet(line: Line) -> str:
    return f"・{line.text}" if line.kind is LineKind.CHOICE else line.text


class StepBar(Widget, can_focus=False):
    """Steps of the reception, with problem code, simulation mark and staff button on the right."""

    COMPONENT_CLASSES = {"steps--present", "steps--other", "steps--mark"}  # noqa: RUF012

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._steps: tuple[str, ...] = ()
        self._present = 0
        self._mark = ""
        self._staff = ""

    class StaffRequested(Message):
        """The staff button was touched."""

    def show(self, steps: tuple[str, ...], present: int, mark: str, staff: str = "") -> None:
        """`staff` is the label of the staff button, or empty if staff access is off."""
        if (steps, present, mark, staff) != (self._steps, self._present, self._mark, self._staff):
            self._steps, self._present, self._mark, self._staff = steps, present, mark, staff
            self.refresh()

    def on_click(self, event: Click) -> None:
        event.stop()
        if self._staff and event.x >= self.size.width - cells(self._staff) - 8:
            self.post_message(self.StaffRequested())

    def render(self) -> Text:
        text = Text(no_wrap=True, overflow="crop")
        for index, step in enumerate(self._steps):
            text.append(" > " if index else "", self.get_component_rich_style("steps--other", partial=True))
            if index == self._present:
                text.append(f"[{step}]", self.get_component_rich_style("steps--present", partial=True))
            else:
                text.append(step, self.get_component_rich_style("steps--other", partial=True))
        corner = "  ".join(filter(None, (self._mark, f"[{self._staff}]" if self._staff else "")))
        space = self.content_size.width - cells(text.plain) - cells(corner)
        text.append(" " * max(space, 1))
        text.append(corner, self.get_component_rich_style("steps--mark", partial=True))
        return text


class Progress(Widget, can_focus=False):
    """Face-check progress bar. Full and empty cells differ in shape, not only in colour."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._done, self._needed = 0, 1

    def show(self, done: int, needed: int) -> None:
        if (done, needed) != (self._done, self._needed):
            self._done, self._needed = done, needed
            self.refresh()

    def render(self) -> Text:
        width = self.content_size.width
        full = width * min(self._done, self._needed) // max(self._needed, 1)
        return Text("█" * full + "░" * (width - full), no_wrap=True)
