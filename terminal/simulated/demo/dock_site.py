"""The demo's dock as a page beside the patient's screen: people, card, camera and service in a trainer's hands."""

import asyncio
import logging
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from config.settings import Settings
from terminal.counter_web.line import Line
from terminal.counter_web.site import Site, Tell
from terminal.front.dock import Dock
from terminal.front.opened import Opened
from terminal.session.states import Complete, Idle, Problem, State
from terminal.simulated.demo.browser_camera import BrowserSource
from terminal.simulated.personas.cast import AT_ONE_TERMINAL, BY_NAME
from terminal.simulated.personas.tales import Language, steps_of, tale_of
from terminal.words.catalogue import words

log = logging.getLogger(__name__)

PAGE = Path(__file__).with_name("dock_page")
_WORDS = {
    "title": "dock.title",
    "language": "dock.language",
    "who": "dock.who",
    "invitation": "dock.invitation",
    "putCard": "dock.put-card",
    "takeCard": "dock.take-card",
    "cover": "dock.cover-camera",
    "silence": "dock.silence-service",
    "answer": "dock.answer",
    "staff": "dock.staff",
    "end": "dock.end",
    "oneMoment": "web.one-moment",
}
_ASKED = {
    "question": "webcam.question",
    "kept": "webcam.kept",
    "sit": "webcam.sit",
    "take": "webcam.take",
    "language": "dock.language",
    "taking": "webcam.taking",
    "refused": "webcam.refused",
}
_LANGUAGES: tuple[Language, ...] = ("ja", "en")


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Choose(_Message):
    type: Literal["choose"]
    name: Annotated[str, Field(max_length=64)]


class Card(_Message):
    type: Literal["card"]
    inside: Annotated[bool, Field(alias="in")]


class Cover(_Message):
    type: Literal["cover"]
    covered: bool


class Silence(_Message):
    type: Literal["silence"]
    silent: bool


class Agree(_Message):
    """The portrait may be taken."""

    type: Literal["agree"]


_ANY: TypeAdapter[Choose | Card | Cover | Silence | Agree] = TypeAdapter(
    Annotated[Choose | Card | Cover | Silence | Agree, Field(discriminator="type")]
)


class DockSite:
    """A companion of `WebTerminal`."""

    def __init__(self, settings: Settings, port: int, tell: Tell, *, source: BrowserSource | None = None) -> None:
        """`source`: the browser's camera stands for the terminal's."""
        on_picture = source.put if source is not None else None
        self.site = Site(self, PAGE, settings.state_dir / "web" / "dock.key", port, tell, on_picture=on_picture)
        self._source = source
        self._agreed: asyncio.Future[None] | None = None
        self._trouble = ""
        self._camera_wanted = False
        self._lines: list[Line] = []
        self._dock: Dock | None = None
        self._patient: Site | None = None
        self._done: set[str] = set()
        self._begun = False
        self._running: set[asyncio.Task[None]] = set()

    async def ask(self, trouble: str = "") -> None:
        """Ask on the page whether the portrait may be taken; `trouble`: why the last try gave none."""
        loop = asyncio.get_running_loop()
        self._agreed, self._trouble = loop.create_future(), trouble
        if self._source is not None:

            def on_wanted(wanted: bool) -> None:
                if not loop.is_closed():
                    loop.call_soon_threadsafe(self._want_camera, wanted)

            self._source.on_wanted = on_wanted
        for line in self._lines:
            self._show_question(line)
        await self._agreed
        self._agreed = None

    def _show_question(self, line: Line) -> None:
        said = {
            language: {name: words(language)(message_id) for name, message_id in _ASKED.items()}
            for language in _LANGUAGES
        }
        line.tell("ask", words=said, trouble=self._trouble, browser=self._source is not None)

    def _want_camera(self, wanted: bool) -> None:
        self._camera_wanted = wanted
        for line in self._lines:
            line.tell("camera", on=wanted)

    def take_over(self, opened: Opened, patient: Site) -> None:
        self._dock, self._patient = opened.dock, patient
        opened.counter.listen(on_state=self._on_state)
        for line in self._lines:
            self._show_counter(line)
        self._tell()

    # --- pages ----------------------------------------------------------------------------------------------

    def join(self, line: Line) -> None:
        self._lines.append(line)
        if self._agreed is not None:
            self._show_question(line)
        if self._camera_wanted:
            line.tell("camera", on=True)
        if self._dock is not None:
            self._show_counter(line)
            line.tell("dock", **self._drawn(self._dock))

    def leave(self, line: Line) -> None:
        self._lines.remove(line)

    def hear(self, line: Line, text: str) -> bool:
        try:
            message = _ANY.validate_json(text)
        except ValidationError:
            return False
        if isinstance(message, Agree):
            if self._agreed is not None and not self._agreed.done():
                self._agreed.set_result(None)
        elif self._dock is not None and line in self._lines:
            match message:
                case Choose(name=name) if name in BY_NAME:
                    self._begin(self._dock.choose(name))
                case Card(inside=True):
                    self._begun = True
                    self._begin(self._dock.insert_card())
                case Card():
                    self._begin(self._dock.pull_card())
                case Cover(covered=covered):
                    self._begin(self._dock.cover_camera(covered))
                case Silence(silent=silent):
                    self._begin(self._dock.silence_service(silent))
        return True

    def address_old(self) -> list[str]:
        return [words(language)("web.address-old") for language in _LANGUAGES]

    def _begin(self, hand: Coroutine[Any, Any, None]) -> None:
        async def move() -> None:
            await hand
            self._tell()

        task = asyncio.create_task(move())
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    # --- what is shown --------------------------------------------------------------------------------------

    def _on_state(self, state: State) -> None:
        if self._dock is None or isinstance(state, Idle):
            return
        expected = BY_NAME[self._dock.current].expected.outcome
        ended = state.outcome if isinstance(state, Complete) else state.problem if isinstance(state, Problem) else None
        if ended is not None and ended == expected and self._dock.current not in self._done:
            self._done.add(self._dock.current)
            self._tell()

    def _show_counter(self, line: Line) -> None:
        """The patient's screen within the dock's page: each page of the dock gets a code of its own for it."""
        assert self._patient is not None
        line.tell("counter", address=self._patient.address)

    def _tell(self) -> None:
        if self._dock is not None:
            for line in self._lines:
                line.tell("dock", **self._drawn(self._dock))

    def _drawn(self, dock: Dock) -> dict[str, Any]:
        return {
            "words": {
                language: {name: words(language)(message_id) for name, message_id in _WORDS.items()}
                for language in _LANGUAGES
            },
            "people": [
                {"name": persona.name}
                | {
                    language: {
                        "who": tale_of(persona, language).who,
                        "staff": tale_of(persona, language).staff,
                        "end": tale_of(persona, language).end,
                        "steps": steps_of(persona, language),
                    }
                    for language in _LANGUAGES
                }
                for persona in AT_ONE_TERMINAL
            ],
            "current": dock.current,
            "cardIn": dock.card_in,
            "covered": dock.camera_covered,
            "silent": dock.service_silent,
            "done": sorted(self._done),
            "begun": self._begun,
        }
