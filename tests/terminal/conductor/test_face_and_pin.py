"""Face and PIN both asked for, with real parts: simulated cards, a synthetic patient before the camera, the stub."""

import asyncio
import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from config.settings import AlsoPin, Settings
from consent.ledger import LedgerFile
from consent.records import Opened
from terminal.assembly import ledger_path
from terminal.qualification.contract import Way
from terminal.simulated.demo.auto import AutoDemo, Played
from terminal.simulated.demo.counter import DemoCounter
from terminal.simulated.demo.places import SimulatedPlace
from terminal.simulated.demo.stage import SyntheticStage
from terminal.simulated.personas.cast import BY_NAME
from terminal.simulated.personas.persona import Persona, Script
from vision.engines.open import open_engine

HOLDER = BY_NAME["pin-wrong-once"]
"""Whose PIN is right at the second go."""
PINLESS = BY_NAME["pinless-card"]
FIRST = "FaceCheck FaceMatched PinEntry face-matched"
THEN = "PinEntry PinSigned Opening pin"


def left_to_staff(persona: Persona) -> Persona:
    return replace(persona, script=Script(staff=True), expected=replace(persona.expected, way=Way.STAFF))


def play(counter: DemoCounter, policy: AlsoPin, cache: Path, *personas: Persona) -> list[Played]:
    settings = counter.settings.model_copy(
        update={"vision": counter.settings.vision.model_copy(update={"also_pin": policy})}
    )
    demo = AutoDemo(counter, SimulatedPlace, SyntheticStage(partial(open_engine, cache)), settings, lambda _: None)
    return asyncio.run(demo.play(personas))


def steps(settings: Settings) -> list[list[str]]:
    """The audit trail as before, event, after and detail; one list for each reception."""
    days: dict[str, list[str]] = {}
    for line in (settings.state_dir / "audit.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        told = " ".join(record[key] for key in ("before", "event", "after", "detail"))
        days.setdefault(record["reception"], []).append(told)
    return [day for reception, day in days.items() if reception]


def ways(settings: Settings) -> list[str]:
    records = LedgerFile(ledger_path(settings)).records()
    return [record.event.way for record in records if isinstance(record.event, Opened)]


@pytest.mark.timeout(180)
def test_where_possible_both_open_the_check_and_a_pinless_card_passes_by_the_face(
    counter: DemoCounter, authority_files: Path
) -> None:
    stranger = left_to_staff(BY_NAME["face-other-person-then-pin"])
    played = play(counter, AlsoPin.WHERE_POSSIBLE, authority_files / "cache", HOLDER, PINLESS, stranger)
    assert [one.wrong for one in played] == ["", "", ""]
    assert ways(counter.settings) == ["face-and-pin", "face", "staff"]
    holder, pinless, refused = steps(counter.settings)
    assert holder.index(FIRST) < holder.index(THEN)
    assert "FaceCheck FaceMatched Opening face" in pinless
    assert not any("PinEntry" in step for step in pinless + refused)


@pytest.mark.timeout(180)
def test_always_leaves_a_pinless_card_to_staff(counter: DemoCounter, authority_files: Path) -> None:
    played = play(counter, AlsoPin.ALWAYS, authority_files / "cache", HOLDER, left_to_staff(PINLESS))
    assert [one.wrong for one in played] == ["", ""]
    assert ways(counter.settings) == ["face-and-pin", "staff"]
    holder, pinless = steps(counter.settings)
    assert holder.index(FIRST) < holder.index(THEN)
    assert "Reading CardRead ChoosingMethod pin-needed" in pinless
