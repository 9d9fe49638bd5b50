"""The ledger's file: SQLite with synchronous=FULL, one writer by file lock, readers at any time.

One table: the record's text is authoritative, and the database computes `kind` and `check_id` from it. Plain SQL on the
standard library's driver: an append is one INSERT and one fsync, and another layer would cost more than both.
"""

import os
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.files import create_private, private_folder
from config.platform.chosen import system

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
CREATE TRIGGER record_stays BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'no ledger record is changed'); END;
CREATE TRIGGER record_remains BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, 'no ledger record is removed'); END;
"""
FORMAT = 1

Row = tuple[int, str, str]
"""Sequence, body, hash."""


class LedgerError(Exception):
    """The ledger cannot be used; the text names the file, the reason and what to do."""


class LedgerInUse(LedgerError):
    """Another process writes this ledger."""


class LedgerUnwritable(LedgerError):
    """A record could not be made durable: disk full, folder read-only, file damaged."""


class WriterLock:
    """Held by the one writer; released by the system when the process ends, however it ends."""

    def __init__(self, ledger: Path) -> None:
        path = ledger.with_name(ledger.name + ".lock")
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise LedgerUnwritable(f"{path} cannot be created: {error.strerror}. Make its folder writable.") from error
        if not system.lock(self._file, wait=False):
            os.lseek(self._file, 0, os.SEEK_SET)
            holder = os.read(self._file, 200).decode(errors="replace").strip() or "another process"
            os.close(self._file)
            raise LedgerInUse(
                f"{ledger} is being written by {holder}: one ledger has one writer, and a terminal seems to run on "
                "this state folder already. Stop it, or give this terminal its own folder (UKETSUKE_STATE_DIR)."
            )
        os.ftruncate(self._file, 0)
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, f"process {os.getpid()} ({Path(sys.argv[0]).name or 'python'})".encode())

    def release(self) -> None:
        if self._file >= 0:
            os.close(self._file)  # the file stays: removing it would let two processes lock two files
            self._file = -1


class LedgerStore:
    """The writing end. Its methods may be called from any thread."""

    def __init__(self, path: Path, terminal_id: str) -> None:
        with _told(path, "opened"):
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
        with _told(self.path, "opened"):
            if not self.path.exists():
                create_private(self.path)
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=5)
        try:
            with _told(self.path, "opened"):
                # one fsync per commit with a write-ahead log, three with a rollback journal; readers never wait
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'ledger'").fetchone():
                    connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA}")
                    connection.execute("INSERT INTO ledger VALUES (?, ?)", (FORMAT, terminal_id))
                    connection.execute("COMMIT")
                bound_to = terminal_of(connection, self.path)
            if bound_to != terminal_id:
                raise LedgerError(
                    f"{self.path} is the ledger of terminal {bound_to!r}, not of {terminal_id!r}. Set "
                    "service.terminal_id back, or move the file away to begin a ledger for the new name."
                )
        except BaseException:
            connection.close()
            raise
        return connection

    def append(self, row: Row) -> None:
        """Returns when the row is on disk. On LedgerUnwritable the ledger goes on without it."""
        with self._mutex, _told(self.path, "written"):
            self._connection.execute("INSERT INTO record (sequence, body, hash) VALUES (?, ?, ?)", row)

    def last(self) -> Row | None:
        with self._mutex, _told(self.path, "read"):
            return last(self._connection)

    def at(self, sequence: int) -> Row | None:
        with self._mutex, _told(self.path, "read"):
            return at(self._connection, sequence)

    def of_check(self, check_id: str) -> list[Row]:
        with self._mutex, _told(self.path, "read"):
            return of_check(self._connection, check_id)

    def close(self) -> None:
        with self._mutex:
            self._connection.close()
            self._lock.release()


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A read-only connection with one view of the file, even while another process writes it."""
    if not path.exists():
        raise LedgerError(f"{path} does not exist. The ledger is written by the first reception.")
    with _told(path, "read"):
        connection = _readable(path)
    try:
        with _told(path, "read"):
            connection.execute("BEGIN")
            yield connection
    finally:
        connection.close()


def _readable(path: Path) -> sqlite3.Connection:
    address = path.absolute().as_uri()
    connection = sqlite3.connect(f"{address}?mode=ro", uri=True, isolation_level=None, timeout=5)
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchall()
    except sqlite3.OperationalError:
        connection.close()
        if path.with_name(path.name + "-wal").exists():
            raise
        # a copy on read-only media: the log's index cannot be created there, and no log is left to read
        return sqlite3.connect(f"{address}?immutable=1", uri=True, isolation_level=None)
    return connection


def terminal_of(connection: sqlite3.Connection, path: Path) -> str:
    format_, terminal_id = connection.execute("SELECT format, terminal_id FROM ledger").fetchone() or (None, "")
    if format_ != FORMAT:
        raise LedgerError(
            f"{path} has ledger format {format_}; this program reads {FORMAT}. Use the version it is from."
        )
    return str(terminal_id)


def rows(connection: sqlite3.Connection, start: int = 1) -> Iterator[Row]:
    # a row whose sequence was set to zero or below is shown as well
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


def of_check(connection: sqlite3.Connection, check_id: str) -> list[Row]:
    return connection.execute(
        "SELECT sequence, body, hash FROM record WHERE check_id = ? ORDER BY sequence", (check_id,)
    ).fetchall()


def unended(connection: sqlite3.Connection) -> list[Row]:
    """All records of the checks that have no end yet, or a withdrawal that is not settled."""
    return connection.execute(
        "SELECT sequence, body, hash FROM record WHERE check_id IN (SELECT check_id FROM record GROUP BY check_id "
        "HAVING sum(kind IN ('delivered', 'expired', 'discarded', 'lost', 'restored')) = 0 "
        "OR sum(kind = 'withdrawn') > sum(kind = 'withdrawal-settled')) ORDER BY sequence"
    ).fetchall()


@contextmanager
def _told(path: Path, done: str) -> Iterator[None]:
    """Raise the driver's errors as our own, with the file's name."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        kind = LedgerError if done == "read" else LedgerUnwritable
        raise kind(
            f"{path} cannot be {done}: {error}. Look at disk space, permissions and the disk's health."
        ) from error
