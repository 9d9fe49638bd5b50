"""The patient's screen. Its widgets are updated for each state, never replaced, so that positions do not change."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from textual.containers import Container, Grid, Horizontal, Vertical
from textual.events import Resize
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from terminal.front.code_form import CodeSource
from terminal.screens.layout import MAX_IN_ROW, Area, divide_rows
from terminal.screens.pad import Pad
from terminal.screens.picture import CardPhoto, LivePicture
from terminal.screens.sign import MovingSign
from terminal.screens.texts import Lines, Progress, Sentence, StepBar
from terminal.screens.touch import Target
from terminal.screens.typed import CodeFields, PinDots
from terminal.session.display import Size
from terminal.talk.parts import Button, PadKind, Talk
from terminal.words.catalogue import Words

if TYPE_CHECKING:
    from terminal.screens.picture import Pixels

MAX_ANSWERS = 9
"""Maximum number of answers: all languages and one more."""
MAX_FOOTER_BUTTONS = 4
ROOMY_WIDTH, ROOMY_HEIGHT = 110, 34
"""Minimum size for larger targets."""
MIN_WIDTH, MIN_HEIGHT = 80, 24
DOCK_WIDTH = 36


class CounterScreen(Screen[None], inherit_bindings=False):
    AUTO_FOCUS = ""

    class Ready(Message):
        """All widgets are mounted."""

    def __init__(
        self,
        *,
        pin_count: Callable[[], int],
        form: CodeSource,
        photo: "Callable[[], Pixels | None]",
        simulated: bool = False,
        staff: bool = False,
        moving: bool = True,
        keypad: bool = True,
    ) -> None:
        super().__init__()
        self._keypad = keypad
        self.talk: Talk | None = None
        self._pin_count, self._form, self._photo = pin_count, form, photo
        self._simulated, self._staff, self._moving = simulated, staff, moving

    def compose(self) -> Iterator[Widget]:
        yield Sentence(id="too-small")
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
                    for number in range(1, MAX_ANSWERS + 1):
                        yield Target(id=f"answer-{number}", keypad=self._keypad)
            yield Pad(id="pad")
        with Horizontal(id="footer"):
            yield Sentence(id="card", align="left")
            for number in range(1, MAX_FOOTER_BUTTONS + 1):
                yield Target(id=f"footer-{number}", keypad=self._keypad)

    def on_mount(self) -> None:
        self.post_message(self.Ready())

    def on_resize(self, event: Resize) -> None:
        self.choose_layout(event.size.width, event.size.height)

    def choose_layout(self, width: int, height: int) -> None:
        """Choose the layout for the area beside the dock."""
        docked = self.has_class("-dock")
        available_width = width - DOCK_WIDTH if docked else width
        self.set_class(available_width >= ROOMY_WIDTH and height >= ROOMY_HEIGHT, "-roomy")
        self.set_class(docked and width >= DOCK_WIDTH and available_width < MIN_WIDTH, "-dock-alone")
        self.set_class(not docked and (width < MIN_WIDTH or height < MIN_HEIGHT), "-too-small")
        self._divide_rows()

    def show_dock(self, shown: bool) -> None:
        self.set_class(shown, "-dock")
        self.choose_layout(self.size.width, self.size.height)

    # --- drawing --------------------------------------------------------------------------------------------

    def show(self, talk: Talk, say: Words) -> None:
        """Draw this talk. Unchanged parts are not redrawn."""
        before, self.talk = self.talk, talk
        if talk == before or not self.children:  # the screen is being removed
            return
        body = talk.body
        self._set_classes(talk)
        mark = "  ".join(filter(None, (body.code, say("app.simulated") if self._simulated else "")))
        self.query_one("#steps", StepBar).show(talk.steps, talk.step, mark, say("staff.enter") if self._staff else "")
        self.query_one("#question", Sentence).say(body.question)
        self.query_one("#lines", Lines).say(body.lines)
        if body.progress is not None:
            self.query_one("#progress", Progress).show(*body.progress)
        self._show_answers(body.buttons, talk.serial, narrow=body.camera or body.pad is not PadKind.NONE)
        self._show_footer(talk)
        self._divide_rows()
        if before is None or before.language != talk.language:
            too_small = say("screen.too-small", width=MIN_WIDTH, height=MIN_HEIGHT)
            self.query_one("#too-small", Sentence).say(too_small)
            self.query_one("#pad", Pad).speak(say)
            self.query_one("#code", CodeFields).speak(say)
        self._show_pictures(before, talk)

    def typed(self) -> None:
        """Redraw the digits after one was typed or deleted."""
        self.query_one("#dots", PinDots).refresh()
        self.query_one("#code", CodeFields).refresh(layout=True)

    def _set_classes(self, talk: Talk) -> None:
        body = talk.body
        conditions = {
            "-camera": body.camera,
            "-photo": body.photo,
            "-pin": body.pad is PadKind.PIN,
            "-code": body.pad is PadKind.CODE,
            "-large": talk.display.size is not Size.NORMAL,
            "-contrast": talk.display.high_contrast,
            "-warned": bool(talk.warning),
            "-notice": bool(talk.notice),
        }
        # change all classes at once: every change restyles all widgets
        classes = (set(self.classes) - conditions.keys()) | {name for name, on in conditions.items() if on}
        if classes != self.classes:
            self.set_classes(classes)

    def _divide_rows(self) -> None:
        """Set the heights of sign, lines and answers."""
        if self.talk is None:
            return
        form, body = self._form(), self.talk.body
        shared = divide_rows(
            body, self._area(), large=self.has_class("-large"), code_parts=len(form.parts) if form is not None else 2
        )
        self.query_one("#sign", MovingSign).show(shared.sign)
        self.query_one("#answers", Grid).styles.height = shared.answers
        self.query_one("#lines", Lines).set_tight(shared.tight)

    def _area(self) -> Area:
        width = self.size.width - (DOCK_WIDTH if self.has_class("-dock") else 0)
        return Area(width, self.size.height, self.has_class("-roomy"))

    def _show_answers(self, answers: tuple[Button, ...], serial: int, *, narrow: bool) -> None:
        """Place the answers from left to right. A single answer is placed like a positive answer or a back button."""
        places: list[Button | None] = list(answers)
        if len(answers) == 1 and not narrow:
            places = [answers[0], None] if answers[0].back else [None, answers[0]]
        columns = (2 if len(places) > 1 else 1) if narrow else max(len(places), 1)
        columns = min(columns, MAX_IN_ROW)
        grid = self.query_one("#answers", Grid)
        grid.styles.grid_size_columns = columns
        for number in range(1, MAX_ANSWERS + 1):
            target = self.query_one(f"#answer-{number}", Target)
            target.display = number <= max(len(places), 1)
            target.show(places[number - 1] if number <= len(places) else None, serial)

    def _show_footer(self, talk: Talk) -> None:
        self.query_one("#card", Sentence).say(talk.warning or talk.notice or talk.card)
        for number in range(1, MAX_FOOTER_BUTTONS + 1):
            index = number - 1 - (MAX_FOOTER_BUTTONS - len(talk.footer))
            self.query_one(f"#footer-{number}", Target).show(talk.footer[index] if index >= 0 else None, talk.serial)

    def _show_pictures(self, before: Talk | None, talk: Talk) -> None:
        body = talk.body
        live = self.query_one("#live", LivePicture)
        live.towards = body.towards
        if before is None or before.body.camera != body.camera:
            live.run(body.camera)
        photo = self.query_one("#photo", CardPhoto)
        if body.photo:
            self.call_after_refresh(self._draw_photo)
        else:
            photo.clear()

    def _draw_photo(self) -> None:
        if self.talk is not None and self.talk.body.photo:
            self.query_one("#photo", CardPhoto).show(self._photo)
