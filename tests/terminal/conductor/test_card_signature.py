"""Card signatures on decisions. The ledger stores the service's verdict but not the signature itself."""

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


def signature_verdict(desk: Desk) -> CardSignature | None:
    (event,) = [event for event in records(desk) if isinstance(event, SubmissionConfirmed)]
    return event.card_signature


def desk_requiring_signatures(counter: DemoCounter) -> Desk:
    consent = counter.settings.consent.model_copy(update={"card_signature": CardSignaturePolicy.REQUIRED})
    return Desk(counter, counter.settings.model_copy(update={"consent": consent}))


async def share_all(desk: Desk, *, before: Any = None) -> st.Complete:
    async with desk.open():
        await desk.reach_consent()
        if before is not None:
            await before()
        await desk.share_all()
        state: st.Complete = await desk.until(st.Complete)
        await desk.take_card()
        return state


def test_card_signs_decision_and_signature_is_not_stored(desk: Desk) -> None:
    card = desk.card()
    signatures: list[bytes] = []
    sign_decision = card_desk.CardDesk._sign_statement

    def record_signature(self: Any, statement: bytes, by_pin: bool) -> bytes | None:
        signature = sign_decision(self, statement, by_pin)
        assert by_pin
        assert signature is not None
        signatures.append(signature)
        return signature

    async def day() -> None:
        async with desk.open():
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(card_desk.CardDesk, "_sign_statement", record_signature)
                await desk.reach_consent(card)
                await desk.share_all()
                await desk.until(st.Complete)
            await desk.take_card()

    asyncio.run(day())
    assert signature_verdict(desk) is CardSignature.VALID
    (signature,) = signatures
    state_bytes = b"".join(path.read_bytes() for path in desk.settings.state_dir.rglob("*") if path.is_file())
    for encoded in (signature, signature.hex().encode(), card_base64(signature)):
        assert encoded not in state_bytes
    assert tries_left(card) == 3


def card_base64(data: bytes) -> bytes:
    import base64

    return base64.b64encode(data)


def tries_left(card: SoftCard) -> int:
    return card.image.passwords[Password.USER_PIN].left


def test_decision_is_unsigned_after_pin_session_expired(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """After two minutes the terminal releases the card, and the reception continues without a signature."""
    monkeypatch.setattr(card_desk, "PIN_SESSION_SECONDS", 0.05)

    async def wait() -> None:
        await asyncio.sleep(0.3)

    state = asyncio.run(share_all(desk, before=wait))
    assert state.outcome is st.Outcome.DONE
    assert signature_verdict(desk) is CardSignature.ABSENT
    assert set(flags_in(desk.results()[0]).values()) == {1}


def test_slow_signature_does_not_delay_reception(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    reception_complete = threading.Event()

    def sign_slowly(self: Any, statement: bytes, by_pin: bool) -> None:
        assert reception_complete.wait(90)

    async def day() -> st.Complete:
        async with desk.open():
            await desk.reach_consent()
            monkeypatch.setattr(card_desk.CardDesk, "_sign_statement", sign_slowly)
            await desk.share_all()
            state: st.Complete = await desk.until(st.Complete)
            reception_complete.set()
            await desk.take_card()
            return state

    assert asyncio.run(day()).outcome is st.Outcome.DONE
    assert signature_verdict(desk) is CardSignature.ABSENT


def test_missing_required_signature_turns_consent_into_refusal(
    counter: DemoCounter, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_requiring_signatures(counter)

    async def remove_signature() -> None:
        monkeypatch.setattr(card_desk.CardDesk, "_sign_statement", lambda *_: None)

    state = asyncio.run(share_all(desk, before=remove_signature))
    assert state.outcome is st.Outcome.NOTHING_SHARED
    assert not any(granted for _, granted in state.flags)
    (decision,) = [event for event in records(desk) if isinstance(event, Decided)]
    assert decision.cause is Cause.UNSIGNED
    assert not decision.granted
    assert set(flags_in(desk.results()[0]).values()) == {0}


def test_invalid_required_signature_withdraws_consent(counter: DemoCounter, monkeypatch: pytest.MonkeyPatch) -> None:
    """The signature was made with a different key, and the result file contains no consent."""
    desk = desk_requiring_signatures(counter)

    async def forge_signature() -> None:
        monkeypatch.setattr(card_desk.CardDesk, "_sign_statement", lambda *_: b"\x01" * 256)

    asyncio.run(share_all(desk, before=forge_signature))
    assert signature_verdict(desk) is CardSignature.INVALID
    assert "withdrawn" in desk.record_kinds()
    assert set(flags_in(desk.results()[0]).values()) == {0}


def test_valid_required_signature_preserves_consent(counter: DemoCounter) -> None:
    desk = desk_requiring_signatures(counter)
    state = asyncio.run(share_all(desk))
    assert state.outcome is st.Outcome.DONE
    assert signature_verdict(desk) is CardSignature.VALID
    assert set(flags_in(desk.results()[0]).values()) == {1}
