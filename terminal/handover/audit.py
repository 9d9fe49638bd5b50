"""Compare result files with the ledger: each must match its decision and be the file that was handed over."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from consent.items import Item
from consent.ledger import LedgerFile
from consent.lifecycle import History, histories
from terminal.handover.layout import attributes_of
from terminal.handover.messages.insured import Insured
from terminal.handover.messages.kinds import FACE_PREFIX, read_message
from terminal.handover.messages.qualification import QualificationAnswer
from terminal.handover.parts import ConsentPart
from terminal.handover.reading import TooLarge, read_file
from terminal.handover.xml import MAX_SIZE, Parsed, parse


@dataclass(frozen=True, slots=True)
class FileDiffers:
    """A file that contradicts the ledger, without patient data."""

    name: str
    what: str


@dataclass(frozen=True, slots=True)
class FilesChecked:
    files: int
    differing: tuple[FileDiffers, ...]


def check_files(folder: Path, ledger: Path) -> FilesChecked:
    """Compare every card reader result in `folder`. Raises `LedgerError`, and OSError if the folder cannot be read."""
    known = histories(LedgerFile(ledger).records())
    paths = sorted(path for path in folder.iterdir() if path.name.startswith(FACE_PREFIX) and path.suffix == ".xml")
    found = (FileDiffers(path.name, what) for path in paths for what in _differences(path, known))
    return FilesChecked(len(paths), tuple(found))


def _differences(path: Path, known: dict[str, History]) -> Iterator[str]:
    try:
        data = read_file(path, MAX_SIZE)
    except (OSError, TooLarge):
        data = b""
    if data is None:
        return  # taken by the receipt computer meanwhile
    parsed = parse(data)
    message = read_message(parsed, QualificationAnswer).message if isinstance(parsed, Parsed) else None
    if not isinstance(message, QualificationAnswer):
        yield "cannot be read as a result"
        return
    history = known.get(message.header.file_identifier or "")
    if history is None or history.decided is None:
        yield "not a check in this ledger: it is another terminal's, or records are missing"
        return
    yield from _of_file(path.name, sha256(data).hexdigest(), history)
    for insured in message.body.results if message.body is not None else ():
        yield from _consents(insured, history)


def _of_file(name: str, digest: str, history: History) -> Iterator[str]:
    written = history.delivered or history.handing_over
    if written is None:
        yield "was never handed over according to the ledger"
    elif written.event.file_name != name:
        yield "was handed over under another name"
    elif written.event.sha256 is not None and written.event.sha256 != digest:
        yield "has changed since it was handed over"


def _consents(insured: Insured, history: History) -> Iterator[str]:
    """Compare the consents in the file. Withdrawals after the hand-over began are ignored: they change no file."""
    decision = history.decision.event
    granted = {answer.item: answer.answered_at for answer in decision.answers if answer.granted}
    written = history.handing_over or history.delivered
    ended = written.sequence if written is not None else None
    withdrawn = {
        item
        for record in history.withdrawals
        if ended is None or record.sequence < ended
        for item in record.event.items
    }
    for item in Item:
        for attribute in attributes_of(item, newer=True):
            consent = getattr(insured, attribute)
            if not isinstance(consent, ConsentPart) or consent.flag != "1":
                continue
            if item in decision.by_law and consent.consent_time is None:
                continue
            if item not in granted:
                yield f"{item.value}: a consent that was not given"
            elif item in withdrawn:
                yield f"{item.value}: a consent that had already been withdrawn"
            elif not _same_second(consent.consent_time, granted[item]):
                yield f"{item.value}: given at another time"


def _same_second(written: datetime | None, recorded: datetime | None) -> bool:
    return written is not None and recorded is not None and written == recorded.replace(microsecond=0)
