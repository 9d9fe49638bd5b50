"""Ledger file: SQLite with synchronous=FULL, a single writer with a file lock, and any number of readers.

The record text is authoritative. The database derives `kind` and `check_id` from it. Appending takes one INSERT and one
fsync. An ORM would take longer than both together.
"""

import os
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.files import create_private, private_folder
from config.platform.current import system

_SCHEMA = """
CREATE TABLE ledger (
    format INTEGER NOT NULL,
    terminal_id TEXT NOT NULL
) STRICT;
CREATE TABLE record (
    sequence INTEGER PRIMARY KEY,
    body TEXT NOT NULL,
    hash TEXT NOT NULL,
    kind TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.event.kind')) STORED,
    check_id TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.event.check_id')) STORED
) STRICT;
CREATE INDEX record_of_check ON record (check_id, kind);
CREATE TRIGGER forbid_record_update BEFORE UPDATE ON record
BEGIN SELECT RAISE(ABORT, 'ledger records cannot be changed'); END;
CREATE TRIGGER forbid_record_delete BEFORE DELETE ON record
BEGIN SELECT RAISE(ABORT, 'ledger records cannot be deleted'); END;
"""
FORMAT = 1

Row = tuple[int, str, str]
"""Sequence, body, hash."""


class LedgerError(Exception):
    """The ledger cannot be used. The message names the file, the reason and the fix."""


class LedgerInUse(LedgerError):
    """Another process has the ledger open for writing."""


class LedgerUnwritable(LedgerError):
    """A record could not be written, for example because the disk is full or the file is damaged."""


class WriterLock:
    """The single writer's lock. The operating system releases it when the process ends."""

    def __init__(self, ledger: Path) -> None:
        path = ledger.with_name(ledger.name + ".lock")
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise LedgerUnwritable(f"cannot create {path}: {error.strerror}. Make its folder writable.") from error
        if not system.lock(self._file, wait=False):
            os.lseek(self._file, 0, os.SEEK_SET)
            holder = os.read(self._file, 200).decode(errors="replace").strip() or "another process"
            os.close(self._file)
            raise LedgerInUse(
                f"{ledger} is in use by {holder}, probably another terminal with the same state folder. "
                "Stop it, or set a different folder for this terminal (UKETSUKE_STATE_DIR)."
            )
        os.ftruncate(self._file, 0)
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, f"process {os.getpid()} ({Path(sys.argv[0]).name or 'python'})".encode())

    def release(self) -> None:
        if self._file >= 0:
            os.close(self._file)  # never deleted, or two processes could lock different files
            self._file = -1


