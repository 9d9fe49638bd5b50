"""The one screen: its widgets stay, each state fills them anew. So eyes and fingers find everything where it was."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from textual.containers import Container, Grid, Horizontal, Vertical
from textual.events import Resize
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from terminal.front.code_form import CodeSource
from terminal.screens.pad import Pad
from terminal.screens.picture import CardPhoto, LivePicture
from terminal.screens.sayings import Lines, Progress, Sentence, StepBar
from terminal.screens.sign import MovingSign
from terminal.screens.touch import Target
from terminal.screens.typed import CodeFields, PinDots
from terminal.talk.parts import Answer, LineKind, Sign, View
from terminal.talk.parts import Pad as PadKind
from terminal.words.catalogue import Words

if TYPE_CHECKING:
    from terminal.screens.picture import Pixels

ANSWERS = 4
FOOT = 4
USUAL_WIDTH, USUAL_HEIGHT = 110, 34
"""From here on there is room for larger targets."""
LEAST_WIDTH = 80
DOCK_WIDTH = 36
LARGE_LINES = 2
"""In the large look only so many hints are shown."""


class CounterScreen(Screen[None], inherit_bindings=False):
    AUTO_FOCUS = ""

    class Ready(Message):
        """All widgets are there."""

    def __init__(
        self,
        *,
        pin_count: Callable[[], int],
        form: CodeSource,
        photo: "Callable[[], Pixels | None]",
        simulated: bool = False,
        staff: bool = False,
        moving: bool = True,
    ) -> None:
        super().__init__()
        self.view: View | None = None
        self._pin_count, self._form, self._photo = pin_count, form, photo
        self._simulated, self._staff, self._moving = simulated, staff, moving

    def compose(self) -> Iterator[Widget]:
        yield StepBar(id="steps")
        with Horizontal(id="body"):
            with Horizontal(id="pictures"):
                yield CardPhoto(id="photo")
                yield LivePicture(id="live")
            with Vertical(id="talk"):
                with Container(id="saying"):
                    yield Sentence(id="question")
                    yield Lines(id="lines", moving=self._moving)
                    yield Progress(id="progress")
                    yield PinDots(id="dots", count=self._pin_count)
                    yield CodeFields(id="code", form=self._form)
                    yield MovingSign(id="sign", moving=self._moving)
                with Grid(id="answers"):
                    for number in range(1, ANSWERS + 1):
                        yield Target(id=f"answer-{number}")
            yield Pad(id="pad")
        with Horizontal(id="foot"):
            yield Sentence(id="card", align="left")
            for number in range(1, FOOT + 1):
                yield Target(id=f"foot-{number}", show_key=False)

    def on_mount(self) -> None:
        self.post_message(self.Ready())

    def on_resize(self, event: Resize) -> None:
        self.choose_layout(event.size.width, event.size.height)

    def choose_layout(self, width: int, height: int) -> None:
        """Choose the layout for the room there is beside the dock."""
        beside = width - DOCK_WIDTH if self.has_class("-dock") else width
        self.set_class(beside >= USUAL_WIDTH and height >= USUAL_HEIGHT, "-usual")
        self.set_class(beside < LEAST_WIDTH, "-dock-alone")

    def show_dock(self, shown: bool) -> None:
        self.set_class(shown, "-dock")
        self.choose_layout(self.size.width, self.size.height)

    # --- drawing --------------------------------------------------------------------------------------------

    def show(self, view: View, say: Words) -> None:
        """Draw this view; what did not change stays untouched."""
        before, self.view = self.view, view
        if view == before:
            return
        talk = view.talk
        self._mark_classes(view)
        mark = "  ".join(filter(None, (talk.code, say("app.simulated") if self._simulated else "")))
        self.query_one("#steps", StepBar).show(view.steps, view.step, mark, say("staff.enter") if self._staff else "")
        self.query_one("#question", Sentence).say(talk.question)
        lines = talk.lines
        if view.display.large:
            urgent = tuple(line for line in lines if line.kind is not LineKind.HINT)
            lines = urgent or lines[:LARGE_LINES]
        self.query_one("#lines", Lines).say(lines)
        self.query_one("#sign", MovingSign).show(self._fitting_sign(view))
        if talk.progress is not None:
            self.query_one("#progress", Progress).show(*talk.progress)
        self._show_answers(talk.answers, narrow=talk.camera or talk.pad is not PadKind.NONE)
        self._show_foot(view)
        if before is None or before.language != view.language:
            self.query_one("#pad", Pad).speak(say)
            self.query_one("#code", CodeFields).speak(say)
        self._show_pictures(before, view)

    def typed(self) -> None:
        """A digit came or went."""
        self.query_one("#dots", PinDots).refresh()
        self.query_one("#code", CodeFields).refresh(layout=True)

    def _mark_classes(self, view: View) -> None:
        talk = view.talk
        looks = {
            "-camera": talk.camera,
            "-photo": talk.photo,
            "-pin": talk.pad is PadKind.PIN,
            "-code": talk.pad is PadKind.CODE,
            "-two-rows": talk.camera and len(talk.answers) > 1,
            "-done": view.state == "Complete",
            "-large": view.display.large,
            "-contrast": view.display.high_contrast,
            "-warned": bool(view.warning),
            "-notice": bool(view.notice),
        }
        # All at once: every single change would work out the styles of all widgets anew.
        wanted = (set(self.classes) - looks.keys()) | {name for name, on in looks.items() if on}
        if wanted != self.classes:
            self.set_classes(wanted)

    def _fitting_sign(self, view: View) -> Sign:
        """Where many lines have to be read, the sign makes room for them."""
        talk = view.talk
        if self.has_class("-usual") or talk.sign is Sign.WAIT:
            return talk.sign
        crowded = bool(talk.lines) or view.display.large if talk.answers else len(talk.lines) > 3
        return Sign.NONE if crowded else talk.sign

    def _show_answers(self, answers: tuple[Answer, ...], *, narrow: bool) -> None:
        """Left to right; a single answer stands where the positive one, or the way back, always stands."""
        places: list[Answer | None] = list(answers)
        if len(answers) == 1 and not narrow:
            places = [answers[0], None] if answers[0].back else [None, answers[0]]
        columns = (2 if len(places) > 1 else 1) if narrow else max(len(places), 1)
        grid = self.query_one("#answers", Grid)
        grid.styles.grid_size_columns = columns
        for number in range(1, ANSWERS + 1):
            target = self.query_one(f"#answer-{number}", Target)
            target.display = number <= max(len(places), 1)
            target.offer(places[number - 1] if number <= len(places) else None)

    def _show_foot(self, view: View) -> None:
        self.query_one("#card", Sentence).say(view.warning or view.notice or view.card)
        for number in range(1, FOOT + 1):
            index = number - 1 - (FOOT - len(view.foot))
            self.query_one(f"#foot-{number}", Target).offer(view.foot[index] if index >= 0 else None)

    def _show_pictures(self, before: View | None, view: View) -> None:
        talk = view.talk
        live = self.query_one("#live", LivePicture)
        live.towards = talk.towards
        if before is None or before.talk.camera != talk.camera:
            live.run(talk.camera)
        photo = self.query_one("#photo", CardPhoto)
        if talk.photo:
            self.call_after_refresh(self._draw_photo)
        else:
            photo.clear()

    def _draw_photo(self) -> None:
        if self.view is not None and self.view.talk.photo:
            self.query_one("#photo", CardPhoto).show(self._photo)
