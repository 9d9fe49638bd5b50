"""Tests for personas with phones, other cards, two readers or a card held by another program."""

import asyncio
from typing import Any

import numpy as np
import pytest

from terminal.simulated.demo.auto import AutoDemo
from terminal.simulated.demo.counter import DemoCounter
from terminal.simulated.demo.readers import SimulatedReaders, demo_readers
from terminal.simulated.demo.stage import SyntheticStage
from terminal.simulated.personas.cast import PERSONAS
from vision.photo import card_jp2


class NoPortrait(SyntheticStage):
    """Stage with a grey portrait. No face is checked."""

    def portrait(self, persona: object) -> bytes:
        return card_jp2(np.full((320, 240), 128, np.uint8))


def engine() -> Any:
    """Return a placeholder, because no face is checked."""
    return object()


def test_phones_other_cards_and_reader_mishaps_end_as_expected(counter: DemoCounter) -> None:
    personas = [persona for persona in PERSONAS if persona.card.kind or persona.script.mishap.affects_reader]
    assert len(personas) >= 6
    lines: list[str] = []
    demo = AutoDemo(counter, SimulatedReaders, NoPortrait(engine), counter.settings, lines.append)
    results = asyncio.run(demo.play(personas))
    assert [(result.persona, result.wrong) for result in results] == [(persona.name, "") for persona in personas]


@pytest.mark.long
@pytest.mark.pcscd
def test_reader_mishaps_end_as_expected_with_a_real_pcscd(counter: DemoCounter) -> None:
    personas = [persona for persona in PERSONAS if persona.script.mishap.affects_reader]
    assert len(personas) == 3
    with demo_readers(pcsc=True) as open_readers:
        demo = AutoDemo(counter, open_readers, NoPortrait(engine), counter.settings, lambda _: None)
        results = asyncio.run(demo.play(personas))
    assert [(result.persona, result.wrong) for result in results] == [(persona.name, "") for persona in personas]
