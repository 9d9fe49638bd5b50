"""Tests for the conformance cases, run against correct, faulty and silent receipt software."""

import json
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config.japan import JAPAN
from terminal.cli.main import app
from terminal.simulated.conformance import bench
from terminal.simulated.conformance.bench import QUICK, CasePace, create_folders
from terminal.simulated.conformance.client import Client
from terminal.simulated.conformance.day import PLAYS, run_cases
from terminal.simulated.conformance.faults import SoftwareFault
from terminal.simulated.conformance.model import Case, CaseOutcome, Observation, Text, Verdict, cases
from terminal.simulated.conformance.report import as_html, as_json

NOW = datetime(2026, 11, 26, 9, 0, 0, tzinfo=JAPAN)
PATIENT = CasePace(patience=60.0, export=60.0, slow=1.0, settled=0.05)
"""Time limits for files that may arrive late on a slow machine."""
SHORT = CasePace(patience=2.0, export=1.0, slow=1.0, settled=0.05)
"""Time limits for files that never arrive."""
NEVER_ARRIVES = {
    SoftwareFault.FIRST_FILE_ONLY,
    SoftwareFault.IGNORES_ERR,
    SoftwareFault.IMPATIENT,
    SoftwareFault.FETCHES_ONCE,
}
SLOW_SECONDS = {
    SoftwareFault.READS_HALF: 20.0,
    SoftwareFault.DELETES_EVERYTHING: 20.0,
    SoftwareFault.TAKES_THE_NEXT_ANSWER: 20.0,
}
"""Seconds a case waits to detect these faults."""


@contextmanager
def running(root: Path, faults: Collection[SoftwareFault] = ()) -> Iterator[None]:
    create_folders(root)
    stop = threading.Event()
    client = threading.Thread(target=Client(root, faults).run, args=(stop,))
    client.start()
    try:
        yield
    finally:
        stop.set()
        client.join()


def verdicts(outcomes: list[CaseOutcome]) -> dict[str, Verdict]:
    return {outcome.case.key: outcome.verdict for outcome in outcomes}


def test_all_forty_cases_are_complete() -> None:
    assert len(cases()) == len(PLAYS) == 40
    assert [case.key for case in cases() if case.key not in PLAYS] == []
    for case in cases():
        assert all((*case.title, *case.expected, *case.why, case.source)), case.key
    assert {case.fault for case in cases() if case.fault} == {fault.value for fault in SoftwareFault}
    assert len(SoftwareFault) >= 15


def test_correct_software_passes_all_cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "QUICK", replace(QUICK, patience=60.0, export=60.0))
    report = tmp_path / "report.html"
    with running(tmp_path):
        arguments = ["exchange", "conform", "--folder", str(tmp_path), "--report", str(report), "--quick"]
        result = CliRunner().invoke(app, [*arguments, "--product", "<b>our own</b>"])
    assert result.exit_code == 0, result.output
    assert "40 passed, 0 failed, 0 not judged" in result.output
    summary = json.loads(report.with_suffix(".json").read_text(encoding="utf-8"))
    assert summary["counts"] == {"passed": 40, "failed": 0, "not-judged": 0}
    page = report.read_text(encoding="utf-8")
    assert "&lt;b&gt;our own&lt;/b&gt;" in page
    assert "<b>our own" not in page


@pytest.mark.parametrize("fault", list(SoftwareFault))
def test_each_fault_fails_only_its_own_case(fault: SoftwareFault, tmp_path: Path) -> None:
    detecting = [case.key for case in cases() if case.fault == fault]
    pace = SHORT if fault in NEVER_ARRIVES else replace(PATIENT, slow=SLOW_SECONDS.get(fault, PATIENT.slow))
    with running(tmp_path, [fault]):
        others = run_cases(tmp_path, PATIENT, only=["other-name"])
        outcomes = run_cases(tmp_path, pace, only=detecting)
    assert verdicts(others) == {"other-name": Verdict.PASSED}
    assert verdicts(outcomes) == dict.fromkeys(detecting, Verdict.FAILED)


def test_software_that_picks_up_nothing_fails(tmp_path: Path) -> None:
    (outcome,) = run_cases(tmp_path, CasePace(0.2, 0.1, 0.1, 0.01), only=["everything-shared"])
    assert outcome.verdict is Verdict.FAILED
    (outcome,) = run_cases(tmp_path, CasePace(0.2, 0.1, 0.1, 0.01), only=["check-by-number"])
    assert "no OQSsiquc01req_ request was sent" in [observation.text.en for observation in outcome.observations]
    assert list((tmp_path / "tasks").iterdir()) == [], "the case must delete its tasks"


def test_software_that_exports_nothing_is_not_judged(tmp_path: Path) -> None:
    stop = threading.Event()

    def pick_up() -> None:
        while not stop.wait(0.02):
            for path in (tmp_path / "face").glob("OQS*.xml"):
                path.unlink()

    (tmp_path / "face").mkdir()
    picking_up = threading.Thread(target=pick_up)
    picking_up.start()
    outcomes = run_cases(
        tmp_path, CasePace(60.0, 0.2, 0.1, 0.01), only=["everything-shared", "two-readers", "foreign-files"]
    )
    stop.set()
    picking_up.join()
    assert set(verdicts(outcomes).values()) == {Verdict.NOT_JUDGED}


def test_malformed_export_fails_with_a_reason(tmp_path: Path) -> None:
    with running(tmp_path):
        run_cases(tmp_path, PATIENT, only=["everything-shared"])
    stop = threading.Event()

    def write_malformed_exports() -> None:
        while not stop.wait(0.02):
            for path in (tmp_path / "face").glob("OQS*.xml"):
                (tmp_path / "export" / f"{path.name}.json").write_text('{"booked": "often"}')
                path.unlink()

    writing = threading.Thread(target=write_malformed_exports)
    writing.start()
    (outcome,) = run_cases(tmp_path, PATIENT, only=["everything-shared"])
    stop.set()
    writing.join()
    assert outcome.verdict is Verdict.FAILED
    assert any(
        "booked" in observation.text.en and "often" not in observation.text.en
        for observation in outcome.observations
        if observation.right is False
    )


def test_report_escapes_external_text() -> None:
    evil = "<script>alert(1)</script>"
    case = Case("key", Text("題", "Title"), Text("期待", "Expected"), Text("理由", "Why"), "source")
    outcome = CaseOutcome(case, [Observation(Text(evil, evil), False)])
    page = as_html([outcome], NOW, evil)
    assert "<script>" not in page
    assert page.count("&lt;script&gt;") == 3
    assert json.loads(as_json([outcome], NOW, evil))["cases"][0]["verdict"] == "failed"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "nothing"], "Available: everything-shared"),
        (["--report", "no/such/folder/report.html"], "does not exist. Create it, or choose a different --report"),
    ],
)
def test_invalid_options_are_reported(arguments: list[str], message: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["exchange", "conform", "--folder", str(tmp_path), *arguments])
    assert (result.exit_code, message in result.output) == (1, True), result.output


def test_list_shows_all_forty_cases(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["exchange", "conform", "--folder", str(tmp_path), "--list"])
    assert len(result.output.splitlines()) == 40
