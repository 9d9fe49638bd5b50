"""Letting go: of a patient's data, of devices that hang, of a disk that is full."""

import asyncio
import gc
import logging
import threading
import time
import weakref
from pathlib import Path
from typing import Any

import pytest

from reader.facts import CardGone
from terminal.audit import AuditRecord, AuditTrail
from terminal.conductor.card_desk import CardDesk
from terminal.conductor.patient_data import Patient
from terminal.conductor.worker import Worker
from terminal.session import effects as fx
from terminal.session import events as ev
from terminal.session import states as st
from tests.terminal.conductor.counter_fixture import Desk


class HangingSlot:
    """A reader whose driver does not return until it is released."""

    name = "hanging"

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.asked = 0
        self.closed = False

    def connect(self) -> CardGone:
        self.asked += 1
        self.let_go.wait(90)
        return CardGone()

    def close(self) -> None:
        self.closed = True


def card_desk(slot: HangingSlot) -> CardDesk:
    driver: Any = slot
    anchors: Any = None
    return CardDesk(driver, anchors, patience=0.05)


def test_a_worker_keeps_nothing_of_its_last_call() -> None:
    worker = Worker("test")
    patient = Patient("r1")
    kept = weakref.ref(patient)

    async def day(patient: Patient) -> None:
        await worker.run(repr, patient)

    asyncio.run(day(patient))
    del patient
    until = time.monotonic() + 60
    while kept() is not None and time.monotonic() < until:
        gc.collect()
        time.sleep(0.01)
    assert kept() is None
    worker.close()


def test_a_card_thread_that_hangs_does_not_hold_the_exit() -> None:
    slot = HangingSlot()
    desk = card_desk(slot)

    async def day() -> None:
        reading = asyncio.create_task(desk.read(fx.ReadCard("r1", 1, 1), Patient("r1")))
        while not slot.asked:
            await asyncio.sleep(0.001)
        async with asyncio.timeout(60):
            await desk.close()
        reading.cancel()

    asyncio.run(day())
    assert slot.closed
    slot.let_go.set()


def test_a_card_that_is_gone_before_its_turn_is_not_connected_to() -> None:
    slot = HangingSlot()
    slot.let_go.set()
    desk = card_desk(slot)
    patient = Patient("r1")
    patient.wipe()
    answer = asyncio.run(desk.read(fx.ReadCard("r1", 1, 1), patient))
    assert answer == ev.CardFailed("r1", 1, CardGone())
    assert slot.asked == 0
    asyncio.run(desk.close())


def test_a_full_disk_under_the_audit_trail_ends_no_reception(caplog: pytest.LogCaptureFixture) -> None:
    trail = AuditTrail(Path("/dev/full"))
    trail.write(AuditRecord("now", "r1", "Idle", "CardPresent", "Reading"))
    trail.close()
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL] * 2


def test_a_code_nobody_asked_for_is_overwritten(desk: Desk) -> None:
    async def day() -> None:
        async with desk.open():
            at_idle, at_the_choice = bytearray(b"80030120311234"), bytearray(b"80030120311234")
            desk.conductor.enter_code(at_idle)
            desk.place.insert(desk.card())
            await desk.until(st.ChoosingMethod)
            desk.conductor.enter_code(at_the_choice)
            patient = desk.conductor.patient
            assert patient is not None
            assert not patient.code
            assert not any(at_idle + at_the_choice)

    asyncio.run(day())


def test_a_card_that_begins_no_reception_leaves_no_patient(desk: Desk) -> None:
    async def day() -> None:
        async with desk.open():
            desk.place.insert(desk.card())
            await desk.until(st.ChoosingMethod)
            desk.conductor.post(ev.CardPresent(99, "r-99"))
            await desk.take_card()
            alive = [thing for thing in gc.get_objects() if isinstance(thing, Patient) and thing.reception == "r-99"]
            assert alive == []

    asyncio.run(day())


def test_a_device_that_cannot_be_closed_does_not_keep_the_ledger(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken() -> None:
        raise OSError("the reader does not answer")

    async def first() -> None:
        async with desk.open():
            monkeypatch.setattr(desk.conductor.card, "close", broken)

    async def second() -> None:
        async with desk.open():
            await desk.to_consent()

    with pytest.raises(OSError, match="does not answer"):
        asyncio.run(first())
    asyncio.run(second())
    assert desk.kinds() == ["opened"]
