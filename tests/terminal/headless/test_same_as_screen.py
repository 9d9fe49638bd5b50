"""In every state, prompt and screen show the same sentences and buttons and post the same events."""

import asyncio
import os
from dataclasses import dataclass, field

import pytest

from config.settings import Settings
from terminal.headless.prompt import PromptOperator, prompt_key
from terminal.screens.texts import Lines, Sentence
from terminal.screens.touch import Target
from terminal.session import states as st
from terminal.session.events import Event
from terminal.talk.parts import Button, PadKind, Talk
from terminal.talk.question_numbers import Talks
from terminal.words.catalogue import speaker
from tests.terminal.screens.stage import USUAL, Stage, async_test, stage
from tests.terminal.talk.gallery import RULES, SCREENS, state_for

speak = speaker(Settings())


@dataclass
class Presentation:
    """Presentation of a state on one front end."""

    sentences: list[str]
    buttons: list[tuple[str, str]]
    """Key and label of each button, in display order."""
    posted: list[Event] = field(default_factory=list)
    """Events posted when these keys are pressed in order."""


async def present_on_screen(on_stage: Stage, state: st.State) -> Presentation:
    await on_stage.show(state)
    desk = on_stage.app.desk
    sentences = [desk.query_one("#question", Sentence).text, *(line.text for line in desk.query_one(Lines).lines)]
    if desk.talk is not None and (desk.talk.warning or desk.talk.notice):
        sentences.append(desk.query_one("#card", Sentence).text)
    targets = [target for target in desk.query(Target) if target.display and target.button is not None]
    buttons = [target.button for target in targets if target.button is not None]
    presentation = Presentation(sentences, [(prompt_key(button.key), button.label) for button in buttons])
    for button in buttons:
        on_stage.counter.posted.clear()
        await on_stage.key(button.key)
        presentation.posted += on_stage.counter.posted
    return presentation


class RecordingControls:
    """Controls that record events instead of posting them."""

    def __init__(self, talks: Talks) -> None:
        self._talks = talks
        self.posted: list[Event] = []
        self.pins: list[str] = []

    def touch(self, talk: Talk, button: Button) -> bool:
        event = self._talks.event(talk.serial, button.id, 0.0)
        assert event is not None
        self.posted.append(event)
        return True

    def type_pin(self, digits: str) -> bool:
        self.pins.append(digits)
        return True

    def type_code(self, code: bytearray) -> None:
        raise AssertionError("the operator typed a code")

    def authenticate_staff(self) -> None:
        raise AssertionError("the operator authenticated staff")

    def stop(self) -> None:
        raise AssertionError("the operator left")


async def present_at_prompt(state: st.State) -> Presentation:
    output: list[str] = []
    talks = Talks(speak, language="ja", settle_seconds=0.0)
    talk = talks.show(state, RULES, 0.0)
    controls = RecordingControls(talks)
    read_end, write_end = os.pipe()
    with os.fdopen(read_end) as stream, os.fdopen(write_end, "w") as keyboard:
        operator = PromptOperator(speak, output.append, stream)
        operator.on_talk(talk)
        sentences = [
            line.strip().partition("] ")[2] if not index else line.strip() for index, line in enumerate(output)
        ]
        line_count = len(output)
        presentation = Presentation(sentences, [])
        keys = [prompt_key(button.key) for button in talk.buttons] or [""]
        for number, key in enumerate(keys):
            keyboard.write(key + "\n")
            keyboard.flush()
            action = asyncio.create_task(operator.act(talk, state, controls))
            await asyncio.wait([action], timeout=60 if talk.buttons else 0.05)
            if not number:
                button_lines = output[line_count : line_count + len(talk.buttons)]
                presentation.buttons = [_key_and_label(line) for line in button_lines]
            action.cancel()
    presentation.posted = controls.posted
    return presentation


def _key_and_label(line: str) -> tuple[str, str]:
    key, _, label = line.strip().partition("  ")
    return key, label.partition(": ")[0]


@pytest.mark.parametrize("language", ["ja", pytest.param("en", marks=pytest.mark.long)])
@async_test
async def test_screen_and_prompt_present_states_identically(language: str) -> None:
    async with stage(USUAL) as on_stage:
        for name in SCREENS:
            state = state_for(name, language)
            screen, prompt = await present_on_screen(on_stage, state), await present_at_prompt(state)
            assert prompt == screen, name


@async_test
async def test_first_key_at_consent_question_shares_nothing() -> None:
    async with stage(USUAL) as on_stage:
        screen, prompt = (
            await present_on_screen(on_stage, state_for("consent")),
            await present_at_prompt(state_for("consent")),
        )
    nothing = speak("ja")("consent.none")
    assert screen.buttons[0] == prompt.buttons[0] == ("1", nothing)


@async_test
async def test_only_four_ascii_digits_are_accepted_as_pin() -> None:
    talks = Talks(speak, language="ja", settle_seconds=0.0)
    talk = talks.show(state_for("pin"), RULES, 0.0)
    assert talk.body.pad is PadKind.PIN
    controls = RecordingControls(talks)
    read_end, write_end = os.pipe()
    with os.fdopen(read_end) as stream, os.fdopen(write_end, "w") as keyboard:
        keyboard.write("123\n12345\n１２３４\n4321\n")
        keyboard.flush()
        output: list[str] = []
        await asyncio.wait_for(PromptOperator(speak, output.append, stream).act(talk, state_for("pin"), controls), 60)
    assert controls.pins == ["4321"]
    assert not controls.posted
    assert not any("4321" in line for line in output)
