"""`uketsuke doctor`"""

import json
import os
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.cli.common import ConfigOption, install_error_hooks, log_to_stderr, settings_or_exit, tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from config.settings import Settings
    from terminal.doctor.examination import CheckResult

HELP = """Check everything a reception needs, one line each, with the remedy if something is wrong.

Each line is OK, WARN or BAD; exit code 1 if anything is BAD, otherwise 0. Changes nothing and prints no patient data;
safe to run every minute while a terminal is running.

Example: uketsuke doctor --json
"""


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for monitoring.")] = False,
    config: ConfigOption = None,
) -> None:
    settings = settings_or_exit(config)
    quiet_camera()
    log_to_stderr(verbose=False)
    with install_error_hooks():
        from terminal.doctor.checks import CHECKS
        from terminal.doctor.examination import examine, worst
        from terminal.doctor.finding import Grade

        examined = examine(settings, CHECKS)
        tell(_as_json(examined) if as_json else _lines(examined))
    if worst(examined) is Grade.BAD:
        raise typer.Exit(1)


def examined_lines(settings: "Settings") -> tuple[str, bool]:
    """Return doctor's report on a terminal, and whether anything in it is BAD."""
    from terminal.doctor.checks import CHECKS
    from terminal.doctor.examination import examine, worst
    from terminal.doctor.finding import Grade

    quiet_camera()
    examined = examine(settings, CHECKS)
    return _lines(examined), worst(examined) is Grade.BAD


def quiet_camera() -> None:
    """Silence OpenCV's messages about a missing camera; doctor reports it."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")


def _lines(examined: "Sequence[CheckResult]") -> str:
    from terminal.cli.japanese import in_japanese, is_japanese
    from terminal.screens.wrapping import cells

    say = in_japanese if is_japanese() else str
    lines = []
    for one in examined:
        name = say(one.check)
        lines.append(f"{one.finding.grade:4}  {name}{' ' * max(16 - cells(name), 1)}{say(one.finding.text)}")
        if one.finding.remedy:
            lines.append(f"{'':22}-> {say(one.finding.remedy)}")
    return "\n".join(lines)


def _as_json(examined: "Sequence[CheckResult]") -> str:
    from terminal.doctor.examination import worst
    from terminal.doctor.finding import Grade

    grade = worst(examined)
    checks = [
        {"check": one.check, "grade": one.finding.grade, "said": one.finding.text, "remedy": one.finding.remedy}
        for one in examined
    ]
    return json.dumps({"ok": grade is not Grade.BAD, "grade": grade, "checks": checks}, ensure_ascii=False, indent=2)
