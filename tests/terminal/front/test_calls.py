"""Calls for staff about problems, decisions and awaited results."""

from datetime import datetime

from config.japan import JAPAN
from config.settings import Settings
from terminal.conductor.delivery import EXPIRED
from terminal.front.calls import CallKind, Calls
from terminal.problems import ProblemCode
from terminal.session.effects import AlertStaff
from terminal.session.states import Idle
from terminal.words.languages import STAFF_LANGUAGES
from terminal.words.staff import staff_catalogue, staff_words
from tests.terminal.talk.gallery import state_for


def make_calls() -> Calls:
    return Calls(lambda: datetime(2026, 11, 26, 9, 30, tzinfo=JAPAN))


def test_repeated_problem_creates_one_call_until_it_is_answered() -> None:
    staff_calls, new_calls = make_calls(), []
    staff_calls.on_new.append(lambda call: new_calls.append((call.kind, call.code)))
    for reason in ("U-305", "U-506", "U-504", EXPIRED, "U-502", "U-305"):
        staff_calls.handle_effect(AlertStaff("", 0, reason))
    assert new_calls == [
        (CallKind.NOT_OURS, "U-305"),
        (CallKind.HANGS, "U-506"),
        (CallKind.CLOCK, "U-504"),
        (CallKind.EXPIRED, ""),
        (CallKind.TROUBLE, "U-502"),
    ]
    staff_calls.answer(staff_calls.open[0].id)
    staff_calls.handle_effect(AlertStaff("", 0, "U-305"))
    assert [call.kind for call in staff_calls.open][-1] is CallKind.NOT_OURS, (
        "the problem did not create a call after the answer"
    )


def test_decision_call_closes_when_the_state_changes() -> None:
    staff_calls = make_calls()
    staff_calls.update(state_for("staff-check"))
    staff_calls.update(state_for("staff-check"))
    assert [call.kind for call in staff_calls.open] == [CallKind.DECISION]
    staff_calls.update(Idle())
    assert staff_calls.open == ()


def test_call_for_an_awaited_result_closes_when_the_result_arrives() -> None:
    staff_calls, state = make_calls(), state_for("complete-awaiting")
    staff_calls.update(state)
    assert not isinstance(state, Idle)
    staff_calls.handle_effect(AlertStaff(state.reception.id, 0, "awaiting"))
    assert [call.number for call in staff_calls.open] == [state.reception.number]
    staff_calls.close_delivered({state.reception.number})
    assert staff_calls.open == ()


def test_every_call_and_problem_has_a_text() -> None:
    assert {message.id for message in staff_catalogue("ja")} == {message.id for message in staff_catalogue("en")}
    for language in STAFF_LANGUAGES:
        say = staff_words(Settings(), language)
        for kind in CallKind:
            assert say(f"call.{kind}")
            assert say(f"call.{kind}.do")
        for problem in ProblemCode:
            assert say(problem.message_id)
