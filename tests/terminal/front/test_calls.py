"""Calls for staff: one for each thing to see to, with words for each, until somebody answers."""

from datetime import datetime

from config.japan import JAPAN
from config.settings import Settings
from terminal.conductor.delivery import EXPIRED
from terminal.front.calls import CallKind, Calls
from terminal.problems import ProblemCode
from terminal.session.effects import AlertStaff
from terminal.session.states import Idle
from terminal.words.catalogue import STAFF_LANGUAGES
from terminal.words.staff import staff_catalogue, staff_words
from tests.terminal.talk.gallery import state_of


def calls() -> Calls:
    return Calls(lambda: datetime(2026, 11, 26, 9, 30, tzinfo=JAPAN))


def test_each_trouble_is_its_own_call_and_rings_once() -> None:
    ours, rung = calls(), []
    ours.on_new.append(lambda call: rung.append((call.kind, call.code)))
    for reason in ("U-305", "U-506", "U-504", EXPIRED, "U-502", "U-305"):
        ours.hear(AlertStaff("", 0, reason))
    assert rung == [
        (CallKind.NOT_OURS, "U-305"),
        (CallKind.HANGS, "U-506"),
        (CallKind.CLOCK, "U-504"),
        (CallKind.EXPIRED, ""),
        (CallKind.TROUBLE, "U-502"),
    ]
    ours.answer(ours.open[0].id)
    ours.hear(AlertStaff("", 0, "U-305"))
    assert [call.kind for call in ours.open][-1] is CallKind.NOT_OURS, "answered, and it happened again"


def test_a_decision_is_called_for_until_that_state_is_left() -> None:
    ours = calls()
    ours.follow(state_of("staff-check"))
    ours.follow(state_of("staff-check"))
    assert [call.kind for call in ours.open] == [CallKind.DECISION]
    ours.follow(Idle())
    assert ours.open == ()


def test_a_result_that_came_after_all_is_no_call_any_more() -> None:
    ours, state = calls(), state_of("complete-awaiting")
    ours.follow(state)
    assert not isinstance(state, Idle)
    ours.hear(AlertStaff(state.reception.id, 0, "awaiting"))
    assert [call.number for call in ours.open] == [state.reception.number]
    ours.settle({state.reception.number})
    assert ours.open == ()


def test_every_call_and_every_alert_has_its_words() -> None:
    assert {message.id for message in staff_catalogue("ja")} == {message.id for message in staff_catalogue("en")}
    for language in STAFF_LANGUAGES:
        say = staff_words(Settings(), language)
        for kind in CallKind:
            assert say(f"call.{kind}")
            assert say(f"call.{kind}.do")
        for problem in ProblemCode:
            assert say(problem.message_id)
