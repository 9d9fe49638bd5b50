"""Personas whose day is special at the reader: phones, another card, two readers, a card that is held."""

import asyncio
from typing import Any

import numpy as np
import pytest

from terminal.simulated.demo.auto import AutoDemo
from terminal.simulated.demo.counter import DemoCounter
from terminal.simulated.demo.places import SimulatedPlace, card_places
from terminal.simulated.demo.stage import SyntheticStage
from terminal.simulated.personas.cast import PERSONAS
from vision.photo import card_jp2


class NoPortrait(SyntheticStage):
    """Nobody is confirmed by face here: a photo of nobody will do."""

    def portrait(self, persona: object) -> bytes:
        return card_jp2(np.full((320, 240), 128, np.uint8))


def engine() -> Any:
    """Nobody shows a face, so nothing is asked of it."""
    return object()


def test_what_is_special_at_the_reader(counter: DemoCounter) -> None:
    personas = [persona for persona in PERSONAS if persona.card.kind or persona.script.mishap.at_the_reader]
    assert len(personas) >= 6
    told: list[str] = []
    demo = AutoDemo(counter, SimulatedPlace, NoPortrait(engine), counter.settings, told.append)
    played = asyncio.run(demo.play(personas))
    assert [(one.persona, one.wrong) for one in played] == [(persona.name, "") for persona in personas]


@pytest.mark.long
@pytest.mark.pcscd
def test_the_same_at_a_real_pcscd_with_two_readers_and_another_program(counter: DemoCounter) -> None:
    personas = [persona for persona in PERSONAS if persona.script.mishap.at_the_reader]
    assert len(personas) == 3
    with card_places(pcsc=True) as places:
        demo = AutoDemo(counter, places, NoPortrait(engine), counter.settings, lambda _: None)
        played = asyncio.run(demo.play(personas))
    assert [(one.persona, one.wrong) for one in played] == [(persona.name, "") for persona in personas]
