"""Check after each reception, whatever went wrong, that ledger, files and the patient's answers agree."""

import sqlite3
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from lxml import etree

from consent import store
from consent.hash_chain import genesis_hash, record_hash
from consent.items import Item
from consent.records import (
    Cause,
    Decided,
    Event,
    HandingOver,
    Opened,
    Withdrawn,
    record_from,
)
from terminal.simulated.demo.result_flags import flags_in
from tests.reliability.account import Account

ENDS = ("delivered", "discarded", "expired")


class Violated(AssertionError):
    """An invariant does not hold."""


@dataclass(slots=True)
class OpenCheck:
    """A check that has not ended, or whose file has not been collected."""

    reception: str
    decided: frozenset[Item] | None = None
    by_law: frozenset[Item] = frozenset()
    withdrawn: set[Item] = field(default_factory=set)
    handed: dict[str, frozenset[Item]] = field(default_factory=dict)
    """Items that may be granted in a file, by its SHA-256."""
    end: str = ""
    collected: bool = False


class Judge:
    """Read the ledger incrementally, holding only open checks in memory."""

    def __init__(self, ledger: Path, results: Path, account: Account, books: Path, terminal_id: str) -> None:
        self._ledger, self._results, self._account = ledger, results, account
        self._count, self._hash = 0, genesis_hash(terminal_id)
        self.open: dict[str, OpenCheck] = {}
        self.kinds: dict[str, int] = {}
        self.files = 0
        self.granted = 0
        """Number of flags with value 1 in collected files."""
        self._books = sqlite3.connect(books)
        self._books.executescript(
            "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; PRAGMA cache_size = 200;"
            "CREATE TABLE ended (check_id TEXT PRIMARY KEY) WITHOUT ROWID;"
            "CREATE TABLE collected (name TEXT PRIMARY KEY) WITHOUT ROWID;"
        )

    def close(self) -> None:
        self._books.close()

    # --- the ledger -------------------------------------------------------------------------------------------

    def read_ledger(self) -> None:
        """Read the new records; the chain must be intact and no check may be opened or ended twice."""
        with store.reading(self._ledger) as connection:
            rows = list(store.rows(connection, self._count + 1))
        for sequence, body, stored in rows:
            if sequence != self._count + 1 or record_hash(self._hash, body) != stored:
                raise Violated(f"the chain is broken at record {sequence}")
            self._count, self._hash = sequence, stored
            self._record(record_from(body, stored).event)

    def _record(self, event: Event) -> None:
        self.kinds[event.kind] = self.kinds.get(event.kind, 0) + 1
        if isinstance(event, Opened):
            self._once("ended", event.check_id, "a check was opened twice")
            if any(other.reception == event.reception_id for other in self.open.values()):
                raise Violated("a reception opened two checks")
            self.open[event.check_id] = OpenCheck(event.reception_id)
            return
        check = self.open.get(event.check_id)
        if isinstance(event, Withdrawn) and check is None:
            return  # a later withdrawal does not affect a collected file
        if event.kind == "withdrawal-settled":
            return
        if check is None:
            raise Violated(f"{event.kind} after the end of its check")
        match event:
            case Decided():
                self._decided(check, event)
            case Withdrawn(items=items):
                check.withdrawn |= set(items)
            case HandingOver(sha256=digest):
                if check.decided is None:
                    raise Violated("a file written before its decision")
                check.handed[digest] = (check.decided - check.withdrawn) | check.by_law
        if event.kind in ENDS:
            if check.end:
                raise Violated(f"{event.kind} after {check.end}")
            check.end = event.kind
            self._close(event.check_id, check)

    def _decided(self, check: OpenCheck, event: Decided) -> None:
        """Every recorded consent was given, and every confirmed one is recorded."""
        if check.decided is not None:
            raise Violated("a check was decided twice")
        given = self._account.given.get(event.reception_id)
        consented = set() if given is None else given.consented
        if not event.granted <= consented:
            raise Violated(f"a consent that was not given: {sorted(event.granted - consented)}, cause {event.cause}")
        if event.cause is Cause.ANSWERED and event.granted != consented:
            raise Violated(f"a confirmed consent is missing: {sorted(consented - event.granted)}")
        check.decided, check.by_law = event.granted, frozenset(event.by_law)

    def _close(self, check_id: str, check: OpenCheck) -> None:
        """Drop an ended check; a delivered one only after its file was collected."""
        if check.end != "delivered" or check.collected:
            del self.open[check_id]

    def _once(self, table: str, key: str, otherwise: str) -> None:
        try:
            with self._books:
                self._books.execute(f"INSERT INTO {table} VALUES (?)", (key,))
        except sqlite3.IntegrityError:
            raise Violated(otherwise) from None

    # --- the receipt computer ---------------------------------------------------------------------------------

    def collect_files(self) -> None:
        """Read and remove every result file, like a receipt computer."""
        for path in sorted(self._results.glob("*.xml")) if self._results.is_dir() else ():
            self._once("collected", path.name, f"{path.name} was delivered twice")
            self._file(path)
            path.unlink()

    def _file(self, path: Path) -> None:
        try:
            root = etree.parse(path).getroot()
        except etree.XMLSyntaxError as error:
            raise Violated(f"incomplete file: {path.name}") from error
        check_id = root.findtext(".//ArbitraryFileIdentifier") or ""
        if check_id not in self.open:
            self.read_ledger()
        check = self.open.get(check_id)
        if check is None or check.decided is None:
            raise Violated(f"{path.name} has no decision")
        allowed = check.handed.get(sha256(path.read_bytes()).hexdigest())
        if allowed is None:
            raise Violated(f"{path.name} was not announced in the ledger")
        flags = flags_in(path)
        wrong = {item.value for item, flag in flags.items() if flag == 1 and item not in allowed}
        if wrong:
            raise Violated(f"{path.name} claims {sorted(wrong)}")
        self.files += 1
        self.granted += sum(flags.values())
        check.collected = True
        if check.end:
            self._close(check_id, check)

    def end(self, discarded: set[str]) -> None:
        """Check that every check has ended and every delivered one has its file.

        `discarded`: receptions discarded by staff while the full ledger could not record it; they are never sent.
        """
        for check_id, check in self.open.items():
            if check.reception in discarded and check.decided is None:
                continue
            raise Violated(
                f"{check_id} of {check.reception}: {check.end or 'no end'}, file collected: {check.collected}"
            )
