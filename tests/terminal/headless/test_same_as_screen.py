"""The prompt and the screen show the same sentences and offers, and post the same events, in every state."""

import asyncio
import os
from dataclasses import dataclass, field

import pytest

from config.settings import Settings
from terminal.headless.prompt import PromptOperator, typed_as
from terminal.screens.sayings import Lines, Sentence
from terminal.screens.touch import Target
from terminal.session import states as st
from terminal.session.events import Event
from terminal.talk.parts import Offer, PadKind, Talk
from terminal.talk.serial import Talks
from terminal.words.catalogue import speaker
from tests.terminal.screens.stage import USUAL, Stage, on_a_loop, stage
from tests.terminal.talk.gallery import RULES, SCREENS, state_of

speak = speaker(Settings())


@dataclass
class Shown:
    """How one front end presents a state."""

    sentences: list[str]
    offers: list[tuple[str, str]]
    """Key and label of each offer, in order."""
    posted: list[Event] = field(default_factory=list)
    """Events posted by pressing those keys in turn."""


async def on_screen(on_stage: Stage, state: st.State) -> Shown:
    await on_stage.show(state)
    desk = on_stage.app.desk
    sentences = [desk.query_one("#question", Sentence).text, *(line.text for line in desk.query_one(Lines).lines)]
    if desk.talk is not None and (desk.talk.warning or desk.talk.notice):
        sentences.append(desk.query_one("#card", Sentence).text)
    targets = [target for target in desk.query(Target) if target.display and target.offer is not None]
    offers = [target.offer for target in targets if target.offer is not None]
    shown = Shown(sentences, [(typed_as(offer.key), offer.label) for offer in offers])
    for offer in offers:
        on_stage.counter.posted.clear()
        await on_stage.key(offer.key)
        shown.posted += on_stage.counter.posted
    return shown


class RecordingHands:
    """Records events instead of posting them."""

    def __init__(self, talks: Talks) -> None:
        self._talks = talks
        self.posted: list[Event] = []
        self.pins: list[str] = []

    def touch(self, talk: Talk, offer: Offer) -> bool:
        event = self._talks.event(talk.serial, offer.id, 0.0)
        assert event is not None
        self.posted.append(event)
        return True

    def type_pin(self, digits: str) -> bool:
        self.pins.append(digits)
        return True

    def type_code(self, code: bytearray) -> None:
        raise AssertionError("no code was typed")

    def let_staff_in(self) -> None:
        raise AssertionError("staff cannot log in at the prompt")

    def leave(self) -> None:
        raise AssertionError("the input has not ended")


async def at_prompt(state: st.State) -> Shown:
    printed: list[str] = []
    talks = Talks(speak, language="ja", settle_seconds=0.0)
    talk = talks.show(state, RULES, 0.0)
    hands = RecordingHands(talks)
    reading, writing = os.pipe()
    with os.fdopen(reading) as stream, os.fdopen(writing, "w") as keyboard:
        operator = PromptOperator(speak, printed.append, stream)
        operator.hear(talk)
        sentences = [
            line.strip().partition("] ")[2] if not index else line.strip() for index, line in enumerate(printed)
        ]
        announced = len(printed)
        shown = Shown(sentences, [])
        keys = [typed_as(offer.key) for offer in talk.offers] or [""]
        for number, key in enumerate(keys):
            keyboard.write(key + "\n")
            keyboard.flush()
            acting = asyncio.create_task(operator.act(talk, state, hands))
            await asyncio.wait([acting], timeout=60 if talk.offers else 0.05)
            if not number:
                offered = printed[announced : announced + len(talk.offers)]
                shown.offers = [_key_and_label(line) for line in offered]
            acting.cancel()
    shown.posted = hands.posted
    return shown


def _key_and_label(line: str) -> tuple[str, str]:
    key, _, rest = line.strip().partition("  ")
    return key, rest.partition(": ")[0]


@pytest.mark.parametrize("language", ["ja", "en"])
@on_a_loop
async def test_every_state_is_presented_alike_on_screen_and_prompt(language: str) -> None:
    async with stage(USUAL) as on_stage:
        for name in SCREENS:
            state = state_of(name, language)
            screen, prompt = await on_screen(on_stage, state), await at_prompt(state)
            assert prompt == screen, name


@on_a_loop
async def test_first_key_shares_nothing_on_screen_and_prompt() -> None:
    async with stage(USUAL) as on_stage:
        screen, prompt = await on_screen(on_stage, state_of("consent")), await at_prompt(state_of("consent"))
    nothing = speak("ja")("consent.none")
    assert screen.offers[0] == prompt.offers[0] == ("1", nothing)


@on_a_loop
async def test_only_four_ascii_digits_are_accepted_as_a_pin() -> None:
    talks = Talks(speak, language="ja", settle_seconds=0.0)
    talk = talks.show(state_of("pin"), RULES, 0.0)
    assert talk.body.pad is PadKind.PIN
    hands = RecordingHands(talks)
    reading, writing = os.pipe()
    with os.fdopen(reading) as stream, os.fdopen(writing, "w") as keyboard:
        keyboard.write("123\n12345\n１２３４\n4321\n")
        keyboard.flush()
        printed: list[str] = []
        await asyncio.wait_for(PromptOperator(speak, printed.append, stream).act(talk, state_of("pin"), hands), 60)
    assert hands.pins == ["4321"]
    assert not hands.posted
    assert not any("4321" in line for line in printed)
