"""Patient secrets are overwritten, dropped after wiping and never logged."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from config.platform.current import system
from reader.facts import CardGone
from reader.link import CardLink
from reader.profile import Password
from reader.softcard.slot import SimulatedSlot
from terminal.assembly import Devices, NotReady, ledger_path, open_terminal
from terminal.audit import audit
from terminal.conductor.card_desk import CardDesk
from terminal.conductor.clock import Clock
from terminal.conductor.printed_desk import PrintedDesk
from terminal.conductor.service_desk import ServiceDesk
from terminal.conductor.wiped_patient_data import Patient
from terminal.problems import ProblemCode
from terminal.qualification.contract import Challenge
from terminal.session import effects as fx
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.rules import Rules
from tests.terminal.conductor.counter_fixture import Desk
from tests.terminal.session.world import GENUINE, World

CHALLENGE = b"c" * 32


def card_desk(slot: SimulatedSlot) -> CardDesk:
    anchors: Any = None
    return CardDesk(slot, anchors)


def test_pin_is_not_sent_to_different_card(desk: Desk) -> None:
    card, slot, patient = desk.card(), SimulatedSlot(), Patient("r1")
    slot.insert(card)
    cards = card_desk(slot)

    async def day() -> ev.Event:
        await cards.read(fx.ReadCard("r1", 1, 1), patient)
        patient.challenge = CHALLENGE
        for _ in range(4):
            patient.pin.push(9)
        event = await cards.verify_pin_and_sign(fx.VerifyPinAndSign("r1", 2, card=2, expected_left=3), patient)
        await cards.close()
        return event

    assert asyncio.run(day()) == ev.CardFailed("r1", 2, CardGone())
    assert card.image.passwords[Password.USER_PIN].left == 3
    assert len(patient.pin) == 0


def test_wiped_pin_is_overwritten() -> None:
    patient = Patient("r1")
    for digit in (5, 8, 3, 0):
        patient.pin.push(digit)
    patient.wipe()
    assert len(patient.pin) == 0
    assert not any(patient.pin._digits)


def test_challenge_received_after_wiping_is_dropped() -> None:
    patient = Patient("r1")

    class SlowService:
        async def challenge(self) -> Challenge:
            patient.wipe()
            return Challenge(challenge=CHALLENGE, expires_at=datetime.now(UTC), now=datetime.now(UTC))

    client: Any = SlowService()
    asyncio.run(ServiceDesk(client, Clock()).fetch_challenge(("r1", 1), patient))
    assert patient.challenge is None


def test_certificate_read_after_wiping_is_dropped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    slot, patient = SimulatedSlot(), Patient("r1")
    slot.insert(desk.card())
    connect = slot.connect

    def wipe_and_connect() -> CardLink | Any:
        patient.wipe()
        return connect()

    monkeypatch.setattr(slot, "connect", wipe_and_connect)
    cards = card_desk(slot)

    async def day() -> ev.Event:
        event = await cards.read(fx.ReadCard("r1", 1, 1), patient)
        await cards.close()
        return event

    assert isinstance(asyncio.run(day()), ev.CardRead)
    assert patient.certificate is None


def test_face_record_received_after_wiping_is_overwritten() -> None:
    class Record:
        wiped = False

        def wipe(self) -> None:
            self.wiped = True

    record: Any = Record()
    patient = Patient("r1")
    patient.wipe()
    patient.put_record(record, b"certificate")
    assert record.wiped
    assert patient.record is None
    assert patient.cv_certificate is None


def test_exception_message_is_not_logged(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object) -> ev.Event:
        raise ValueError("canary-7391")

    async def day() -> None:
        async with desk.open():
            monkeypatch.setattr(desk.conductor.card, "read", fail)
            desk.readers.insert(desk.card())
            state = await desk.until(st.Problem)
            assert state.problem is ProblemCode.INTERNAL

    caplog.set_level(logging.DEBUG)
    asyncio.run(day())
    assert "ReadCard failed: ValueError" in caplog.text
    assert "canary" not in caplog.text


def test_reason_entered_by_staff_is_not_in_audit_trail() -> None:
    world = World(Rules(staff_enabled=True))
    world.read_card()
    world.touch(ev.StaffAuthenticated)
    world.answer(ev.CodeScanned)
    world.answer(ev.RecordOpened, GENUINE)
    before, event = world.state, ev.StaffConfirmed(world.reception.id, "canary-7391")
    world.send(event)
    record = audit(before, event, world.state, world.now)
    assert isinstance(world.state, st.Opening)
    assert record is not None
    assert record.detail == "by eye"


def test_late_scan_does_not_replace_typed_code() -> None:
    """The typed code may be in use if the patient changed to the PIN and back."""
    patient, typed_code = Patient("r1"), bytearray(b"60061520341234")
    scanned_code = bytearray(b"60061520349876")

    class SlowScanner:
        def scan(self) -> bytearray:
            desk.stop()
            patient.put_code(typed_code)
            return scanned_code

    desk = PrintedDesk(SlowScanner())

    async def day() -> ev.Event:
        return await desk.scan(fx.ScanCode("r1", 3), patient, lambda event: None)

    assert isinstance(asyncio.run(day()), ev.CodeNotScanned)
    desk.close()
    assert patient.code is typed_code
    assert typed_code == b"60061520341234"
    assert not any(scanned_code)


def test_pin_and_code_are_locked_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    locked_buffers: list[bytearray] = []
    monkeypatch.setattr(system, "lock_in_memory", locked_buffers.append)
    patient = Patient("r1")
    for digit in (5, 8, 3, 0):
        patient.pin.push(digit)
    pin, code = patient.pin.take(), bytearray(b"60061520341234")
    patient.put_code(code)
    assert any(buffer is patient.pin._digits for buffer in locked_buffers)
    assert any(buffer is pin for buffer in locked_buffers)
    assert any(buffer is code for buffer in locked_buffers)


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33])
def test_damaged_card_hash_key_is_reported_at_start(desk: Desk, content: bytes) -> None:
    """Otherwise the first reception would fail after the service opened a check."""
    key = desk.settings.state_dir / "terminal" / "card-hash.key"
    key.parent.mkdir(parents=True, exist_ok=True)
    key.write_bytes(content)
    with pytest.raises(NotReady, match=r"card-hash\.key is damaged"):
        open_terminal(desk.settings, Devices(SimulatedSlot(), None, None, None))  # type: ignore[arg-type]
    assert key.read_bytes() == content
    assert not ledger_path(desk.settings).exists()
