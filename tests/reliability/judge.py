"""Invariants checked after each reception: ledger, result files and the patient's answers agree."""

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
from tests.reliability.answer_recorder import AnswerRecorder

END_KINDS = ("delivered", "discarded", "expired")


class InvariantViolated(AssertionError):
    """Raised if an invariant does not hold."""


@dataclass(slots=True)
class OpenCheck:
    """A check that has not ended or whose file has not been collected."""

    reception: str
    decided: frozenset[Item] | None = None
    by_law: frozenset[Item] = frozenset()
    withdrawn: set[Item] = field(default_factory=set)
    permitted: dict[str, frozenset[Item]] = field(default_factory=dict)
    """Items that a result file may grant, by the file's SHA-256."""
    outcome: str = ""
    collected: bool = False


class Judge:
    """Check the invariants. Reads the ledger incrementally and keeps only open checks in memory."""

    def __init__(self, ledger: Path, results: Path, recorder: AnswerRecorder, database: Path, terminal_id: str) -> None:
        self._ledger, self._results, self._recorder = ledger, results, recorder
        self._count, self._hash = 0, genesis_hash(terminal_id)
        self.open: dict[str, OpenCheck] = {}
        self.kinds: dict[str, int] = {}
        self.files = 0
        self.granted = 0
        """Number of flags with value 1 in collected files."""
        self._database = sqlite3.connect(database)
        self._database.executescript(
            "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; PRAGMA cache_size = 200;"
            "CREATE TABLE ended (check_id TEXT PRIMARY KEY) WITHOUT ROWID;"
            "CREATE TABLE collected (name TEXT PRIMARY KEY) WITHOUT ROWID;"
        )

    def close(self) -> None:
        self._database.close()

    # --- ledger -----------------------------------------------------------------------------------------------

    def read_ledger(self) -> None:
        """Read the new records. Check that the chain is intact and that no check is opened or ended twice."""
        with store.reading(self._ledger) as connection:
            rows = list(store.rows(connection, self._count + 1))
        for sequence, body, stored in rows:
            if sequence != self._count + 1 or record_hash(self._hash, body) != stored:
                raise InvariantViolated(f"the chain is broken at record {sequence}")
            self._count, self._hash = sequence, stored
            self._apply(record_from(body, stored).event)

    def _apply(self, event: Event) -> None:
        self.kinds[event.kind] = self.kinds.get(event.kind, 0) + 1
        if isinstance(event, Opened):
            self._insert_once("ended", event.check_id, "a check was opened twice")
            if any(other.reception == event.reception_id for other in self.open.values()):
                raise InvariantViolated("a reception opened two checks")
            self.open[event.check_id] = OpenCheck(event.reception_id)
            return
        check = self.open.get(event.check_id)
        if isinstance(event, Withdrawn) and check is None:
            return  # a later withdrawal does not affect a collected file
        if event.kind == "withdrawal-settled":
            return
        if check is None:
            raise InvariantViolated(f"{event.kind} after the end of its check")
        match event:
            case Decided():
                self._check_decision(check, event)
            case Withdrawn(items=items):
                check.withdrawn |= set(items)
            case HandingOver(sha256=digest):
                if check.decided is None:
                    raise InvariantViolated("a file was written before the decision")
                check.permitted[digest] = (check.decided - check.withdrawn) | check.by_law
        if event.kind in END_KINDS:
            if check.outcome:
                raise InvariantViolated(f"{event.kind} after {check.outcome}")
            check.outcome = event.kind
            self._forget_if_finished(event.check_id, check)

    def _check_decision(self, check: OpenCheck, event: Decided) -> None:
        """Check that every recorded consent was given and every confirmed consent is recorded."""
        if check.decided is not None:
            raise InvariantViolated("a check was decided twice")
        answers = self._recorder.by_reception.get(event.reception_id)
        consented = set() if answers is None else answers.consented
        if not event.granted <= consented:
            raise InvariantViolated(f"consent was not given: {sorted(event.granted - consented)}, cause {event.cause}")
        if event.cause is Cause.ANSWERED and event.granted != consented:
            raise InvariantViolated(f"a confirmed consent is missing: {sorted(consented - event.granted)}")
        check.decided, check.by_law = event.granted, frozenset(event.by_law)

    def _forget_if_finished(self, check_id: str, check: OpenCheck) -> None:
        """Forget a check that has ended. A delivered check is kept until its file has been collected."""
        if check.outcome != "delivered" or check.collected:
            del self.open[check_id]

    def _insert_once(self, table: str, key: str, message: str) -> None:
        try:
            with self._database:
                self._database.execute(f"INSERT INTO {table} VALUES (?)", (key,))
        except sqlite3.IntegrityError:
            raise InvariantViolated(message) from None

    # --- receipt computer -------------------------------------------------------------------------------------

    def collect_files(self) -> None:
        """Read and remove all result files, like a receipt computer."""
        for path in sorted(self._results.glob("*.xml")) if self._results.is_dir() else ():
            self._insert_once("collected", path.name, f"{path.name} was delivered twice")
            self._check_file(path)
            path.unlink()

    def _check_file(self, path: Path) -> None:
        try:
            root = etree.parse(path).getroot()
        except etree.XMLSyntaxError as error:
            raise InvariantViolated(f"incomplete file: {path.name}") from error
        check_id = root.findtext(".//ArbitraryFileIdentifier") or ""
        if check_id not in self.open:
            self.read_ledger()
        check = self.open.get(check_id)
        if check is None or check.decided is None:
            raise InvariantViolated(f"{path.name} has no decision")
        allowed = check.permitted.get(sha256(path.read_bytes()).hexdigest())
        if allowed is None:
            raise InvariantViolated(f"{path.name} is not recorded in the ledger")
        flags = flags_in(path)
        unexpected = {item.value for item, flag in flags.items() if flag == 1 and item not in allowed}
        if unexpected:
            raise InvariantViolated(f"{path.name} grants {sorted(unexpected)}")
        self.files += 1
        self.granted += sum(flags.values())
        check.collected = True
        if check.outcome:
            self._forget_if_finished(check_id, check)

    def check_all_ended(self, discarded: set[str]) -> None:
        """Check that all checks have ended and that the files of all delivered checks were collected.

        `discarded`: receptions discarded without a record while the disk was full. These are never sent.
        """
        for check_id, check in self.open.items():
            if check.reception in discarded and check.decided is None:
                continue
            raise InvariantViolated(
                f"{check_id} of {check.reception}: {check.outcome or 'not ended'}, file collected: {check.collected}"
            )
