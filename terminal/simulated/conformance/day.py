"""Run conformance cases in sequence and collect their outcomes."""

import time
from collections.abc import Callable, Collection
from datetime import date
from pathlib import Path

from terminal.simulated.conformance.bench import CasePace, CaseRunner
from terminal.simulated.conformance.model import Case, CaseOutcome, Text, cases
from terminal.simulated.conformance.plays_face import FACE_PLAYS
from terminal.simulated.conformance.plays_requests import REQUEST_PLAYS
from terminal.simulated.service.people import People, fictitious_people

PLAYS = FACE_PLAYS | REQUEST_PLAYS


def run_cases(
    root: Path,
    pace: CasePace,
    *,
    only: Collection[str] = (),
    on_instruction: Callable[[Text], None] = lambda _: None,
    on_outcome: Callable[[CaseOutcome], None] = lambda _: None,
) -> list[CaseOutcome]:
    """Run the cases with the keys in `only`, or all cases if it is empty, and return their outcomes.

    Calls `on_instruction` with each instruction for the software under test and `on_outcome` after each case.
    Raises `ValueError` for an unknown key.
    """
    selected = _select(only)
    bench, outcomes = CaseRunner(root, _people(), pace, on_instruction), []
    try:
        for case in selected:
            outcome = CaseOutcome(case)
            bench.begin(outcome)
            began = time.monotonic()
            PLAYS[case.key](bench)
            outcome.seconds = round(time.monotonic() - began, 2)
            bench.end()
            outcomes.append(outcome)
            on_outcome(outcome)
    finally:
        bench.close()
    return outcomes


def _select(only: Collection[str]) -> list[Case]:
    unknown = sorted(set(only) - {case.key for case in cases()})
    if unknown:
        raise ValueError(f"unknown case: {', '.join(unknown)}. Available: {', '.join(case.key for case in cases())}")
    return [case for case in cases() if not only or case.key in only]


def _people() -> People:
    """Return the fictitious people plus `namesake`, a patient with the same name as `adult`."""
    people = dict(fictitious_people())
    adult = people["adult"]
    changed = {"insured_identification_number": "0009321", "birth_date": date(1969, 2, 2)}
    entry = adult.qualifications[0].model_copy(update=changed)
    people["namesake"] = adult.model_copy(update={"qualifications": (entry,)})
    return people
