"""Tests for the lists of unfinished checks, read from the open ledger and from its file."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from consent.answers import unanswered
from consent.items import Item, Question, QuestionKind
from consent.ledger import LedgerFile
from consent.lifecycle import LifeCycleError
from consent.outbox import unconfirmed, undecided, undelivered, unsettled_withdrawals
from consent.records import Cause, HandingOver, RecordedAnswer, WithdrawalSettled

if TYPE_CHECKING:
    from tests.consent.conftest import Clock, Counter


def views(counter: Counter) -> tuple[LedgerFile, ...]:
    """Return the writer, the reopened writer and a file reader."""
    return counter.ledger, counter.reopen(), LedgerFile(counter.ledger.path)


def test_delivered_reception_leaves_no_work(counter: Counter, clock: Clock) -> None:
    counter.to_delivered()
    for ledger in views(counter):
        assert ledger.unfinished() == ()
        assert undecided(ledger) == ()
        assert undelivered(ledger) == ()
        assert unconfirmed(ledger, clock()).sendable == ()


def test_unfinished_checks_are_listed_by_stage(counter: Counter, clock: Clock) -> None:
    counter.ledger.opened(counter.opening("opened"))
    counter.to_decided("decided")
    counter.to_confirmed("confirmed")
    counter.to_delivered("delivered")
    counter.to_decided("expired")
    counter.ledger.expired("expired")
    counter.ledger.opened(counter.opening("discarded"))
    counter.ledger.discarded("discarded", "by-staff")
    for ledger in views(counter):
        assert [record.event.check_id for record in undecided(ledger)] == ["opened"]
        assert [record.event.check_id for record in unconfirmed(ledger, clock()).sendable] == ["decided"]
        assert unconfirmed(ledger, clock()).expired == ()
        assert [check.decided.event.check_id for check in undelivered(ledger)] == ["confirmed"]


def test_staff_can_retry_started_handover_and_close_pending_handover(counter: Counter) -> None:
    counter.to_confirmed("c1")
    counter.to_confirmed("c2")
    with pytest.raises(LifeCycleError, match="its handover has not started"):
        counter.ledger.hand_over_decided("c1", again=True)
    counter.ledger.handing_over(HandingOver(check_id="c1", file_name="a.xml", sha256="0" * 64))
    counter.ledger.hand_over_decided("c1", again=True)
    counter.ledger.hand_over_decided("c2", again=False)
    for ledger in views(counter):
        (history,) = ledger.unfinished()
        assert (history.check_id, history.handing_over) == ("c1", None)


def test_consent_is_sent_for_24_hours_from_its_first_answer(counter: Counter, clock: Clock) -> None:
    answered = clock()
    answers = counter.decision().answers
    clock.advance(seconds=40)
    counter.ledger.opened(counter.opening())
    counter.ledger.decided(counter.decision(answers=answers))
    end = answered + timedelta(hours=24)
    for ledger in views(counter):
        assert len(unconfirmed(ledger, end - timedelta(seconds=1)).sendable) == 1
        assert unconfirmed(ledger, end).sendable == ()
        assert len(unconfirmed(ledger, end).expired) == 1


def test_refusal_is_sent_for_24_hours_from_decision(counter: Counter, clock: Clock) -> None:
    counter.ledger.opened(counter.opening())
    counter.ledger.decided(counter.decision(granted=False))
    assert unconfirmed(counter.ledger, clock() + timedelta(hours=23, minutes=59)).sendable
    assert unconfirmed(counter.ledger, clock() + timedelta(hours=24)).expired


def test_withdrawing_consent_does_not_cancel_delivery(counter: Counter) -> None:
    counter.to_confirmed()
    counter.ledger.withdrawn("c1", [Item.MEDICINES])
    for ledger in views(counter):
        assert len(undelivered(ledger)) == 1
    counter.ledger.delivered("c1", "OQSsiquc01res_face_c1.xml")
    for ledger in views(counter):
        assert undelivered(ledger) == ()


def test_withdrawal_is_pending_until_it_is_settled(counter: Counter, clock: Clock) -> None:
    counter.to_delivered()
    clock.advance(hours=1)
    first = counter.ledger.withdrawn("c1", [Item.MEDICINES])
    second = counter.ledger.withdrawn("c1", [Item.DIAGNOSIS])
    for ledger in views(counter):
        assert [
            (withdrawal.withdrawn, withdrawal.expired) for withdrawal in unsettled_withdrawals(ledger, clock())
        ] == [
            (first, False),
            (second, False),
        ]
        assert undelivered(ledger) == ()
    counter.ledger.withdrawal_settled(WithdrawalSettled(check_id="c1", items=(Item.MEDICINES,), accepted_at=clock()))
    for ledger in views(counter):
        assert [withdrawal.withdrawn for withdrawal in unsettled_withdrawals(ledger, clock())] == [second]
    clock.advance(hours=23)
    for ledger in views(counter):
        assert [withdrawal.expired for withdrawal in unsettled_withdrawals(ledger, clock())] == [True]
    counter.ledger.withdrawal_settled(WithdrawalSettled(check_id="c1", items=(Item.DIAGNOSIS,)))
    for ledger in views(counter):
        assert ledger.unfinished() == ()


def test_interrupted_reception_is_decided_from_ledger_alone(counter: Counter, clock: Clock) -> None:
    counter.ledger.opened(counter.opening())
    clock.advance(minutes=3)
    (opened,) = undecided(counter.reopen())
    shown = [Question(q.question_id, QuestionKind.SHARING, q.items) for q in opened.event.questions]
    counter.ledger.decided(
        counter.decision(
            opened.event.check_id,
            reception_id=opened.event.reception_id,
            cause=Cause.INTERRUPTED,
            answers=tuple(RecordedAnswer.from_answer(answer) for answer in unanswered(shown)),
        )
    )
    (pending,) = unconfirmed(counter.ledger, clock()).sendable
    assert [(a.item, a.granted, a.answered_at) for a in pending.event.answers] == [
        (Item.DIAGNOSIS, False, None),
        (Item.MEDICINES, False, None),
    ]


def test_oldest_check_is_sent_first(counter: Counter, clock: Clock) -> None:
    for check in ("z", "a", "m"):
        counter.to_decided(check)
    for ledger in views(counter):
        assert [record.event.check_id for record in unconfirmed(ledger, clock()).sendable] == ["z", "a", "m"]


def test_earliest_consent_sets_deadline_for_sending(counter: Counter, clock: Clock) -> None:
    first = counter.decision().answers
    clock.advance(minutes=5)
    later = tuple(answer.model_copy(update={"answered_at": clock.now}) for answer in first[1:])
    decision = counter.decision(answers=(first[0], *later))
    assert first[0].answered_at is not None
    assert decision.sendable_until == first[0].answered_at + timedelta(hours=24)
