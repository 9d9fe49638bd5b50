"""Tests for the stub's misbehaviour, set over HTTP, in a file or on the command line."""

import time
from pathlib import Path
from typing import Any

import pytest

from consent.items import Item
from terminal.qualification.client import QualificationClient
from terminal.qualification.contract import (
    Challenge,
    CheckOpenedReply,
    ConsentAnswer,
    NoAnswer,
    NoAnswerReason,
    QualificationResult,
    Receipt,
    RefusalReason,
    Refused,
)
from terminal.simulated.service.admin import StubAdmin
from terminal.simulated.service.misbehaviour import (
    SLOW,
    Misbehaviour,
    Operation,
    ResponseMode,
    Rule,
    Setting,
    parse_setting,
    read_settings,
)


@pytest.fixture
def database_url() -> None:
    """Use the in-memory store."""


async def run_check(counter: Any, client: QualificationClient, card: Any) -> list[Any]:
    """Return the replies for opening, submission and result, or only the first if no check was opened."""
    opened = await counter.open_by_pin(client, card)
    if not isinstance(opened, CheckOpenedReply):
        return [opened]
    answers = [ConsentAnswer(item=Item.MEDICINES, flag=1, consent_time=counter.now)]
    counter.decisions += 1
    submission = client.submission(
        opened.check_id,
        decided_at=counter.now,
        answers=answers,
        ledger_count=counter.decisions,
        ledger_head="ab" * 32,
    )
    receipt = await client.submit(opened.check_id, submission, f"key-{opened.check_id}")
    return [opened, receipt, await client.result(opened.check_id)]


@pytest.fixture
def two_people(counter: Any, card: Any, other_card: Any) -> Any:
    counter.register(other_card, "elder")
    return counter


@pytest.mark.parametrize("operation", [Operation.OPEN, Operation.SUBMIT, Operation.RESULT])
def test_person_rule_affects_no_one_else(two_people: Any, card: Any, other_card: Any, operation: Operation) -> None:
    two_people.server.behaviour.set(operation, Rule(mode=ResponseMode.FAILING), "elder")
    unaffected = two_people.play(lambda client: run_check(two_people, client, card))
    affected = two_people.play(lambda client: run_check(two_people, client, other_card))
    assert [type(answer) for answer in unaffected] == [CheckOpenedReply, Receipt, QualificationResult]
    assert NoAnswer(NoAnswerReason.SERVER_ERROR) in affected
    assert affected.index(NoAnswer(NoAnswerReason.SERVER_ERROR)) == ["open", "submit", "result"].index(operation)


def test_person_rule_applies_to_every_operation(two_people: Any, card: Any, other_card: Any) -> None:
    two_people.server.behaviour.set(Operation.EVERY, Rule(mode=ResponseMode.DROPPED), "elder")
    affected = two_people.play(lambda client: run_check(two_people, client, other_card))
    assert affected == [NoAnswer(NoAnswerReason.CONNECTION_LOST)]
    unaffected = two_people.play(lambda client: run_check(two_people, client, card))
    assert isinstance(unaffected[-1], QualificationResult)


def test_most_specific_rule_applies() -> None:
    rules = {
        (Operation.OPEN, "elder"): Rule(delay_seconds=1),
        (Operation.EVERY, "elder"): Rule(delay_seconds=2),
        (Operation.OPEN, None): Rule(delay_seconds=3),
        (Operation.EVERY, None): Rule(delay_seconds=4),
    }
    settings = [Setting(operation=op, person=person, rule=rule) for (op, person), rule in rules.items()]
    behaviour = Misbehaviour(settings)
    assert behaviour.rule_for(Operation.OPEN, "elder").delay_seconds == 1
    assert behaviour.rule_for(Operation.RESULT, "elder").delay_seconds == 2
    assert behaviour.rule_for(Operation.OPEN, "adult").delay_seconds == 3
    assert behaviour.rule_for(Operation.RESULT).delay_seconds == 4
    behaviour.clear(Operation.OPEN, "elder")
    assert behaviour.rule_for(Operation.OPEN, "elder").delay_seconds == 2
    behaviour.clear()
    assert behaviour.rule_for(Operation.OPEN, "elder") == Rule()


def test_person_rule_expires_after_its_call_count(two_people: Any, other_card: Any) -> None:
    two_people.server.behaviour.set(Operation.OPEN, Rule(mode=ResponseMode.FAILING, times=1), "elder")
    first = two_people.play(lambda client: two_people.open_by_pin(client, other_card))
    second = two_people.play(lambda client: two_people.open_by_pin(client, other_card))
    assert (type(first), type(second)) == (NoAnswer, CheckOpenedReply)


@pytest.mark.parametrize("reason", [RefusalReason.REVOKED, RefusalReason.SUSPENDED, RefusalReason.NO_SUCH_CHECK])
def test_stub_refuses_with_configured_reason(counter: Any, card: Any, reason: RefusalReason) -> None:
    counter.server.behaviour.set(Operation.OPEN, Rule(mode=ResponseMode.REFUSING, reason=reason), "adult")
    answer = counter.play(lambda client: counter.open_by_pin(client, card))
    assert isinstance(answer, Refused)
    assert (answer.reason, answer.simulated) == (reason, True)


