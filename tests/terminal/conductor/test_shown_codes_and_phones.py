"""Printed codes read before the card is inserted, daily numbers, check-in without sharing, and phones."""

import asyncio
import json
from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from consent.items import AnsweredBy
from consent.ledger import LedgerFile
from consent.records import Cause, Decided, Opened
from reader.card import MyNumberCard
from reader.facts import CardFacts, Medium
from reader.softcard.card import SoftCard
from terminal.assembly import ledger_path
from terminal.audit import AuditTrail
from terminal.conductor.day_number import DayNumber
from terminal.problems import ProblemCode
from terminal.session import effects as fx
from terminal.session import events as ev
from terminal.session import states as st
from terminal.simulated.demo.result_flags import flags_in
from terminal.simulated.personas.cast import BY_NAME
from terminal.simulated.service.registry import CardEntry, Registry, certificate_id
from tests.terminal.conductor.counter_fixture import Desk


def decision_of(desk: Desk) -> Decided:
    records = LedgerFile(ledger_path(desk.settings)).records()
    return next(record.event for record in records if isinstance(record.event, Decided))


# --- codes read before the card is inserted -----------------------------------------------------------------


def expiry_of(card: SoftCard) -> date:
    facts = MyNumberCard(Wire(card)).read_facts()
    assert isinstance(facts, CardFacts)
    assert facts.card_expiry is not None
    return facts.card_expiry


class Wire:
    """Direct connection to a simulated card."""

    atr = b""

    def __init__(self, card: SoftCard) -> None:
        self._card = card
        card.power_on()

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        return self._card.transmit(apdu)

    def close(self) -> None:
        self._card.power_off()


@pytest.mark.parametrize("same_card", [True, False])
def test_code_read_before_its_card_is_used_only_for_that_card(desk: Desk, same_card: bool) -> None:
    card, effects = desk.card(), list[fx.Effect]()
    expiry = expiry_of(card) + timedelta(days=0 if same_card else 1)
    digits = bytearray(card.printed_code, "ascii")

    async def day() -> None:
        async with desk.open():
            desk.conductor.listen(on_effect=effects.append)
            desk.conductor.show_code(digits, expiry)
            await desk.until(st.CardShown)
            desk.readers.insert(card)
            await desk.until(st.ChoosingMethod)
            assert desk.conductor.patient is not None
            assert bytes(desk.conductor.patient.code) == (card.printed_code.encode() if same_card else b"")
            desk.touch(ev.FaceChosen)
            await desk.until(lambda state: isinstance(state, st.Problem | st.FaceCheck | st.PinEntry))
            desk.readers.remove()
            await desk.until(st.Idle)

    asyncio.run(day())
    kinds = [type(effect) for effect in effects]
    assert (fx.ScanCode in kinds) is not same_card
    assert fx.OpenFaceRecord in kinds
    assert not any(digits), "the buffer was not overwritten"


def test_code_read_early_is_overwritten_when_replaced_expired_or_unused(desk: Desk) -> None:
    rules = {"timeouts": {**default_timeouts(), "CardShown": 0.1}}
    short_desk = Desk(desk.counter, desk.settings, **rules)
    first, second, third = (bytearray(b"80010129123456") for _ in range(3))
    second_present: list[bool] = []

    def check_second(state: st.State) -> None:
        if isinstance(state, st.CardShown):
            second_present.append(any(second))

    async def day() -> None:
        async with short_desk.open():
            short_desk.conductor.listen(on_state=check_second)
            short_desk.conductor.show_code(first, date(2031, 4, 1))
            short_desk.conductor.show_code(second, date(2031, 4, 1))
            # the second code replaces the first
            await short_desk.until(lambda _: bool(second_present) and not any(first))
            await short_desk.until(lambda state: type(state) is st.Idle and not any(second))
            assert second_present[-1]
            short_desk.readers.insert(short_desk.card())
            await short_desk.until(st.ChoosingMethod)
            short_desk.conductor.show_code(third, date(2031, 4, 1))
            await short_desk.until(lambda _: not any(third))

    asyncio.run(day())


def default_timeouts() -> dict[str, float]:
    from terminal.session.rules import TIMEOUTS

    return dict(TIMEOUTS)


# --- daily numbers ------------------------------------------------------------------------------------------


def numbers(desk: Desk) -> list[int]:
    lines = (desk.settings.state_dir / "audit.jsonl").read_text(encoding="utf-8").splitlines()
    return list(dict.fromkeys(number for line in lines if (number := json.loads(line)["number"])))


def test_daily_numbers_continue_after_restart(desk: Desk) -> None:
    async def number_of_a_reception() -> int:
        async with desk.open():
            desk.readers.insert(desk.card())
            state = await desk.until(st.ChoosingMethod)
            desk.readers.remove()
            await desk.until(st.Idle)
            return int(state.reception.number)

    assert [asyncio.run(number_of_a_reception()) for _ in range(3)] == [1, 2, 3]
    assert numbers(desk) == [1, 2, 3]


