"""Tests that a complete reception takes only a few touches."""

import asyncio
from typing import Any

import pytest

from terminal.simulated.demo.auto import AutoDemo
from terminal.simulated.demo.counter import DemoCounter
from terminal.simulated.demo.readers import SimulatedReaders
from terminal.simulated.demo.scripted import ScriptedPatient
from terminal.simulated.demo.stage import SyntheticStage
from terminal.simulated.personas.cast import BY_NAME


def test_pinless_card_needs_three_touches_and_no_typing(counter: DemoCounter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many holders of pinless cards cannot type."""
    touches: list[str] = []
    original = ScriptedPatient._touch

    def record_touch(self: ScriptedPatient, talk: Any, button: Any, controls: Any) -> None:
        if button is not None:
            touches.append(button.id)
        original(self, talk, button, controls)

    monkeypatch.setattr(ScriptedPatient, "_touch", record_touch)
    monkeypatch.setattr(ScriptedPatient, "_type_pin", lambda *_: pytest.fail("a PIN was typed"))
    lines: list[str] = []
    demo = AutoDemo(counter, SimulatedReaders, SyntheticStage(), counter.settings, lines.append)
    (result,) = asyncio.run(demo.play([BY_NAME["pinless-scanned"]]))
    assert (result.wrong, result.way, result.tries_spent) == ("", "face", 0)
    assert touches == ["face", "all", "yes"]
