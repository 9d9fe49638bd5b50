"""Receptions at the text prompt: numbered answers, PINs and birth dates."""

import asyncio
import os

import pytest
from msgspec.structs import replace

from terminal.assembly import Devices, open_terminal, session_rules
from terminal.conductor.conductor import Conductor
from terminal.headless.prompt import PromptOperator, TypedLines, _birth_date
from terminal.headless.runner import Controls, HeadlessTerminal
from terminal.session import states as st
from terminal.simulated.demo.counter import DemoCounter
from terminal.talk.parts import Talk
from terminal.words.catalogue import speaker
from tests.terminal.conductor.counter_fixture import Desk, EmptyRoom, no_engine
from vision.camera import Camera


class Keyboard:
    """A keyboard that types each line of a script when the expected text is printed."""

    def __init__(self, script: list[tuple[str, str]]) -> None:
        self.read_end, self._write_end = os.pipe()
        self.output: list[str] = []
        self._script = script

    def on_output(self, text: str) -> None:
        self.output.append(text)
        if self._script and self._script[0][0] in text:
            _, line = self._script.pop(0)
            os.write(self._write_end, (line + "\n").encode())

    def close(self) -> None:
        os.close(self._write_end)

    @property
    def finished(self) -> bool:
        return not self._script


def run_at_prompt(counter: DemoCounter, desk: Desk, keyboard: Keyboard) -> None:
    speak = speaker(counter.settings)

    async def day() -> None:
        conductor = open_terminal(
            counter.settings,
            Devices(desk.readers.slot, None, Camera(EmptyRoom()), no_engine),
            rules=replace(session_rules(counter.settings, first_language="en"), show_answers=0.05),
            anchors=counter.props.trust_anchors,
        )

        def on_state(state: st.State) -> None:
            if isinstance(state, st.Complete) and state.reception.card_in:
                desk.readers.remove()
            if isinstance(state, st.Idle):
                conductor.stop()

        async def insert_when_watched() -> None:
            while conductor.reader_name is None:
                await asyncio.sleep(0.005)
            desk.readers.insert(desk.card())

        conductor.listen(on_state=on_state)
        with os.fdopen(keyboard.read_end) as stream:
            headless = HeadlessTerminal(conductor, PromptOperator(speak, keyboard.on_output, stream), speak)
            insertion = asyncio.create_task(insert_when_watched())
            try:
                async with asyncio.timeout(60):
                    await headless.run()
                await insertion
            finally:
                keyboard.close()  # stops the reading thread, which would otherwise block closing the stream

    asyncio.run(day())


def test_pin_reception_at_prompt(counter: DemoCounter, desk: Desk) -> None:
    say = speaker(counter.settings)("en")
    keyboard = Keyboard(
        [
            (f"2  {say('method.pin')}", "2"),
            (say("pin.tries-left", left=3), "12"),
            ("(a, b, esc, f2, f1)", "1234"),
            (f"2  {say('consent.one-by-one')}", "2"),
            (f"3  {say('answer.share')}", "x"),
            ("(1, 2, 3, esc, f2, f1)", "2"),
            (f"3  {say('answer.share')}", "3"),
            (f"3  {say('answer.share')}", "3"),
            (f"2  {say('answer.do-not-share')}", "1"),
            (f"3  {say('answer.share')}", "3"),
            (f"2  {say('answer.do-not-share')}", "2"),
            (f"2  {say('summary.confirm')}", "2"),
        ]
    )
    run_at_prompt(counter, desk, keyboard)
    assert keyboard.finished, keyboard.output
    assert desk.record_kinds() == ["opened", "decided", "confirmed", "handing-over", "delivered"]
    assert not any("1234" in line for line in keyboard.output)


def test_end_of_input_stops_terminal(counter: DemoCounter, desk: Desk) -> None:
    keyboard = Keyboard([])
    asyncio.run(_end_of_input(counter, desk, keyboard))


async def _end_of_input(counter: DemoCounter, desk: Desk, keyboard: Keyboard) -> None:
    conductor = open_terminal(
        counter.settings,
        Devices(desk.readers.slot, None, Camera(EmptyRoom()), no_engine),
        anchors=counter.props.trust_anchors,
    )
    with os.fdopen(keyboard.read_end) as stream:
        speak = speaker(counter.settings)
        headless = HeadlessTerminal(conductor, PromptOperator(speak, keyboard.on_output, stream), speak)
        desk.readers.insert(desk.card())
        asyncio.get_running_loop().call_later(0.2, keyboard.close)
        async with asyncio.timeout(60):
            await headless.run()
    desk.readers.remove()


class FailingOperator:
    def on_talk(self, talk: Talk) -> None:
        pass

    async def act(self, talk: Talk, state: st.State, controls: Controls) -> None:
        raise ValueError("operator failed")


def test_failing_operator_closes_terminal(counter: DemoCounter, desk: Desk) -> None:
    def open_conductor() -> Conductor:
        return open_terminal(
            counter.settings,
            Devices(desk.readers.slot, None, Camera(EmptyRoom()), no_engine),
            anchors=counter.props.trust_anchors,
        )

    async def day() -> None:
        with pytest.raises(ValueError, match="operator failed"):
            await HeadlessTerminal(open_conductor(), FailingOperator(), speaker(counter.settings)).run()
        open_conductor().ledger.close()

    asyncio.run(day())


def test_line_typed_before_question_is_discarded() -> None:
    """Otherwise, a PIN typed too late would be sent to the next patient's card."""
    keyboard, terminal = os.openpty()

    async def day() -> None:
        with os.fdopen(terminal) as stream:
            lines = TypedLines(stream)
            os.write(keyboard, b"1234\n")
            async with asyncio.timeout(60):
                while lines.unread == 0:
                    await asyncio.sleep(0.001)
                lines.discard_pending()
                os.write(keyboard, b"2\n")
                assert await lines.read_line() == "2"
            os.write(keyboard, b"\x04")  # end of input; stops the reading thread
            with pytest.raises(EOFError):
                await lines.read_line()

    asyncio.run(day())
    os.close(keyboard)


def test_lines_piped_from_script_are_not_discarded() -> None:
    read_end, write_end = os.pipe()

    async def day() -> None:
        with os.fdopen(read_end) as stream:
            lines = TypedLines(stream)
            os.write(write_end, b"2\n")
            os.close(write_end)
            async with asyncio.timeout(60):
                while lines.unread < 2:
                    await asyncio.sleep(0.001)
                lines.discard_pending()
                assert await lines.read_line() == "2"

    asyncio.run(day())


@pytest.mark.parametrize("text", ["S55.3.1", "s55-3-1", "S55/03/01", "1980-03-01", "1980.3.1"])
def test_birth_date_is_accepted_in_printed_formats(text: str) -> None:
    assert _birth_date(text) is not None


@pytest.mark.parametrize("text", ["", "55.3.1.2", "X55.3.1", "S55.3", "yesterday"])
def test_invalid_birth_date_is_refused(text: str) -> None:
    assert _birth_date(text) is None
