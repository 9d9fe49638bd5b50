"""Release of patient data, hanging devices and the ledger lock."""

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
from terminal.conductor.wiped_patient_data import Patient
from terminal.conductor.worker import Worker
from terminal.session import effects as fx
from terminal.session import events as ev
from terminal.session import states as st
from tests.terminal.conductor.counter_fixture import Desk


class HangingSlot:
    """A reader whose driver does not return until it is released."""

    name = "hanging"

    def __init__(self) -> None:
        self.released = threading.Event()
        self.connects = 0
        self.closed = False

    def connect(self) -> CardGone:
        self.connects += 1
        self.released.wait(90)
        return CardGone()

    def close(self) -> None:
        self.closed = True


def card_desk(slot: HangingSlot) -> CardDesk:
    driver: Any = slot
    anchors: Any = None
    return CardDesk(driver, anchors, patience=0.05)


def test_worker_does_not_retain_arguments_of_its_last_call() -> None:
    worker = Worker("test")
    patient = Patient("r1")
    reference = weakref.ref(patient)

    async def day(patient: Patient) -> None:
        await worker.run(repr, patient)

    asyncio.run(day(patient))
    del patient
    deadline = time.monotonic() + 60
    while reference() is not None and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.01)
    assert reference() is None
    worker.close()


def test_hanging_card_thread_does_not_block_exit() -> None:
    slot = HangingSlot()
    desk = card_desk(slot)

    async def day() -> None:
        reading = asyncio.create_task(desk.read(fx.ReadCard("r1", 1, 1), Patient("r1")))
        while not slot.connects:
            await asyncio.sleep(0.001)
        async with asyncio.timeout(60):
            await desk.close()
        reading.cancel()

    asyncio.run(day())
    assert slot.closed
    slot.released.set()


def test_reader_is_not_opened_for_wiped_patient() -> None:
    slot = HangingSlot()
    slot.released.set()
    desk = card_desk(slot)
    patient = Patient("r1")
    patient.wipe()
    event = asyncio.run(desk.read(fx.ReadCard("r1", 1, 1), patient))
    assert event == ev.CardFailed("r1", 1, CardGone())
    assert slot.connects == 0
    asyncio.run(desk.close())


def test_audit_trail_on_full_disk_logs_critical_errors(caplog: pytest.LogCaptureFixture) -> None:
    trail = AuditTrail(Path("/dev/full"))
    trail.write(AuditRecord("now", "r1", "Idle", "CardPresent", "Reading"))
    trail.close()
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL] * 2


def test_code_entered_in_other_states_is_overwritten(desk: Desk) -> None:
    async def day() -> None:
        async with desk.open():
            first_code, second_code = bytearray(b"80030120311234"), bytearray(b"80030120311234")
            desk.conductor.enter_code(first_code)
            desk.readers.insert(desk.card())
            await desk.until(st.ChoosingMethod)
            desk.conductor.enter_code(second_code)
            patient = desk.conductor.patient
            assert patient is not None
            assert not patient.code
            assert not any(first_code + second_code)

    asyncio.run(day())


def test_ignored_card_leaves_no_patient_object(desk: Desk) -> None:
    async def day() -> None:
        async with desk.open():
            desk.readers.insert(desk.card())
            await desk.until(st.ChoosingMethod)
            desk.conductor.post(ev.CardPresent(99, "r-99"))
            await desk.take_card()
            remaining = [item for item in gc.get_objects() if isinstance(item, Patient) and item.reception == "r-99"]
            assert remaining == []

    asyncio.run(day())


def test_ledger_is_released_if_device_fails_to_close(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail() -> None:
        raise OSError("the reader does not answer")

    async def first() -> None:
        async with desk.open():
            monkeypatch.setattr(desk.conductor.card, "close", fail)

    async def second() -> None:
        async with desk.open():
            await desk.reach_consent()

    with pytest.raises(OSError, match="does not answer"):
        asyncio.run(first())
    asyncio.run(second())
    assert desk.record_kinds() == ["opened"]
