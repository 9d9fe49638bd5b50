"""Compare result files with the ledger.

A file must match its decision and the recorded handover.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from consent.items import Item
from consent.ledger import LedgerFile
from consent.lifecycle import History, histories
from terminal.handover.layout import consent_attributes
from terminal.handover.messages.insured import Insured
from terminal.handover.messages.kinds import FACE_PREFIX, read_message
from terminal.handover.messages.qualification import QualificationAnswer
from terminal.handover.parts import ConsentPart
from terminal.handover.reading import FileTooLarge, read_file
from terminal.handover.xml import MAX_SIZE, ParsedFile, parse


@dataclass(frozen=True, slots=True)
class FileDifference:
    """Difference between a file and the ledger, without patient data."""

    name: str
    description: str


@dataclass(frozen=True, slots=True)
class FileReport:
    files: int
    differing: tuple[FileDifference, ...]


def check_files(folder: Path, ledger: Path) -> FileReport:
    """Compare all card reader results in `folder`. Raises LedgerError, or OSError if the folder cannot be read."""
    histories_by_check = histories(LedgerFile(ledger).records())
    paths = sorted(path for path in folder.iterdir() if path.name.startswith(FACE_PREFIX) and path.suffix == ".xml")
    differences = (
        FileDifference(path.name, description)
        for path in paths
        for description in _differences(path, histories_by_check)
    )
    return FileReport(len(paths), tuple(differences))


def _differences(path: Path, histories_by_check: dict[str, History]) -> Iterator[str]:
    try:
        data = read_file(path, MAX_SIZE)
    except (OSError, FileTooLarge):
        data = b""
    if data is None:
        return  # the receipt computer has removed the file
    parsed = parse(data)
    message = read_message(parsed, QualificationAnswer).message if isinstance(parsed, ParsedFile) else None
    if not isinstance(message, QualificationAnswer):
        yield "not a valid result"
        return
    history = histories_by_check.get(message.header.file_identifier or "")
    if history is None or history.decided is None:
        yield "its check is not in this ledger: the file is from a different terminal, or records are missing"
        return
    yield from _file_differences(path.name, sha256(data).hexdigest(), history)
    for insured in message.body.results if message.body is not None else ():
        yield from _consent_differences(insured, history)


def _file_differences(name: str, digest: str, history: History) -> Iterator[str]:
    handover = history.delivered or history.handing_over
    if handover is None:
        yield "not recorded in the ledger as handed over"
    elif handover.event.file_name != name:
        yield "handed over under a different name"
    elif handover.event.sha256 is not None and handover.event.sha256 != digest:
        yield "changed since the handover"


def _consent_differences(insured: Insured, history: History) -> Iterator[str]:
    """Compare the consents in the file. Ignore withdrawals made after the handover started."""
    decision = history.decision.event
    granted = {answer.item: answer.answered_at for answer in decision.answers if answer.granted}
    handover = history.handing_over or history.delivered
    handover_sequence = handover.sequence if handover is not None else None
    withdrawn = {
        item
        for record in history.withdrawals
        if handover_sequence is None or record.sequence < handover_sequence
        for item in record.event.items
    }
    for item in Item:
        for attribute in consent_attributes(item, newer=True):
            consent = getattr(insured, attribute)
            if not isinstance(consent, ConsentPart) or consent.flag != "1":
                continue
            if item in decision.by_law and consent.consent_time is None:
                continue
            if item not in granted:
                yield f"{item.value}: not granted"
            elif item in withdrawn:
                yield f"{item.value}: withdrawn before the handover"
            elif not _same_second(consent.consent_time, granted[item]):
                yield f"{item.value}: granted at a different time"


def _same_second(written: datetime | None, recorded: datetime | None) -> bool:
    return written is not None and recorded is not None and written == recorded.replace(microsecond=0)
