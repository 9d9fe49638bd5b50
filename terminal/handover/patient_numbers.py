"""An institution's own patient numbers (照会番号), which are included in later results for the same person.

The key consists of the numbers that identify an insured person on a 資格確認書.
"""

import contextlib
import logging
import sqlite3
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from config.files import create_private

log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS patient_numbers (
    institution TEXT NOT NULL, insured TEXT NOT NULL, number TEXT NOT NULL, PRIMARY KEY (institution, insured)
)
"""
_OLD_TABLE_COUNT = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'reference_numbers'"
"""Number of tables from version 0.1.0 (0 or 1), which used simulated people as keys."""
_TABLES = ("patient_numbers", "reference_numbers")


class InsuredNumbers(Protocol):
    """Message or record that contains an insured person's numbers."""

    @property
    def insurer_number(self) -> str | None: ...
    @property
    def insured_card_symbol(self) -> str | None: ...
    @property
    def insured_identification_number(self) -> str | None: ...
    @property
    def insured_branch_number(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class InsuredKey:
    """Insurer number, symbol, number and branch as one normalised string."""

    text: str = field(repr=False)


def insured_key(numbers: InsuredNumbers) -> InsuredKey | None:
    """Return the key, or None if the insurer number or identification number is missing."""
    insurer, number = strip_padding(numbers.insurer_number), alphanumeric(numbers.insured_identification_number)
    if not insurer or not number:
        return None
    return InsuredKey(
        f"{insurer}/{alphanumeric(numbers.insured_card_symbol)}/{number}/{alphanumeric(numbers.insured_branch_number)}"
    )


def strip_padding(insurer_number: str | None) -> str:
    """Strip the padding of an insurer number, which may be padded to eight characters with zeros or spaces."""
    return (insurer_number or "").strip().lstrip("0")


def alphanumeric(text: str | None) -> str:
    """Return only the letters and digits, converted to half width."""
    normalized = unicodedata.normalize("NFKC", text or "")
    return "".join(character for character in normalized if character.isalnum())


class PatientNumbers:
    """Table of patient numbers in an open database. Not thread-safe."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.execute(_SCHEMA)

    def register(self, institution: str, insured: InsuredKey, number: str) -> None:
        """Store a number, replacing an earlier one."""
        self._connection.execute(
            "INSERT INTO patient_numbers VALUES (?, ?, ?) "
            "ON CONFLICT (institution, insured) DO UPDATE SET number = excluded.number",
            (institution, insured.text, number),
        )

    def find(self, institution: str, insured: InsuredKey) -> str | None:
        row = self._connection.execute(
            "SELECT number FROM patient_numbers WHERE institution = ? AND insured = ?", (institution, insured.text)
        ).fetchone()
        return None if row is None else str(row[0])

    def __call__(self, institution: str, numbers: InsuredNumbers) -> str | None:
        """Return an insured person's patient number, or None. Used as `FaceOptions.reference_number`."""
        key = insured_key(numbers)
        return None if key is None else self.find(institution, key)


def number_lookup(path: Path) -> Callable[[str, InsuredNumbers], str | None]:
    """Return a function that looks up numbers in the database of `uketsuke exchange`, if it exists."""

    def find(institution: str, numbers: InsuredNumbers) -> str | None:
        if not path.exists():
            return None
        try:
            with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
                if connection.execute(_OLD_TABLE_COUNT).fetchone()[0]:
                    log.warning(
                        "%s contains patient numbers from version 0.1.0. Run `uketsuke exchange` once to convert them.",
                        path,
                    )
                return PatientNumbers(connection)(institution, numbers)
        except sqlite3.Error as error:  # continue without the number
            log.warning("cannot read %s: %s", path, type(error).__name__)
            return None

    return find


def copy_patient_numbers(source: Path, target: Path) -> int:
    """Copy the patient numbers from the database of `uketsuke exchange`, even while it is running. Return their count.

    `target` is created with mode 0600. Consents and bulk requests are stored for a day and not copied: a consent in an
    old copy could override a later refusal. Raises FileExistsError and sqlite3.Error.
    """
    create_private(target)
    copied = 0
    with (
        contextlib.closing(sqlite3.connect(source)) as src,
        contextlib.closing(sqlite3.connect(target)) as dst,
    ):
        src.execute("BEGIN")  # read both tables in one transaction
        for table in _TABLES:
            schema = src.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).fetchone()
            if schema is None:
                continue
            dst.execute(schema[0])
            rows = src.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
            dst.executemany(f"INSERT INTO {table} VALUES (?, ?, ?)", rows)  # noqa: S608
            copied += len(rows)
        dst.commit()
    return copied