class LedgerStore:
    """Write access to the file. Thread-safe."""

    def __init__(self, path: Path, terminal_id: str) -> None:
        with _as_ledger_error(path, "open"):
            private_folder(path.parent)
        self.path = path
        self._mutex = threading.Lock()
        self._lock = WriterLock(path)
        try:
            self._connection = self._connect(terminal_id)
        except BaseException:
            self._lock.release()
            raise

    def _connect(self, terminal_id: str) -> sqlite3.Connection:
        with _as_ledger_error(self.path, "open"):
            if not self.path.exists():
                create_private(self.path)
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=5)
        try:
            with _as_ledger_error(self.path, "open"):
                # WAL takes one fsync per commit instead of three, and never blocks readers
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'ledger'").fetchone():
                    connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA}")
                    connection.execute("INSERT INTO ledger VALUES (?, ?)", (FORMAT, terminal_id))
                    connection.execute("COMMIT")
                ledger_terminal = terminal_id_in(connection, self.path)
            if ledger_terminal != terminal_id:
                raise LedgerError(
                    f"{self.path} is the ledger of terminal {ledger_terminal!r}, not of {terminal_id!r}. Set "
                    "service.terminal_id back, or move the file elsewhere to start a new ledger."
                )
        except BaseException:
            connection.close()
            raise
        return connection

    def append(self, row: Row) -> None:
        """Add a row and sync it to disk. If LedgerUnwritable is raised, the ledger is unchanged and remains usable."""
        with self._mutex, _as_ledger_error(self.path, "write"):
            self._connection.execute("INSERT INTO record (sequence, body, hash) VALUES (?, ?, ?)", row)

    def last(self) -> Row | None:
        with self._mutex, _as_ledger_error(self.path, "read"):
            return last(self._connection)

    def at(self, sequence: int) -> Row | None:
        with self._mutex, _as_ledger_error(self.path, "read"):
            return at(self._connection, sequence)

    def rows_for_check(self, check_id: str) -> list[Row]:
        with self._mutex, _as_ledger_error(self.path, "read"):
            return rows_for_check(self._connection, check_id)

    def close(self) -> None:
        with self._mutex:
            self._connection.close()
            self._lock.release()


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a read-only connection with a consistent snapshot, even while another process is writing."""
    if not path.exists():
        raise LedgerError(f"{path} does not exist. The first reception creates the ledger.")
    with _as_ledger_error(path, "read"):
        connection = _connect_read_only(path)
    try:
        with _as_ledger_error(path, "read"):
            connection.execute("BEGIN")
            yield connection
    finally:
        connection.close()


def _connect_read_only(path: Path) -> sqlite3.Connection:
    address = path.absolute().as_uri()
    connection = sqlite3.connect(f"{address}?mode=ro", uri=True, isolation_level=None, timeout=5)
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchall()
    except sqlite3.OperationalError:
        connection.close()
        if path.with_name(path.name + "-wal").exists():
            raise
        # SQLite cannot create the log's index on read-only media, where no log exists
        return sqlite3.connect(f"{address}?immutable=1", uri=True, isolation_level=None)
    return connection


def terminal_id_in(connection: sqlite3.Connection, path: Path) -> str:
    format_, terminal_id = connection.execute("SELECT format, terminal_id FROM ledger").fetchone() or (None, "")
    if format_ != FORMAT:
        raise LedgerError(
            f"{path} has ledger format {format_}, but this version reads {FORMAT}. Use the version that wrote it."
        )
    return str(terminal_id)


def rows(connection: sqlite3.Connection, start: int = 1) -> Iterator[Row]:
    # include rows whose sequence was changed to zero or less
    return connection.execute(
        "SELECT sequence, body, hash FROM record WHERE sequence >= ? ORDER BY sequence",
        (start if start > 1 else -(2**63),),
    )


def last(connection: sqlite3.Connection) -> Row | None:
    row: Row | None = connection.execute(
        "SELECT sequence, body, hash FROM record ORDER BY sequence DESC LIMIT 1"
    ).fetchone()
    return row


def at(connection: sqlite3.Connection, sequence: int) -> Row | None:
    row: Row | None = connection.execute(
        "SELECT sequence, body, hash FROM record WHERE sequence = ?", (sequence,)
    ).fetchone()
    return row


def rows_for_check(connection: sqlite3.Connection, check_id: str) -> list[Row]:
    return connection.execute(
        "SELECT sequence, body, hash FROM record WHERE check_id = ? ORDER BY sequence", (check_id,)
    ).fetchall()


def unfinished(connection: sqlite3.Connection) -> list[Row]:
    """Return all records of checks that are not closed or have an unsettled withdrawal."""
    return connection.execute(
        "SELECT sequence, body, hash FROM record WHERE check_id IN (SELECT check_id FROM record GROUP BY check_id "
        "HAVING sum(kind IN ('delivered', 'expired', 'discarded', 'lost', 'restored')) = 0 "
        "OR sum(kind = 'withdrawn') > sum(kind = 'withdrawal-settled')) ORDER BY sequence"
    ).fetchall()


@contextmanager
def _as_ledger_error(path: Path, action: str) -> Iterator[None]:
    """Convert driver errors to LedgerError with the file name. `action` is "open", "read" or "write"."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        kind = LedgerError if action == "read" else LedgerUnwritable
        raise kind(f"cannot {action} {path}: {error}. Check disk space, permissions and disk health.") from error
