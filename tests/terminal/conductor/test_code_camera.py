"""Reading the printed code with a camera over the reader, from rendered card fronts."""

import asyncio

import pytest

from terminal.assembly import Devices
from terminal.conductor.code_camera import CodeCamera
from terminal.session import events as ev
from terminal.session import states as st
from terminal.simulated.demo.card_over_reader import CardOverReader, printed_front
from terminal.simulated.demo.counter import DemoCounter
from tests.terminal.conductor.counter_fixture import Desk, EmptyRoom
from vision.camera import Camera

pytestmark = pytest.mark.timeout(240)


class EmptyEngine:
    """A face engine that finds no face, for tests that end before the face check."""

    def faces(self, *_: object, **__: object) -> list[object]:
        return []


class FilmedDesk(Desk):
    """A counter with a camera over the reader."""

    def devices(self) -> Devices:
        self.source = CardOverReader(lambda: self.readers.card)
        code_camera = CodeCamera(Camera(self.source), is_separate=True, seconds=60)
        return Devices(self.readers.slot, code_camera, Camera(EmptyRoom()), EmptyEngine)  # type: ignore[arg-type]

    async def choose_face(self) -> None:
        self.readers.insert(self.card("face-match"))
        await self.until(st.ChoosingMethod, 60)
        self.touch(ev.FaceChosen)


@pytest.fixture
def filmed_desk(counter: DemoCounter) -> FilmedDesk:
    return FilmedDesk(counter, counter.settings)


def test_front_is_read_together_with_chip_and_opens_face_record(filmed_desk: FilmedDesk) -> None:
    """Before the first touch, the code is read and the screen shows that the card has no PIN."""

    async def day() -> None:
        async with filmed_desk.open():
            filmed_desk.readers.insert(filmed_desk.card("pinless-card"))
            await filmed_desk.until(
                lambda state: isinstance(state, st.ChoosingMethod) and state.why is st.MethodReason.PINLESS, 60
            )
            patient = filmed_desk.conductor.patient
            assert patient is not None
            code = patient.front
            assert len(code) == 14
            assert any(code)
            filmed_desk.touch(ev.FaceChosen)
            state = await filmed_desk.until(
                lambda state: not isinstance(state, st.Idle) and state.reception.record is not None, 90
            )
            assert state.reception.code_left == 10
            assert not any(code), "the code was not overwritten after use"
            await filmed_desk.take_card()

    asyncio.run(day())
    entries = [state for state in filmed_desk.states if isinstance(state, st.PrintedCodeEntry)]
    assert entries
    assert not any(state.wrong or state.guidance for state in entries), "the front was scanned again"


def test_code_can_be_typed_if_front_is_covered(filmed_desk: FilmedDesk) -> None:
    async def day() -> None:
        async with filmed_desk.open():
            filmed_desk.source.covered = True
            await filmed_desk.choose_face()
            await filmed_desk.until(lambda state: isinstance(state, st.PrintedCodeEntry) and state.scanning, 60)
            filmed_desk.touch(ev.CodeTypingChosen)
            await filmed_desk.until(lambda state: isinstance(state, st.PrintedCodeEntry) and state.waiting is None, 60)
            await filmed_desk.take_card()
            async with asyncio.timeout(60):
                while filmed_desk.conductor.printed._scanner.camera.is_open:  # type: ignore[union-attr]
                    await asyncio.sleep(0.01)

    asyncio.run(day())


def test_printed_front_matches_simulated_card(filmed_desk: FilmedDesk) -> None:
    for persona in ("face-match", "pinless-card", "infant-no-photo-pin", "child-with-guardian"):
        card = filmed_desk.card(persona)
        front = printed_front(card)
        assert front.security_code == card.printed_code[10:]
        assert front.expiry.startswith(card.printed_code[6:10])
        assert front.pinless == (persona == "pinless-card")
