"""Conformance cases for requests. Each sets a task, judges the resulting request and answers it."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from terminal.handover.values import format_date
from terminal.simulated.conformance.bench import BULK_DURATION, CaseRunner
from terminal.simulated.conformance.model import Text
from terminal.simulated.conformance.plays_face import Play
from terminal.simulated.exchange.problems import ExchangeProblem
from terminal.simulated.exchange.requests import reject

REQUEST_PLAYS: Final[dict[str, Play]] = {}
CHECK: Final = "OQSsiquc01req_"


def play(key: str) -> Callable[[Play], Play]:
    def register(function: Play) -> Play:
        REQUEST_PLAYS[key] = function
        return function

    return register


def ask(bench: CaseRunner, person: str, *, branch: bool = True, number: str | None = None, **fields: Any) -> str:
    """Set a task to check this person by number and return its id."""
    entry = bench.people[person].qualifications[0]
    numbers = {
        "insurer_number": entry.insurer_number,
        "symbol": entry.insured_card_symbol or "",
        "number": number or entry.insured_identification_number or "",
        "branch": (entry.insured_branch_number or "") if branch else "",
        "birth_date": format_date(entry.birth_date),
    }
    search = " / ".join(value for value in numbers.values() if value)
    day_ja = f"（診療日 {fields['day']}）" if "day" in fields else ""
    day_en = f" for the day of care {fields['day']}" if "day" in fields else ""
    instruction = Text(f"資格確認書で照会：{search}{day_ja}", f"check by number{day_en}: {search}")
    return bench.task("check", instruction, **numbers, **fields)


def compare(bench: CaseRunner, file: str, **expected: Any) -> None:
    """Wait for the export of an answer and compare it with `expected`."""
    export = bench.export(file)
    if export is not None:
        bench.compare(export, **expected)


@play("check-by-number")
def check_by_number(bench: CaseRunner) -> None:
    ask(bench, "adult")
    request = bench.request(CHECK)
    if request:
        identifier = request.text("MessageHeader/ArbitraryFileIdentifier")
        compare(bench, bench.answer(request), name="模擬　花子", validity="1", identifier=identifier, billable=True)


@play("matching")
def matching(bench: CaseRunner) -> None:
    ask(bench, "adult")
    ask(bench, "elder")
    requests = [bench.request(CHECK), bench.request(CHECK)]
    if requests[0] is None or requests[1] is None:
        return
    last = bench.answer(requests[1])
    # Only the second request has been answered so far. Software that matches by order assigns it to the first.
    bench.wait_for(lambda: not (bench.folders.res / last).exists(), bench.pace.slow)
    first = bench.answer(requests[0])
    for request, name in zip(requests, (first, last), strict=True):
        assert request is not None
        compare(
            bench,
            name,
            identifier=request.text("MessageHeader/ArbitraryFileIdentifier"),
            number=request.text(".//InsuredIdentificationNumber"),
        )


@play("rejected")
def rejected(bench: CaseRunner) -> None:
    ask(bench, "adult")
    request = bench.request(CHECK)
    if request:
        identifier = request.text("MessageHeader/ArbitraryFileIdentifier") or None
        name = bench.place_answer(
            reject(request.name, ExchangeProblem.PROVOKED, bench.answer_context(), identifier=identifier)
        )
        compare(bench, name, ask_staff=True, billable=False)


@play("slow")
def slow(bench: CaseRunner) -> None:
    ask(bench, "adult")
    request = bench.request(CHECK)
    if request:
        bench.note(f"{bench.pace.slow}秒待つ", f"waiting {bench.pace.slow} s")
        time.sleep(bench.pace.slow)
        compare(bench, bench.answer(request), name="模擬　花子", validity="1")


@play("twins")
def twins(bench: CaseRunner) -> None:
    ask(bench, "twin-elder", branch=False)
    request = bench.request(CHECK)
    if request:
        compare(bench, bench.answer(request), validity="5", ask_staff=True, billable=False)


@play("nobody")
def nobody(bench: CaseRunner) -> None:
    ask(bench, "adult", number="0001239")
    request = bench.request(CHECK)
    if request:
        compare(bench, bench.answer(request), validity="4", ask_staff=True, billable=False)


@play("abnormal-end")
def abnormal_end(bench: CaseRunner) -> None:
    ask(bench, "adult")
    request = bench.request(CHECK)
    if request:
        compare(bench, bench.answer(request, fail=True), ask_staff=True, billable=False)


@play("bulk")
def bulk(bench: CaseRunner) -> None:
    people = ("adult", "elder", "lost-qualification")
    entries = []
    for person in people:
        entry = bench.people[person].qualifications[0]
        entries.append(
            {
                "insurer_number": entry.insurer_number,
                "symbol": entry.insured_card_symbol or "",
                "number": entry.insured_identification_number or "",
                "branch": entry.insured_branch_number or "",
                "birth_date": format_date(entry.birth_date),
            }
        )
    bench.task("bulk", Text("3人を一括照会", "check three people in bulk"), people=entries)
    upload = bench.request("OQSmuquc01req_")
    if upload is None:
        return
    bench.answer(upload)
    fetch = bench.request("OQSmuquc02req_")
    if fetch is None:
        return
    bench.answer(fetch)
    bench.note("処理中（2）と答えた", "answered that the job is in progress (2)")
    time.sleep(bench.pace.slow)
    again = bench.request("OQSmuquc02req_")
    if again is None:
        return
    compare(bench, bench.answer(again, later=2 * BULK_DURATION), units=3)


@play("past-day")
def past_day(bench: CaseRunner) -> None:
    end = bench.people["lost-qualification"].qualifications[0].disqualification_date
    assert end is not None
    day = end - timedelta(days=16)
    ask(bench, "lost-qualification", day=format_date(day))
    request = bench.request(CHECK)
    if request:
        date = request.text("MessageHeader/QualificationConfirmationDate")
        bench.judge(date == format_date(day), f"資格確認日：{date}", f"QualificationConfirmationDate: {date}")
        compare(bench, bench.answer(request), validity="1")


@play("patient-number")
def patient_number(bench: CaseRunner) -> None:
    first = bench.place(*bench.sample("young", "medicines=yes"))
    export = bench.read_as(first, number="12")
    number = (export.patient if export else None) or "P-1"
    entry = bench.people["young"].qualifications[0]
    bench.task(
        "register",
        Text(f"照会番号 {number} を登録", f"register the patient number {number}"),
        reference=number,
        insurer_number=entry.insurer_number,
        symbol=entry.insured_card_symbol or "",
        number=entry.insured_identification_number or "",
        branch=entry.insured_branch_number or "",
    )
    request = bench.request("OQSsiimm01req_")
    if request is None:
        return
    bench.answer(request)
    registered = bench.store.numbers(request.text("MessageHeader/MedicalInstitutionCode"), entry)
    bench.judge(registered == number, f"登録された番号：{registered}", f"registered: {registered}")
    second = bench.place(*bench.sample("young", "medicines=yes", number=number))
    bench.read_as(second, patient=number)
