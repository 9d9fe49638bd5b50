"""Personas with something unusual at the reader: phones, another card, two readers, a card in use."""

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
    """No face check takes place, so any photo is sufficient."""

    def portrait(self, persona: object) -> bytes:
        return card_jp2(np.full((320, 240), 128, np.uint8))


def engine() -> Any:
    """Return a placeholder: no face is shown, so the engine is not used."""
    return object()


def test_personas_with_something_unusual_at_the_reader(counter: DemoCounter) -> None:
    personas = [persona for persona in PERSONAS if persona.card.kind or persona.script.mishap.at_the_reader]
    assert len(personas) >= 6
    lines: list[str] = []
    demo = AutoDemo(counter, SimulatedPlace, NoPortrait(engine), counter.settings, lines.append)
    played = asyncio.run(demo.play(personas))
    assert [(reception.persona, reception.wrong) for reception in played] == [
        (persona.name, "") for persona in personas
    ]


@pytest.mark.long
@pytest.mark.pcscd
def test_unusual_personas_with_a_real_pcscd_and_two_readers(counter: DemoCounter) -> None:
    personas = [persona for persona in PERSONAS if persona.script.mishap.at_the_reader]
    assert len(personas) == 3
    with card_places(pcsc=True) as places:
        demo = AutoDemo(counter, places, NoPortrait(engine), counter.settings, lambda _: None)
        played = asyncio.run(demo.play(personas))
    assert [(reception.persona, reception.wrong) for reception in played] == [
        (persona.name, "") for persona in personas
    ]
