"""Personas on the terminal's screens, with real conductor, simulated card, synthetic patient and stub over HTTP.

Answers follow the persona's script and are given by touch or by key.
"""

import asyncio

import pytest

from terminal.qualification.contract import Way
from terminal.screens.app import TerminalApp
from terminal.screens.touch import Target
from terminal.session import events as ev
from terminal.session import states as st
from terminal.simulated.demo.counter import DemoCounter
from terminal.simulated.personas.cast import PERSONAS
from terminal.simulated.personas.persona import Mishap, Persona
from terminal.talk.parts import Button, Talk
from terminal.words.staff import staff_words
from tests.terminal.day import Day
from tests.terminal.screens.stage import async_test, press, touch, wait_until_drawn

BY_FACE = {persona.name for persona in PERSONAS if persona.script.way is Way.FACE or persona.expected.way is Way.FACE}
AT_THE_READER = {
    persona.name
    for persona in PERSONAS
    if persona.card.kind
    or persona.script.mishap.affects_reader
    or persona.needs_own_terminal
    or persona.script.child
    or persona.then
    or persona.script.language
}
"""Personas with families, languages or reader problems, played in `tests/terminal/simulated/demo` and the browser."""


class ScreenControls:
    """Performs a script's actions on the screen, by touch or by key."""

    def __init__(self, app: TerminalApp, *, by_touch: bool) -> None:
        self._app, self._touch = app, by_touch
        self._pending: list[str] = []

    def type_pin(self, digits: str) -> bool:
        self._pending += [*(f"key-{digit}" for digit in digits), "key-enter"]
        return True

    def type_code(self, code: bytearray) -> None:
        raise AssertionError("the scanner reads the code")

    def authenticate_staff(self) -> None:
        """Authenticate staff without the password dialog, which is tested separately."""
        counter = self._app.counter
        assert counter is not None
        assert not isinstance(counter.state, st.Idle)
        counter.post(ev.StaffAuthenticated(counter.state.reception.id))

    def stop(self) -> None:
        raise AssertionError("a patient does not stop the terminal")

    def touch(self, talk: Talk, button: Button) -> bool:
        for target in self._app.desk.query(Target):
            if target.display and target.button == button:
                self._pending.append(str(target.id))
                return True
        raise AssertionError(f"{button.id} is not on the screen")

    def current_talk(self) -> Talk | None:
        return self._app.desk.talk

    async def wait_until_drawn(self) -> None:
        await wait_until_drawn(self._app)

    async def perform(self) -> None:
        pending, self._pending = self._pending, []
        for id in pending:
            if self._touch:
                await touch(self._app, f"#{id}")
                continue
            target = self._app.desk.query_one(f"#{id}")
            key = target.button.key if isinstance(target, Target) and target.button else id.removeprefix("key-")
            await press(self._app, key)


async def _play(counter: DemoCounter, personas: list[Persona], *, by_touch: bool) -> None:
    day = Day(counter)
    app = TerminalApp(day.open, counter.settings, simulated=True, moving=False, settle_seconds=0.0)
    differences: list[str] = []
    async with app.run_test(size=(80, 24) if by_touch else (120, 40)):
        while app.counter is None:
            await asyncio.sleep(0.02)
        for persona in (member for first in personas for member in first.family):
            await day.play(persona, ScreenControls(app, by_touch=by_touch))
            if persona.script.mishap is Mishap.SERVICE_SILENT_AT_SUBMIT:
                await day.conductor.delivery.process_outbox()
            differences += day.differences(persona)
        assert app._status is not None
        status = "\n".join(await app._status.lines(staff_words(counter.settings, "ja")))
        assert "完了" in status
        assert "中断" not in status
    assert not differences


@pytest.mark.parametrize(
    ("by_touch", "step"),
    [
        pytest.param(False, 2, id="every second by keyboard"),
        pytest.param(False, 1, id="all by keyboard", marks=pytest.mark.long),
        pytest.param(True, 1, id="all by touch", marks=pytest.mark.long),
    ],
)
def test_personas_using_the_pin(counter: DemoCounter, by_touch: bool, step: int) -> None:
    personas = [persona for persona in PERSONAS if persona.name not in BY_FACE | AT_THE_READER][::step]
    assert len(personas) >= 8
    async_test(_play)(counter, personas, by_touch=by_touch)


@pytest.mark.long
@pytest.mark.parametrize("by_touch", [True, False], ids=["touch", "keyboard"])
def test_personas_using_the_face(counter: DemoCounter, by_touch: bool) -> None:
    personas = [persona for persona in PERSONAS if persona.name in BY_FACE - AT_THE_READER]
    assert personas
    async_test(_play)(counter, personas, by_touch=by_touch)
