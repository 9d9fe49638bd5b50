"""Tests that clock errors are corrected and reported, and that they lose no decision."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from consent.items import Item
from consent.verification import LedgerIntact
from terminal.conductor import delivery
from terminal.conductor.clock import Clock
from terminal.conductor.delivery import EXPIRED, DeliveryStage
from terminal.conductor.service_desk import ServiceDesk
from terminal.conductor.time_correction import correct_times
from terminal.conductor.wiped_patient_data import Patient
from terminal.problems import ProblemCode
from terminal.qualification.client import Audit
from terminal.qualification.contract import Challenge, QualificationResult
from terminal.qualification.receipts import verify_with_receipts
from terminal.session import events as ev
from terminal.simulated.service.misbehaviour import Operation, ResponseMode, Rule
from tests.terminal.qualification.delivering import DeliveryTerminal

HOUR = timedelta(hours=1)


@pytest.fixture
def database_url() -> None:
    """Use the in-memory store."""


@pytest.fixture
def terminal(counter: Any, card: Any, tmp_path: Path) -> DeliveryTerminal:
    return DeliveryTerminal(counter, card, tmp_path)


@pytest.mark.parametrize("clock_error", [-3 * HOUR, 3 * HOUR, -26 * 365 * 24 * HOUR], ids=["behind", "ahead", "2000"])
@pytest.mark.parametrize("run", ["in this run", "after a restart"])
def test_wrong_times_are_corrected_and_recorded(
    terminal: DeliveryTerminal, counter: Any, clock_error: timedelta, run: str
) -> None:
    check_ids: list[str] = []

    async def first_run(client: Any) -> None:
        terminal.clock_error = clock_error
        with terminal.open(client):
            check_ids.append(await terminal.record_decision(client))
            if run == "in this run":
                assert (await terminal.delivery.deliver(check_ids[0])).stage is DeliveryStage.DELIVERED

    async def second_run(client: Any) -> Any:
        terminal.clock_error = timedelta()  # the clock was corrected
        counter.now += timedelta(minutes=20)
        with terminal.open(client):
            await terminal.delivery.process_outbox()
            result = await client.result(check_ids[0])
            return terminal.ledger.history(check_ids[0]), result, await client.audit()

    before = counter.now
    counter.play(first_run)
    history, result, audit = counter.play(second_run)
    assert history.delivered is not None
    assert abs(history.decision.event.decided_at - before) < timedelta(seconds=30)
    assert isinstance(result, QualificationResult)
    (granted,) = [consent for consent in result.consents if consent.flag]
    assert abs(granted.consent_time - before) < timedelta(seconds=30)
    assert terminal.reported == [ProblemCode.CLOCK_WRONG.code]
    assert isinstance(audit, Audit)
    key = counter.enrolment.service_public_key
    assert isinstance(verify_with_receipts(terminal.path, key, audit.receipts, audit.opened), LedgerIntact)


def test_check_without_consents_is_delivered_despite_wrong_clock(terminal: DeliveryTerminal, counter: Any) -> None:
    """Version 0.1 recorded no service time, but refusals do not require it."""
    terminal.clock_error = -3 * HOUR

    async def scenario(client: Any) -> Any:
        with terminal.open(client):
            check_id = await terminal.record_decision(client, {Item.MEDICINES: False}, service_at=False)
            await terminal.delivery.process_outbox()
            return terminal.ledger.history(check_id)

    assert counter.play(scenario).delivered is not None


def test_checks_expire_only_after_repeated_clock_comparisons(
    terminal: DeliveryTerminal, counter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    behaviour, morning = counter.server.behaviour, counter.now

    async def scenario(client: Any) -> list[str]:
        with terminal.open(client):
            check_id = await terminal.record_decision(client)
            behaviour.set(Operation.EVERY, Rule(mode=ResponseMode.DROPPED))
            counter.now = morning + 40 * HOUR
            await terminal.delivery.process_outbox()
            behaviour.clear()
            behaviour.set(Operation.SUBMIT, Rule(mode=ResponseMode.DROPPED))
            await (
                terminal.delivery.process_outbox()
            )  # first comparison, with an implausible jump of the service's clock
            counter.now = morning + timedelta(minutes=1)
            await terminal.delivery.process_outbox()
            assert terminal.kinds() == ["opened", "decided"]
            counter.now = morning + 24 * HOUR + timedelta(minutes=1)
            await terminal.delivery.process_outbox()
            await terminal.delivery.process_outbox()
            assert terminal.kinds() == ["opened", "decided"]
            monkeypatch.setattr(delivery, "MIN_COMPARISON_INTERVAL", 0.0)
            await terminal.delivery.process_outbox()
            assert terminal.reported == [EXPIRED]
            behaviour.clear()
            assert (await terminal.delivery.deliver(check_id, again=True)).stage is DeliveryStage.REFUSED
            return terminal.kinds()

    assert counter.play(scenario) == ["opened", "decided", "expired"]


def test_times_are_corrected_only_with_known_clock_error(counter: Any, card: Any, tmp_path: Path) -> None:
    """Corrected times are never later than the service's time."""
    terminal = DeliveryTerminal(counter, card, tmp_path)

    async def scenario(client: Any) -> None:
        with terminal.open(client):
            with_service_time = terminal.ledger.history(await terminal.record_decision(client))
            without_service_time = terminal.ledger.history(await terminal.record_decision(client, service_at=False))
            assert with_service_time is not None
            assert without_service_time is not None
            now = counter.now + timedelta(hours=1)
            correction = correct_times(with_service_time, now, now + timedelta(hours=1))
            assert correction is not None
            assert correction.decided_at == now
            assert all(consent.answered_at <= now for consent in correction.consents)
            assert correct_times(without_service_time, now) is None

    counter.play(scenario)


@pytest.mark.parametrize(("minutes_slow", "opens"), [(2, True), (4, False), (60, False)])
def test_check_is_not_opened_if_clock_is_too_slow(minutes_slow: int, opens: bool) -> None:
    class SlowClock(Clock):
        def wall(self) -> datetime:
            return super().wall() - timedelta(minutes=minutes_slow)

    class Service:
        async def challenge(self) -> Challenge:
            now = datetime.now(UTC)
            return Challenge(challenge=b"c" * 32, expires_at=now + timedelta(minutes=5), now=now)

    client: Any = Service()
    answer = asyncio.run(ServiceDesk(client, SlowClock()).fetch_challenge(("r1", 1), Patient("r1")))
    assert isinstance(answer, ev.ChallengeFetched if opens else ev.ServiceRefused)
