"""The last receptions as the audit trail tells them: when, and how each ended."""

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

TAIL_BYTES = 200_000
"""Enough of the trail's end for the last receptions."""


class ServiceHealth(StrEnum):
    """What the last words of the qualification service were."""

    ANSWERED = "works"
    SILENT = "silent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PastReception:
    at: str
    """ISO 8601 with zone, of its last record."""
    ending: str
    """`done`, `problem`, `left`, ...: the tail of a message id."""
    code: str = ""
    """The problem's code, where it ended in one."""


_SILENT_EVENTS = frozenset({"ServiceSilent"})
_SERVICE_EVENTS = frozenset({"ChallengeFetched", "CheckOpened", "Registered", "Accepted", "ServiceRefused"})


def read_trail(path: Path) -> list[dict[str, str]]:
    """The trail's last records, oldest first; invalid records are skipped."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(file.tell() - TAIL_BYTES, 0))
            lines = file.read().decode("utf-8", errors="replace").splitlines()
    except OSError:
        return []
    records = []
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            records.append({str(key): str(value) for key, value in record.items()})
    return records


def last_receptions(records: list[dict[str, str]], count: int = 10) -> list[PastReception]:
    """Newest first."""
    ended: dict[str, PastReception] = {}
    for record in records:
        reception = record.get("reception", "")
        if not reception:
            continue
        before = ended.pop(reception, None)
        ended[reception] = _after(record, before)
    return list(reversed(ended.values()))[:count]


def _after(record: dict[str, str], before: PastReception | None) -> PastReception:
    at, after, detail = record.get("at", ""), record.get("after", ""), record.get("detail", "")
    match after:
        case "Complete":
            return PastReception(at, detail or (before.ending if before else "done"))
        case "Problem":
            return PastReception(at, "problem", detail or (before.code if before else ""))
        case "Inquiry":
            return PastReception(at, "inquiry")
        case "Idle" if before is not None and before.ending != "under-way":
            return before
        case "Idle":
            return PastReception(at, "left")
        case _:
            return PastReception(at, "under-way")


def service_standing(records: list[dict[str, str]]) -> ServiceHealth:
    for record in reversed(records):
        event = record.get("event", "")
        if event in _SILENT_EVENTS:
            return ServiceHealth.SILENT
        if event in _SERVICE_EVENTS:
            return ServiceHealth.ANSWERED
    return ServiceHealth.UNKNOWN
