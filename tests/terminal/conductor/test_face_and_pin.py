"""Receptions under the policies that require both face and PIN."""

import asyncio
import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from config.settings import FaceAndPinPolicy, Settings
from consent.ledger import LedgerFile
from consent.records import Opened
from terminal.assembly import ledger_path
from terminal.qualification.contract import Way
from terminal.simulated.demo.auto import AutoDemo, VisitResult
from terminal.simulated.demo.counter import DemoCounter
from terminal.simulated.demo.readers import SimulatedReaders
from terminal.simulated.demo.stage import SyntheticStage
from terminal.simulated.personas.cast import BY_NAME
from terminal.simulated.personas.persona import Persona, Script
from vision.engines.open import open_engine

HOLDER = BY_NAME["pin-wrong-once"]
"""Enters the correct PIN on the second try."""
PINLESS = BY_NAME["pinless-card"]
FACE_STEP = "FaceCheck FaceMatched PinEntry face-matched"
PIN_STEP = "PinEntry PinSigned Opening pin"


def confirmed_by_staff(persona: Persona) -> Persona:
    return replace(persona, script=Script(staff=True), expected=replace(persona.expected, way=Way.STAFF))


def play(counter: DemoCounter, policy: FaceAndPinPolicy, cache: Path, *personas: Persona) -> list[VisitResult]:
    settings = counter.settings.model_copy(
        update={"vision": counter.settings.vision.model_copy(update={"also_pin": policy})}
    )
    demo = AutoDemo(counter, SimulatedReaders, SyntheticStage(partial(open_engine, cache)), settings, lambda _: None)
    return asyncio.run(demo.play(personas))


def steps(settings: Settings) -> list[list[str]]:
    """Return the steps of each reception in the form "before event after detail"."""
    receptions: dict[str, list[str]] = {}
    for line in (settings.state_dir / "audit.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        step = " ".join(record[key] for key in ("before", "event", "after", "detail"))
        receptions.setdefault(record["reception"], []).append(step)
    return [steps for reception, steps in receptions.items() if reception]


def methods(settings: Settings) -> list[str]:
    records = LedgerFile(ledger_path(settings)).records()
    return [record.event.way for record in records if isinstance(record.event, Opened)]


@pytest.mark.timeout(180)
def test_where_possible_requires_pin_except_for_pinless_card(counter: DemoCounter, authority_files: Path) -> None:
    stranger = confirmed_by_staff(BY_NAME["face-other-person-then-pin"])
    results = play(counter, FaceAndPinPolicy.WHERE_POSSIBLE, authority_files / "cache", HOLDER, PINLESS, stranger)
    assert [result.wrong for result in results] == ["", "", ""]
    assert methods(counter.settings) == ["face-and-pin", "face", "staff"]
    holder, pinless, refused = steps(counter.settings)
    assert holder.index(FACE_STEP) < holder.index(PIN_STEP)
    assert "FaceCheck FaceMatched Opening face" in pinless
    assert not any("PinEntry" in step for step in pinless + refused)


@pytest.mark.timeout(180)
def test_always_requires_staff_for_pinless_card(counter: DemoCounter, authority_files: Path) -> None:
    results = play(counter, FaceAndPinPolicy.ALWAYS, authority_files / "cache", HOLDER, confirmed_by_staff(PINLESS))
    assert [result.wrong for result in results] == ["", ""]
    assert methods(counter.settings) == ["face-and-pin", "staff"]
    holder, pinless = steps(counter.settings)
    assert holder.index(FACE_STEP) < holder.index(PIN_STEP)
    assert "Reading CardRead ChoosingMethod pin-needed" in pinless
