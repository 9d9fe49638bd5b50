"""The demo's dock as a page beside the patient's screen, with controls for people, card, devices and service."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from typing import Any

from terminal.counter_web.connection import PageConnection
from terminal.counter_web.site import Site
from terminal.front.dock import Dock
from terminal.front.opened import OpenedCounter
from terminal.readiness import NotReady
from terminal.session.states import State
from terminal.simulated.demo import dock_messages as ms
from terminal.simulated.demo.browser_camera import BrowserSource
from terminal.simulated.demo.dock_book import LANGUAGES, book, words_of
from terminal.simulated.demo.lesson import Lesson
from terminal.simulated.personas.cast import BY_NAME
from terminal.simulated.personas.drills import BY_ID
from terminal.staff_web.site import StaffSite
from terminal.words.catalogue import words

log = logging.getLogger(__name__)

_ASKED = {
    "question": "webcam.question",
    "kept": "webcam.kept",
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
        self.site, *elsewhere = sites
        self.site.connect_hub(self)
        for site in elsewhere:
            site.connect_hub(_SecondDevice(self))
        self._source = source
        self._agreed: asyncio.Future[bool] | None = None
        self._trouble = ""
        self._camera_wanted = False
        self._lines: list[PageConnection] = []
        self._elsewhere: set[PageConnection] = set()
        """Connections from a second device, which cannot reach the patient's screen."""
        self._dock: Dock | None = None
        self._patient: Site | None = None
        self._staff = ""
        self._lesson = Lesson()
        self._begun = False
        self._running: set[asyncio.Task[None]] = set()

    def show_staff(self, staff: StaffSite) -> None:
        """Show the staff page beside the patient's screen."""
        self.site.embed(staff)
        self._staff = staff.address

    async def ask(self, trouble: str = "") -> bool:
        """Ask on the page whether the portrait may be taken. `trouble`: why the last attempt failed."""
        loop = asyncio.get_running_loop()
        self._agreed, self._trouble = loop.create_future(), trouble
        if self._source is not None:

            def on_request(wanted: bool) -> None:
                if not loop.is_closed():
                    loop.call_soon_threadsafe(self._want_camera, wanted)

            self._source.on_request = on_request
        for line in self._lines:
            if line not in self._elsewhere:
                self._show_question(line)
        agreed = await self._agreed
        self._agreed = None
        return agreed

    def _show_question(self, line: PageConnection) -> None:
        line.tell(
            "ask",
            words=words_of(_ASKED),
            trouble=self._trouble,
            browser=self._source is not None,
            back=self._dock is not None,
        )

    def _want_camera(self, wanted: bool) -> None:
        self._camera_wanted = wanted
        for line in set(self._lines) - self._elsewhere:
            line.tell("camera", on=wanted)

    def take_over(self, opened: OpenedCounter, patient: Site) -> None:
        self._dock, self._patient = opened.dock, patient
        opened.counter.listen(on_state=self._on_state)
        if self._dock is not None and self._dock.current != self._lesson.drill.personas[0]:
            self._begin(self._dock.choose(self._lesson.drill.personas[0]))
        for line in self._lines:
            self._show_all(line)

    # --- pages ----------------------------------------------------------------------------------------------

    def join(self, line: PageConnection, *, elsewhere: bool = False) -> None:
        self._lines.append(line)
        if elsewhere:
            self._elsewhere.add(line)
        if self._agreed is not None and not elsewhere:
            self._show_question(line)
        if self._camera_wanted and not elsewhere:
            line.tell("camera", on=True)
        self._show_all(line)

    def leave(self, line: PageConnection) -> None:
        self._lines.remove(line)
        self._elsewhere.discard(line)

    def hear(self, line: PageConnection, text: str) -> bool:
        message = ms.read_message(text)
        if message is None:
            return False
        if isinstance(message, ms.Agree):
            if self._agreed is not None and not self._agreed.done():
                self._agreed.set_result(message.yes)
        elif self._dock is not None and line in self._lines:
            self._begin(self._act(message, self._dock))
        return True

    async def _act(self, message: ms.Hand, dock: Dock) -> None:
        match message:
            case ms.Choose(name=name) if name in BY_NAME:
                await dock.choose(name)
            case ms.Open(drill=drill) if drill in BY_ID:
                self._lesson.open(drill)
                await dock.be_at(self._lesson.drill.profile)
                await dock.choose(self._lesson.drill.personas[0])
            case ms.Reset():
                self._lesson.open(self._lesson.drill.id)
                await dock.tidy()
                await dock.choose(self._lesson.drill.personas[0])
            case ms.PutCard(card=""):
                await dock.pull_card()
            case ms.PutCard(card=card, two=two) if card in BY_NAME:
                self._begun = True
                if not dock.props.card:
                    self._lesson.comes(card if card in dock.family else "")
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
            case ms.Treat(service=service):
                await dock.treat_service(service)
            case ms.Late(on=on):
                await dock.set_clock_late(on)
            case ms.OwnFace(on=True) if dock.own_face is False:
                await self._sit_down(dock)
            case ms.OwnFace(on=False) if dock.own_face:
                await dock.stand_up()
            case ms.Power():
                await dock.switch_off_and_on()
            case _:
                pass

    async def _sit_down(self, dock: Dock) -> None:
        trouble = ""
        while await self.ask(trouble):
            try:
                await dock.sit_down()
                return
            except NotReady as error:
                trouble = str(error)

    def address_old(self) -> list[str]:
        return [words(language)("web.address-old") for language in LANGUAGES]

    def _begin(self, hand: Coroutine[Any, Any, None]) -> None:
        async def move() -> None:
            trouble = ""
            try:
                await hand
            except NotReady as error:
                trouble = str(error)
                log.warning("dock: %s", trouble)
            self._tell(trouble)

        task = asyncio.create_task(move())
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    # --- what is shown --------------------------------------------------------------------------------------

    def _on_state(self, state: State) -> None:
        if self._lesson.see(state):
            self._tell()

    def _show_all(self, line: PageConnection) -> None:
        """Send the constant content, the patient's screen (with a new code for each dock page) and the state."""
        if self._dock is None:
            return
        assert self._patient is not None
        line.tell("book", **book())
        if line not in self._elsewhere:
            line.tell("counter", address=self._patient.address, staff=self._staff)
        line.tell("dock", **self._drawn(self._dock))

    def _tell(self, trouble: str = "") -> None:
        if self._dock is not None and self._agreed is None:
            for line in self._lines:
                line.tell("dock", **self._drawn(self._dock, trouble))

    def _drawn(self, dock: Dock, trouble: str = "") -> dict[str, Any]:
        lesson, props = self._lesson, dock.props
        return {
            "list": lesson.drill.id,
            "current": dock.current,
            "family": dock.family,
            "next": lesson.following(dock.current),
            "card": props.card,
            "second": props.second_card,
            "held": props.card_held,
            "covered": props.camera_covered,
            "cameraOut": props.camera_unplugged,
            "readerOut": props.reader_unplugged,
            "service": props.service,
            "late": props.clock_late,
            "ownFace": dock.own_face,
            "done": sorted(lesson.done),
            "otherwise": sorted(lesson.otherwise),
            "begun": self._begun,
            "trouble": trouble,
        }


class _SecondDevice:
    """Hub of the dock's site for a second device on the network."""

    def __init__(self, dock: DockSite) -> None:
        self._dock = dock

    def join(self, line: PageConnection) -> None:
        self._dock.join(line, elsewhere=True)

    def leave(self, line: PageConnection) -> None:
        self._dock.leave(line)

    def hear(self, line: PageConnection, text: str) -> bool:
        return self._dock.hear(line, text)

    def address_old(self) -> list[str]:
        return self._dock.address_old()
