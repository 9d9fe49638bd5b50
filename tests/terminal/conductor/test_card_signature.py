"""The card signs the decision if it is still on the reader: for the service's receipt, never for the ledger."""

import asyncio
import threading
from typing import Any

import pytest

from config.settings import CardSignaturePolicy
from consent.ledger import LedgerFile
from consent.records import CardSignature, Cause, Decided, SubmissionConfirmed
from reader.profile import Password
from reader.softcard.card import SoftCard
from terminal.assembly import ledger_path
from terminal.conductor import card_desk
from terminal.session import states as st
from terminal.simulated.demo.counter import DemoCounter
from terminal.simulated.demo.result_flags import flags_in
from tests.terminal.conductor.counter_fixture import Desk


def records(desk: Desk) -> list[Any]:
    return [record.event for record in LedgerFile(ledger_path(desk.settings)).records()]


def found(desk: Desk) -> CardSignature | None:
    (event,) = [event for event in records(desk) if isinstance(event, SubmissionConfirmed)]
    return event.card_signature


def requiring(counter: DemoCounter) -> Desk:
    consent = counter.settings.consent.model_copy(update={"card_signature": CardSignaturePolicy.REQUIRED})
    return Desk(counter, counter.settings.model_copy(update={"consent": consent}))


async def shared(desk: Desk, *, before: Any = None) -> st.Complete:
    async with desk.open():
        await desk.to_consent()
        if before is not None:
            await before()
        await desk.share_all()
        state: st.Complete = await desk.until(st.Complete)
        await desk.take_card()
        return state


def test_the_card_signs_the_decision_and_its_signature_is_kept_nowhere(desk: Desk) -> None:
    card = desk.card()
    signatures: list[bytes] = []
    vouch = card_desk.CardDesk._vouch

    def noted(self: Any, statement: bytes, by_pin: bool) -> bytes | None:
        signature = vouch(self, statement, by_pin)
        assert by_pin
        assert signature is not None
        signatures.append(signature)
        return signature

    async def day() -> None:
        async with desk.open():
            with pytest.MonkeyPatch.context() as watching:
                watching.setattr(card_desk.CardDesk, "_vouch", noted)
                await desk.to_consent(card)
                await desk.share_all()
                await desk.until(st.Complete)
            await desk.take_card()

    asyncio.run(day())
    assert found(desk) is CardSignature.VALID
    (signature,) = signatures
    kept = b"".join(path.read_bytes() for path in desk.settings.state_dir.rglob("*") if path.is_file())
    for form in (signature, signature.hex().encode(), card_base64(signature)):
        assert form not in kept
    assert tries_left(card) == 3


def card_base64(data: bytes) -> bytes:
    import base64

    return base64.b64encode(data)


def tries_left(card: SoftCard) -> int:
    return card.image.passwords[Password.USER_PIN].left


def test_the_pin_is_not_open_for_ever(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """After two minutes the card is released; the reception continues, and the receipt says absent."""
    monkeypatch.setattr(card_desk, "PIN_OPEN", 0.05)

    async def wait() -> None:
        await asyncio.sleep(0.3)

    state = asyncio.run(shared(desk, before=wait))
    assert state.outcome is st.Outcome.DONE
    assert found(desk) is CardSignature.ABSENT
    assert set(flags_in(desk.results()[0]).values()) == {1}


def test_nobody_waits_for_a_card_that_does_not_sign(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    told = threading.Event()

    def slow(self: Any, statement: bytes, by_pin: bool) -> None:
        assert told.wait(90)

    async def day() -> st.Complete:
        async with desk.open():
            await desk.to_consent()
            monkeypatch.setattr(card_desk.CardDesk, "_vouch", slow)
            await desk.share_all()
            state: st.Complete = await desk.until(st.Complete)
            told.set()  # the patient has long been told
            await desk.take_card()
            return state

    assert asyncio.run(day()).outcome is st.Outcome.DONE
    assert found(desk) is CardSignature.ABSENT


def test_required_a_yes_without_the_card_is_a_no(counter: DemoCounter, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = requiring(counter)

    async def gone() -> None:
        monkeypatch.setattr(card_desk.CardDesk, "_vouch", lambda *_: None)

    state = asyncio.run(shared(desk, before=gone))
    assert state.outcome is st.Outcome.NOTHING_SHARED
    assert not any(yes for _, yes in state.flags)
    (decided,) = [event for event in records(desk) if isinstance(event, Decided)]
    assert decided.cause is Cause.UNSIGNED
    assert not decided.granted
    assert set(flags_in(desk.results()[0]).values()) == {0}


def test_required_a_yes_the_service_did_not_find_signed_is_taken_back(
    counter: DemoCounter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed by another key: the service says invalid, and the file has no consent."""
    desk = requiring(counter)

    async def forged() -> None:
        monkeypatch.setattr(card_desk.CardDesk, "_vouch", lambda *_: b"\x01" * 256)

    asyncio.run(shared(desk, before=forged))
    assert found(desk) is CardSignature.INVALID
    assert "withdrawn" in desk.kinds()
    assert set(flags_in(desk.results()[0]).values()) == {0}


def test_required_and_signed(counter: DemoCounter) -> None:
    desk = requiring(counter)
    state = asyncio.run(shared(desk))
    assert state.outcome is st.Outcome.DONE
    assert found(desk) is CardSignature.VALID
    assert set(flags_in(desk.results()[0]).values()) == {1}
