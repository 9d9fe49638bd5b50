"""The exchange's data in SQLite: consents, processed files and bulk uploads.

Uploaded bulk requests are stored unchanged for a day.
"""

import contextlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.files import create_private
from consent.items import Item
from terminal.handover.patient_numbers import InsuredKey, PatientNumbers

UPLOAD_RETENTION = timedelta(hours=24)
RETENTION = timedelta(days=30)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS viewing_consents (
    institution TEXT NOT NULL, insured TEXT NOT NULL, item TEXT NOT NULL,
    decided_at INTEGER NOT NULL, available_until INTEGER, check_id TEXT,
    PRIMARY KEY (institution, insured, item)
);
CREATE TABLE IF NOT EXISTS seen_files (name TEXT PRIMARY KEY, digest TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS uploads (
    number TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, institution TEXT NOT NULL, request BLOB NOT NULL,
    accepted_at INTEGER NOT NULL, ready_at INTEGER NOT NULL, job TEXT NOT NULL DEFAULT 'OQSmuquc'
);
"""


@dataclass(frozen=True, slots=True)
class Upload:
    """A stored bulk request."""

    number: str
    job: str
    """`FileKind.job`."""
    institution: str
    request: bytes = field(repr=False)
    ready_at: datetime


@dataclass(frozen=True, slots=True)
class StoredConsent:
    """A consent from a card reader's result."""

    until: datetime
    """Last second in which it is valid."""
    check_id: str | None
    """Check id of the result, or None if it has none."""


class ExchangeStore:
    """A SQLite store, in memory if `path` is None. Not thread-safe. Close it after use."""

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            with contextlib.suppress(FileExistsError):
                create_private(path)
        self._connection = sqlite3.connect(
            str(path) if path is not None else ":memory:", check_same_thread=False, isolation_level=None
        )
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("PRAGMA secure_delete=ON")
        self._connection.executescript(_SCHEMA)
        columns = {row[1] for row in self._connection.execute("PRAGMA table_info(uploads)")}
        if "job" not in columns:  # version 0.1.0
            self._connection.execute("ALTER TABLE uploads ADD COLUMN job TEXT NOT NULL DEFAULT 'OQSmuquc'")
        self.numbers = PatientNumbers(self._connection)
        """The institutions' own patient numbers."""

    def close(self) -> None:
        self._connection.close()

    def upgrade(self, keys_for: Callable[[str], tuple[InsuredKey, ...]]) -> int:
        """Convert the patient numbers of version 0.1.0 and return the number of rows for unknown people.

        Those rows are not deleted, because another people file may contain the person.
        """
        self._connection.execute("BEGIN IMMEDIATE")
        with self._connection:
            return _convert_numbers(self._connection, self.numbers, keys_for)

    # --- consents ---------------------------------------------------------------------------------------------

    def store_decision(
        self,
        institution: str,
        insured: InsuredKey,
        item: Item,
        decided_at: datetime,
        available_until: datetime | None,
        check_id: str | None,
    ) -> None:
        """Store a decision, unless there is a later one. `available_until`: None for a refusal."""
        until = None if available_until is None else _to_seconds(available_until)
        self._connection.execute(
            "INSERT INTO viewing_consents (institution, insured, item, decided_at, available_until, check_id) "
            "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (institution, insured, item) DO UPDATE SET "
            "decided_at = excluded.decided_at, available_until = excluded.available_until, "
            "check_id = excluded.check_id WHERE excluded.decided_at >= decided_at",
            (institution, insured.text, item.value, _to_seconds(decided_at), until, check_id),
        )

    def consent(self, institution: str, insured: InsuredKey, item: Item) -> StoredConsent | None:
        """Return the consent, or None if it is missing or was refused."""
        row = self._connection.execute(
            "SELECT available_until, check_id FROM viewing_consents WHERE institution = ? AND insured = ? AND item = ?",
            (institution, insured.text, item.value),
        ).fetchone()
        return None if row is None or row[0] is None else StoredConsent(_from_seconds(row[0]), row[1])

    # --- files ------------------------------------------------------------------------------------------------

    def processed_digest(self, name: str) -> str | None:
        """Return the digest of the last processed file with this name, or None."""
        row = self._connection.execute("SELECT digest FROM seen_files WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def mark_processed(self, name: str, digest: str, at: datetime) -> None:
        self._connection.execute("INSERT OR REPLACE INTO seen_files VALUES (?, ?, ?)", (name, digest, _to_seconds(at)))

    # --- bulk checks ------------------------------------------------------------------------------------------

    def upload(self, name: str, job: str, institution: str, request: bytes, at: datetime, ready_at: datetime) -> str:
        """Store an upload and return its reception number: the day and a count.

        Uploading the same file again returns the same number.
        """
        stored = self._connection.execute("SELECT number FROM uploads WHERE name = ?", (name,)).fetchone()
        if stored is not None:
            return str(stored[0])
        today = f"{at:%Y%m%d}"
        last = self._connection.execute(
            "SELECT max(number) FROM uploads WHERE number LIKE ?", (f"{today}%",)
        ).fetchone()[0]
        number = f"{today}{int(str(last)[8:]) + 1 if last else 1:010}"
        self._connection.execute(
            "INSERT INTO uploads (number, name, institution, request, accepted_at, ready_at, job) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (number, name, institution, request, _to_seconds(at), _to_seconds(ready_at), job),
        )
        return number

    def uploaded(self, number: str) -> Upload | None:
        row = self._connection.execute(
            "SELECT number, job, institution, request, ready_at FROM uploads WHERE number = ?", (number,)
        ).fetchone()
        return None if row is None else Upload(row[0], row[1], row[2], bytes(row[3]), _from_seconds(row[4]))

    def delete_expired(self, now: datetime) -> None:
        """Delete entries after their retention period."""
        self._connection.execute("DELETE FROM uploads WHERE accepted_at < ?", (_to_seconds(now - UPLOAD_RETENTION),))
        self._connection.execute("DELETE FROM seen_files WHERE at < ?", (_to_seconds(now - RETENTION),))
        self._connection.execute("DELETE FROM viewing_consents WHERE decided_at < ?", (_to_seconds(now - RETENTION),))


def _convert_numbers(
    connection: sqlite3.Connection, numbers: PatientNumbers, keys_for: Callable[[str], tuple[InsuredKey, ...]]
) -> int:
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "reference_numbers" not in tables:
        return 0
    remaining = 0
    for institution, person, number in connection.execute("SELECT * FROM reference_numbers").fetchall():
        keys = keys_for(person)
        for key in keys:
            if numbers.find(institution, key) is None:  # newer numbers take precedence
                numbers.register(institution, key, number)
        if keys:
            connection.execute(
                "DELETE FROM reference_numbers WHERE institution = ? AND person = ?", (institution, person)
            )
        remaining += not keys
    if not remaining:
        connection.execute("DROP TABLE reference_numbers")
    # consents of version 0.1.0 are not converted: they are valid for only a day
    connection.execute("DROP TABLE IF EXISTS consents")
    return remaining


def _to_seconds(time: datetime) -> int:
    return int(time.timestamp())


def _from_seconds(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