@pytest.mark.parametrize(
    ("validity", "reported", "entries"), [("2", "2", 1), ("3", "2", 1), ("4", "4", 0), ("5", "5", 2)]
)
def test_stub_reports_configured_validity(counter: Any, card: Any, validity: Any, reported: str, entries: int) -> None:
    counter.server.behaviour.set(Operation.EVERY, Rule(validity=validity), "adult")
    opened, _, result = counter.play(lambda client: run_check(counter, client, card))
    assert not opened.facts.valid
    assert (opened.facts.age, result.validity, len(result.qualifications)) == (45, reported, entries)
    if validity in "23":
        assert result.qualifications[0].disqualification_date < result.qualification_date
    counter.server.behaviour.clear()
    later = counter.play(lambda client: client.result(result.check_id))
    assert later.validity == "1"


def test_stub_reports_service_error_instead_of_qualification(counter: Any, card: Any) -> None:
    counter.server.behaviour.set(Operation.RESULT, Rule(error_code="SIMQ9001E"))
    result = counter.play(lambda client: run_check(counter, client, card))[-1]
    assert (result.segment, result.status, result.code, result.error_code) == ("9", "2", "SIMQ9001E", "SIMQ9001E")
    assert (result.validity, result.qualifications, result.consents) == (None, (), ())
    with pytest.raises(ValueError):
        Rule(error_code="OQSQ9001E")  # not recognisable as simulated


def test_stub_writes_names_in_old_characters(counter: Any, card: Any) -> None:
    counter.register(card, "tall-bridge")
    name = counter.play(lambda client: run_check(counter, client, card))[-1].qualifications[0].name
    counter.server.behaviour.set(Operation.RESULT, Rule(old_characters=True))
    old = counter.play(lambda client: run_check(counter, client, card))[-1].qualifications[0]
    assert (name, old.name, old.insured_name) == ("見本　髙﨑", "見本　●●", "見本　●●")
    assert old.name_kana == "ﾐﾎﾝ ﾀｶｻｷ"


def test_stub_delays_responses(counter: Any) -> None:
    assert SLOW.delay_seconds == 7
    counter.server.behaviour.set(Operation.CHALLENGE, Rule(delay_seconds=0.3, times=1))
    before = time.monotonic()
    assert isinstance(counter.play(lambda client: client.challenge()), Challenge)
    assert time.monotonic() - before >= 0.3


# --- settings ------------------------------------------------------------------------------------------------


def test_rules_are_set_over_http(two_people: Any, card: Any, other_card: Any) -> None:
    rule = Rule(validity="4")
    with StubAdmin(two_people.server.url) as admin:
        reply = admin.set_rule(Operation.EVERY, rule, "elder")
        unknown_person = admin.set_rule(Operation.EVERY, rule, "nobody")
        state = admin.state()
    assert reply == (Setting(operation=Operation.EVERY, person="elder", rule=rule),)
    assert isinstance(unknown_person, NoAnswer)
    assert not isinstance(state, NoAnswer)
    assert state.behaviour == reply
    assert two_people.play(lambda client: run_check(two_people, client, other_card))[-1].validity == "4"
    assert two_people.play(lambda client: run_check(two_people, client, card))[-1].validity == "1"


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("open:mode=silent", Setting(operation=Operation.OPEN, rule=Rule(mode=ResponseMode.SILENT))),
        ("open:manner=silent", Setting(operation=Operation.OPEN, rule=Rule(mode=ResponseMode.SILENT))),
        (
            "submit@elder:mode=half,times=1",
            Setting(operation=Operation.SUBMIT, person="elder", rule=Rule(mode=ResponseMode.HALF, times=1)),
        ),
        ("every:delay_seconds=7", Setting(operation=Operation.EVERY, rule=SLOW)),
        ("result:old_characters=true", Setting(operation=Operation.RESULT, rule=Rule(old_characters=True))),
        (
            "open@adult:mode=refusing,reason=suspended",
            Setting(
                operation=Operation.OPEN,
                person="adult",
                rule=Rule(mode=ResponseMode.REFUSING, reason=RefusalReason.SUSPENDED),
            ),
        ),
    ],
)
def test_settings_are_parsed_from_command_line(text: str, setting: Setting) -> None:
    assert parse_setting(text) == setting


@pytest.mark.parametrize("text", ["", "nothing", "open:mode=rude", "open:times=0", "open:what=1", "open:delay=1"])
def test_invalid_command_line_settings_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="stub behaviour"):
        parse_setting(text)


def test_settings_are_read_from_file(tmp_path: Path) -> None:
    file = tmp_path / "behaviour.toml"
    file.write_text(
        '[[behaviour]]\noperation = "open"\ndelay_seconds = 7\n'
        '[[behaviour]]\noperation = "result"\nperson = "elder"\nvalidity = "5"\n'
    )
    assert read_settings(file) == (
        Setting(operation=Operation.OPEN, rule=SLOW),
        Setting(operation=Operation.RESULT, person="elder", rule=Rule(validity="5")),
    )
    for invalid in ("[behaviour]\noperation = 'open'", "[[behaviour]]\ndelay_seconds = 1", "behaviour ="):
        file.write_text(invalid)
        with pytest.raises(ValueError):
            read_settings(file)
