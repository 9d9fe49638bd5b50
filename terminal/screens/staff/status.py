"""What staff can see of the terminal: devices, service, what waits to be sent, last receptions. No patient's data."""

from dataclasses import dataclass
from datetime import datetime

from terminal.handover.folder import DeliveryFailure
from terminal.problems import ProblemCode
from terminal.screens.staff.receptions import PastReception, ServiceHealth
from terminal.screens.wrapping import cells
from terminal.words.catalogue import Words

_LABEL_CELLS = 26
_BY_CODE = {problem.code: problem for problem in ProblemCode}


@dataclass(frozen=True, slots=True)
class Status:
    reader: str | None
    """Its name, None where there is none."""
    camera: bool
    service: ServiceHealth
    backlog: int | None
    """None where the ledger could not tell."""
    handover: DeliveryFailure | None
    """Why result files cannot be handed over; None while they can."""
    receptions: tuple[PastReception, ...]
    held_by: tuple[str, ...] = ()
    """Programs that may hold the card that lies on the reader."""

    def lines(self, say: Words) -> list[str]:
        works, lost = say("status.works"), say("status.lost")
        told = [
            (say("status.reader"), self.reader or lost),
            (say("status.camera"), works if self.camera else lost),
            (say("status.service"), say(f"status.{self.service}")),
            (say("status.backlog"), self._backlog(say)),
            (say("status.handover"), works if self.handover is None else say(self.handover.message_id)),
        ]
        if self.held_by:
            told.insert(1, (say("status.held-by"), ", ".join(self.held_by[:2])))
        lines = [f"{label}{' ' * max(_LABEL_CELLS - cells(label), 1)}{value}" for label, value in told]
        lines += ["", say("status.receptions")]
        lines += [f"  {_moment(past.at)}  {_ending(past, say)}" for past in self.receptions]
        return lines if self.receptions else [*lines, f"  {say('status.none')}"]

    def _backlog(self, say: Words) -> str:
        return say("status.unknown") if self.backlog is None else say("status.backlog.count", count=self.backlog)


def _moment(at: str) -> str:
    try:
        return datetime.fromisoformat(at).strftime("%m-%d %H:%M")
    except ValueError:
        return "--:--"


def _ending(past: PastReception, say: Words) -> str:
    if past.ending != "problem":
        return say(f"status.outcome.{past.ending}")
    problem = _BY_CODE.get(past.code)
    text = say(problem.message_id) if problem is not None else ""
    return say("status.outcome.problem", code=past.code, problem=text)
