"""The demo's dock: a web page next to the patient's screen that controls people, cards, devices and the service."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from typing import Any

from terminal.counter_web.connection import PageConnection
from terminal.counter_web.site import Site
from terminal.front.assembled import AssembledCounter
from terminal.front.dock import Dock
from terminal.readiness import NotReady
from terminal.session.states import State
from terminal.simulated.demo import dock_messages as ms
from terminal.simulated.demo.browser_camera import BrowserSource
from terminal.simulated.demo.dock_book import LANGUAGES, book, words_for
from terminal.simulated.demo.lesson import Lesson
from terminal.simulated.personas.cast import BY_NAME
from terminal.simulated.personas.drills import BY_ID
from terminal.staff_web.site import StaffSite
from terminal.words.catalogue import words

log = logging.getLogger(__name__)

_QUESTION = {
    "question": "webcam.question",
    "kept": "webcam.privacy",
    "sit": "webcam.sit",
    "take": "webcam.take",
    "language": "dock.language",
    "taking": "webcam.taking",
    "refused": "webcam.refused",
    "back": "webcam.back",
}


class DockSite:
    """Serves the dock page as a companion of `WebTerminal`."""

    def __init__(self, sites: Sequence[Site], *, source: BrowserSource | None = None) -> None:
        """`sites`: from `dock_door.dock_sites`. `source`: the browser's camera, if it replaces the terminal's."""
        self.sites = sites
        self.site, *other_sites = sites
        self.site.connect_hub(self)
        for site in other_sites:
            site.connect_hub(_SecondDevice(self))
        self._source = source
        self._answer: asyncio.Future[bool] | None = None
        self._problem = ""
        self._camera_requested = False
        self._connections: list[PageConnection] = []
        self._second_device: set[PageConnection] = set()
        """Connections from a second device, which has no access to the patient's screen."""
        self._dock: Dock | None = None
        self._patient: Site | None = None
        self._staff = ""
        self._lesson = Lesson()
        self._started = False
        self._running: set[asyncio.Task[None]] = set()

    def show_staff(self, staff: StaffSite) -> None:
        """Show the staff page next to the patient's screen."""
        self.site.embed(staff)
        self._staff = staff.address

    async def ask(self, problem: str = "") -> bool:
        """Show a page that asks for permission to take a portrait, and return the answer.

        `problem`: reason why the last attempt failed.
        """
        loop = asyncio.get_running_loop()
        self._answer, self._problem = loop.create_future(), problem
        if self._source is not None:

            def on_request(requested: bool) -> None:
                if not loop.is_closed():
                    loop.call_soon_threadsafe(self._request_camera, requested)

            self._source.on_request = on_request
        for connection in self._connections:
            if connection not in self._second_device:
                self._show_question(connection)
        agreed = await self._answer
        self._answer = None
        return agreed

    def _show_question(self, connection: PageConnection) -> None:
        connection.send(
            "ask",
            words=words_for(_QUESTION),
            problem=self._problem,
            browser=self._source is not None,
            back=self._dock is not None,
        )

    def _request_camera(self, requested: bool) -> None:
        self._camera_requested = requested
        for connection in set(self._connections) - self._second_device:
            connection.send("camera", on=requested)

    def attach(self, opened: AssembledCounter, patient: Site) -> None:
        self._dock, self._patient = opened.dock, patient
        opened.counter.listen(on_state=self._on_state)
        if self._dock is not None and self._dock.current != self._lesson.drill.personas[0]:
            self._begin(self._dock.choose(self._lesson.drill.personas[0]))
        for connection in self._connections:
            self._show_all(connection)

    # --- pages ----------------------------------------------------------------------------------------------

    def join(self, connection: PageConnection, *, second_device: bool = False) -> None:
        self._connections.append(connection)
        if second_device:
            self._second_device.add(connection)
        if self._answer is not None and not second_device:
            self._show_question(connection)
        if self._camera_requested and not second_device:
            connection.send("camera", on=True)
        self._show_all(connection)

    def leave(self, connection: PageConnection) -> None:
        self._connections.remove(connection)
        self._second_device.discard(connection)

    def hear(self, connection: PageConnection, text: str) -> bool:
        message = ms.read_message(text)
        if message is None:
            return False
        if isinstance(message, ms.Agree):
            if self._answer is not None and not self._answer.done():
                self._answer.set_result(message.yes)
        elif self._dock is not None and connection in self._connections:
            self._begin(self._act(message, self._dock))
        return True

    async def _act(self, message: ms.DockCommand, dock: Dock) -> None:
        match message:
            case ms.Choose(name=name) if name in BY_NAME:
                await dock.choose(name)
            case ms.Open(drill=drill) if drill in BY_ID:
                self._lesson.open(drill)
                await dock.set_profile(self._lesson.drill.profile)
                await dock.choose(self._lesson.drill.personas[0])
            case ms.Reset():
                self._lesson.open(self._lesson.drill.id)
                await dock.reset()
                await dock.choose(self._lesson.drill.personas[0])
            case ms.PutCard(card=""):
                await dock.pull_card()
            case ms.PutCard(card=card, two=two) if card in BY_NAME:
                self._started = True
                if not dock.props.card:
                    self._lesson.card_inserted(card if card in dock.family else "")
                await dock.insert_card(card, two=two)
            case ms.TakeSecond():
                await dock.take_second_card()
            case ms.HoldCards(on=on):
                await dock.hold_card(on)
            case ms.CoverCamera(on=on):
                await dock.cover_camera(on)
            case ms.Unplug(device="camera", on=on):
                await dock.unplug_camera(on)
            case ms.Unplug(on=on):
                await dock.unplug_reader(on)
            case ms.SetService(service=service):
                await dock.set_service_mode(service)
            case ms.SetClockSlow(on=on):
                await dock.set_clock_slow(on)
            case ms.OwnFace(on=True) if dock.own_face is False:
                await self._sit_down(dock)
            case ms.OwnFace(on=False) if dock.own_face:
                await dock.stand_up()
            case ms.Power():
                await dock.power_cycle()
            case _:
                pass

    async def _sit_down(self, dock: Dock) -> None:
        problem = ""
        while await self.ask(problem):
            try:
                await dock.sit_down()
                return
            except NotReady as error:
                problem = str(error)

    def refusal_texts(self) -> list[str]:
        return [words(language)("web.address-old") for language in LANGUAGES]

    def _begin(self, action: Coroutine[Any, Any, None]) -> None:
        async def run() -> None:
            problem = ""
            try:
                await action
            except NotReady as error:
                problem = str(error)
                log.warning("dock: %s", problem)
            self._tell(problem)

        task = asyncio.create_task(run())
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    # --- page content ---------------------------------------------------------------------------------------

    def _on_state(self, state: State) -> None:
        if self._lesson.observe(state):
            self._tell()

    def _show_all(self, connection: PageConnection) -> None:
        """Send the static content, the address of the patient's screen with a new code, and the state."""
        if self._dock is None:
            return
        assert self._patient is not None
        connection.send("book", **book())
        if connection not in self._second_device:
            connection.send("counter", address=self._patient.address, staff=self._staff)
        connection.send("dock", **self._state_of(self._dock))

    def _tell(self, problem: str = "") -> None:
        if self._dock is not None and self._answer is None:
            for connection in self._connections:
                connection.send("dock", **self._state_of(self._dock, problem))

    def _state_of(self, dock: Dock, problem: str = "") -> dict[str, Any]:
        lesson, props = self._lesson, dock.props
        return {
            "list": lesson.drill.id,
            "current": dock.current,
            "family": dock.family,
            "next": lesson.next_persona(dock.current),
            "card": props.card,
            "second": props.second_card,
            "held": props.card_held,
            "covered": props.camera_covered,
            "cameraOut": props.camera_unplugged,
            "readerOut": props.reader_unplugged,
            "service": props.service,
            "clockSlow": props.clock_slow,
            "ownFace": dock.own_face,
            "done": sorted(lesson.done),
            "unexpected": sorted(lesson.unexpected),
            "begun": self._started,
            "problem": problem,
        }


class _SecondDevice:
    """Hub of the dock's site for a second device."""

    def __init__(self, dock: DockSite) -> None:
        self._dock = dock

    def join(self, connection: PageConnection) -> None:
        self._dock.join(connection, second_device=True)

    def leave(self, connection: PageConnection) -> None:
        self._dock.leave(connection)

    def hear(self, connection: PageConnection, text: str) -> bool:
        return self._dock.hear(connection, text)

    def refusal_texts(self) -> list[str]:
        return self._dock.refusal_texts()
