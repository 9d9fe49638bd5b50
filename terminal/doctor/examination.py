"""Run all checks in parallel threads, each with a timeout. A check that hangs or fails does not affect the others."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from config.settings import Settings
from terminal.doctor.finding import Finding, Grade, failed


@dataclass(frozen=True, slots=True)
class DoctorCheck:
    name: str
    run: Callable[[Settings], Finding]
    seconds: float = 10.0
    """Timeout."""
    timeout_remedy: str = "Restart the device or service, or the computer."


@dataclass(frozen=True, slots=True)
class CheckResult:
    check: str
    finding: Finding


def examine(settings: Settings, checks: Sequence[DoctorCheck]) -> list[CheckResult]:
    """Return the findings in the order of `checks`. Blocks until all checks have finished or timed out."""
    started = time.monotonic()
    runs = [_CheckRun(check, settings) for check in checks]
    return [CheckResult(run.check.name, run.finding(started + run.check.seconds)) for run in runs]


def worst_grade(results: Sequence[CheckResult]) -> Grade:
    grades = {result.finding.grade for result in results}
    return next((grade for grade in (Grade.BAD, Grade.WARN) if grade in grades), Grade.OK)


@dataclass
class _CheckRun:
    check: DoctorCheck
    settings: Settings
    _findings: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        # a daemon thread, because a device driver that never returns must not keep the process alive
        self._thread = threading.Thread(target=self._run, name=f"doctor {self.check.name}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._findings.append(self.check.run(self.settings))
        except Exception as error:  # report only the type; the message may contain patient data
            self._findings.append(
                failed(
                    f"check failed ({type(error).__name__})",
                    "This is a bug in `uketsuke doctor`. Please report it.",
                )
            )

    def finding(self, deadline: float) -> Finding:
        self._thread.join(max(0.0, deadline - time.monotonic()))
        if self._findings:
            return self._findings[0]
        return failed(f"no response within {self.check.seconds:g} seconds", self.check.timeout_remedy)
