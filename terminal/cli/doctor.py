"""`uketsuke doctor`: check all requirements for receptions."""

import json
import os
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.cli.common import ConfigOption, echo, log_to_stderr, report_errors, settings_or_exit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from config.settings import Settings
    from terminal.doctor.examination import CheckResult

HELP = """Check all requirements for receptions and print one line for each, with remedies for problems.

Each line is OK, WARN or BAD. The exit code is 1 if any line is BAD, otherwise 0. The command changes nothing, prints no
patient data, and can be run every minute while a terminal is running.

Example: uketsuke doctor --json
"""


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for monitoring.")] = False,
    config: ConfigOption = None,
) -> None:
    settings = settings_or_exit(config)
    silence_opencv()
    log_to_stderr(verbose=False)
    with report_errors():
        from terminal.doctor.checks import CHECKS
        from terminal.doctor.examination import examine, worst_grade
        from terminal.doctor.finding import Grade

        results = examine(settings, CHECKS)
        echo(_as_json(results) if as_json else _as_text(results))
    if worst_grade(results) is Grade.BAD:
        raise typer.Exit(1)


def report_text(settings: "Settings") -> tuple[str, bool]:
    """Return the report as text, and whether any check is BAD."""
    from terminal.doctor.checks import CHECKS
    from terminal.doctor.examination import examine, worst_grade
    from terminal.doctor.finding import Grade

    silence_opencv()
    results = examine(settings, CHECKS)
    return _as_text(results), worst_grade(results) is Grade.BAD


def silence_opencv() -> None:
    """Suppress OpenCV's messages about a missing camera, because the report mentions it."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")


def _as_text(results: "Sequence[CheckResult]") -> str:
    from terminal.cli.japanese import is_japanese, to_japanese
    from terminal.screens.wrapping import cells

    translate = to_japanese if is_japanese() else str
    lines = []
    for result in results:
        name = translate(result.check)
        text = translate(result.finding.text)
        lines.append(f"{result.finding.grade:4}  {name}{' ' * max(16 - cells(name), 1)}{text}")
        if result.finding.remedy:
            lines.append(f"{'':22}-> {translate(result.finding.remedy)}")
    return "\n".join(lines)


def _as_json(results: "Sequence[CheckResult]") -> str:
    from terminal.doctor.examination import worst_grade
    from terminal.doctor.finding import Grade

    grade = worst_grade(results)
    checks = [
        {
            "check": result.check,
            "grade": result.finding.grade,
            "said": result.finding.text,
            "remedy": result.finding.remedy,
        }
        for result in results
    ]
    return json.dumps({"ok": grade is not Grade.BAD, "grade": grade, "checks": checks}, ensure_ascii=False, indent=2)