def test_daily_numbers_restart_at_one_each_day(desk: Desk) -> None:
    day_number = DayNumber({date(2026, 11, 26): 41, date(2026, 11, 27): 0}.__getitem__)
    days = [date(2026, 11, 26), date(2026, 11, 26), date(2026, 11, 27)]
    assert [day_number.next(day) for day in days] == [42, 43, 1]


def test_last_number_ignores_unnumbered_and_truncated_audit_lines(tmp_path: Any) -> None:
    path = tmp_path / "audit.jsonl"
    today = '{"at": "2026-11-26T09:00:00+09:00", "reception": "r1", "number": 7}\n'
    old = '{"at": "2026-11-26T10:00:00+09:00", "reception": "r2"}\n'
    path.write_text(today + old + '{"at": "2026-11-26T10:', encoding="utf-8")
    trail = AuditTrail(path)
    assert trail.last_number(date(2026, 11, 26)) == 7
    assert trail.last_number(date(2026, 11, 27)) == 0
    trail.close()


# --- check-in without sharing --------------------------------------------------------------------------------


def test_check_in_without_sharing_overrides_share_all(desk: Desk) -> None:
    async def day() -> None:
        async with desk.open():
            await desk.reach_consent()
            desk.touch(ev.RespondentChosen, AnsweredBy.GUARDIAN)
            desk.touch(ev.ShareAll)
            await desk.until(st.Limit)
            desk.touch(ev.CheckInWithoutSharing)
            state = await desk.until(st.Complete)
            assert state.outcome is st.Outcome.NOTHING_SHARED
            await desk.take_card()

    asyncio.run(day())
    assert decision_of(desk).cause is Cause.WITHOUT_SHARING
    assert decision_of(desk).answered_by is AnsweredBy.GUARDIAN
    assert set(flags_in(desk.results()[0]).values()) == {0}


# --- phones -------------------------------------------------------------------------------------------------


def as_phone(desk: Desk, monkeypatch: pytest.MonkeyPatch, medium: Medium) -> SoftCard:
    """Return a simulated card that is read and registered as a phone."""
    card = desk.card()
    certificate = MyNumberCard(Wire(card)).read_user_certificate()
    assert isinstance(certificate, bytes)
    entry = CardEntry(person=BY_NAME["pin-right"].person, phone=True)
    desk.counter.stub.publish(Registry(cards={certificate_id(certificate): entry}))
    read_facts = MyNumberCard.read_facts

    def read_phone(self: MyNumberCard) -> Any:
        facts = read_facts(self)
        return replace(facts, medium=medium) if isinstance(facts, CardFacts) else facts

    monkeypatch.setattr(MyNumberCard, "read_facts", read_phone)
    return card


def test_phone_opens_check_with_its_pin(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    phone_desk = Desk(desk.counter, desk.settings, phone=True)
    card = as_phone(phone_desk, monkeypatch, Medium.PHONE_PIN)

    async def day() -> None:
        async with phone_desk.open():
            phone_desk.readers.insert(card)
            await phone_desk.type_pin()
            await phone_desk.until(st.Consent)

    asyncio.run(day())
    records = LedgerFile(ledger_path(desk.settings)).records()
    assert [record.event.way for record in records if isinstance(record.event, Opened)] == ["phone"]


def test_phone_that_does_not_verify_its_owner_opens_no_check(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulated card does not sign without its PIN, like a phone that has not verified its owner."""
    phone_desk = Desk(desk.counter, desk.settings, phone=True)
    card = as_phone(phone_desk, monkeypatch, Medium.PHONE_VERIFIES)

    async def day() -> None:
        async with phone_desk.open():
            phone_desk.readers.insert(card)
            state = await phone_desk.until(st.ChoosingMethod)
            assert state.why is st.MethodReason.PHONE_NOT_CONFIRMED
            count = len(phone_desk.states)
            phone_desk.touch(ev.PhoneChosen)
            await phone_desk.until(lambda _: len(phone_desk.states) >= count + 2)
            assert [type(state) for state in phone_desk.states[count:]] == [st.PhoneCheck, st.ChoosingMethod]

    asyncio.run(day())
    assert desk.record_kinds() == []


def test_phone_is_refused_unless_enabled(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    card = as_phone(desk, monkeypatch, Medium.PHONE_PIN)

    async def day() -> None:
        async with desk.open():
            desk.readers.insert(card)
            state = await desk.until(st.Problem)
            assert state.problem is ProblemCode.PHONE_NOT_TAKEN

    asyncio.run(day())
