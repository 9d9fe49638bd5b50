"""Run all checks in parallel, each in its own thread with a time limit. A check that hangs or fails stops no other."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from config.settings import Settings
from terminal.doctor.finding import Finding, Grade, bad


@dataclass(frozen=True, slots=True)
class DoctorCheck:
    name: str
    run: Callable[[Settings], Finding]
    seconds: float = 10.0
    """Time limit."""
    if_it_hangs: str = "Restart the device or service it waits for, then the computer."


@dataclass(frozen=True, slots=True)
class Examined:
    check: str
    finding: Finding


def examine(settings: Settings, checks: Sequence[DoctorCheck]) -> list[Examined]:
    """Return the findings in the order of `checks`. Takes as long as the slowest check, at most the largest limit."""
    began = time.monotonic()
    running = [_Running(check, settings) for check in checks]
    return [Examined(one.check.name, one.finding(began + one.check.seconds)) for one in running]


def worst(examined: Sequence[Examined]) -> Grade:
    grades = {one.finding.grade for one in examined}
    return next((grade for grade in (Grade.BAD, Grade.WARN) if grade in grades), Grade.OK)


@dataclass
class _Running:
    check: DoctorCheck
    settings: Settings
    _found: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        # daemon: a device driver that never returns must not keep the process alive
        self._thread = threading.Thread(target=self._run, name=f"doctor {self.check.name}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._found.append(self.check.run(self.settings))
        except Exception as error:  # report only the type: the message may contain patient data
            self._found.append(
                bad(
                    f"could not be examined ({type(error).__name__})",
                    "This is a bug in `uketsuke doctor`; please report it.",
                )
            )

    def finding(self, until: float) -> Finding:
        self._thread.join(max(0.0, until - time.monotonic()))
        if self._found:
            return self._found[0]
        return bad(f"no answer in {self.check.seconds:g} seconds", self.check.if_it_hangs)
