"""The clinic's own patient numbers for the card reader's result files."""

import contextlib
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path

from terminal.qualification.contract import Qualification
from terminal.simulated.exchange.book import Book
from terminal.simulated.exchange.insured import InsuredPeople, InventedInsured, Wanted
from terminal.simulated.service.people import invented_people

log = logging.getLogger(__name__)


class RegisteredNumbers:
    """For `FaceOptions.reference_number`."""

    def __init__(self, book: Book, insured: InsuredPeople) -> None:
        self._book, self._insured = book, insured

    def __call__(self, institution: str, qualification: Qualification) -> str | None:
        if qualification.insured_identification_number is None:
            return None
        wanted = Wanted(
            insurer_number=qualification.insurer_number,
            insured_identification_number=qualification.insured_identification_number,
            insured_card_symbol=qualification.insured_card_symbol,
            insured_branch_number=qualification.insured_branch_number,
            birth_date=qualification.birth_date,
        )
        # Who it is does not depend on the day.
        found = self._insured.find(wanted, qualification.birth_date)
        return self._book.reference_number(institution, found[0].person) if len(found) == 1 else None


def numbers_in(path: Path) -> Callable[[str, Qualification], str | None]:
    """The same from the book of an `uketsuke exchange` beside this terminal; no number while there is no such book."""

    def find(institution: str, qualification: Qualification) -> str | None:
        if not path.exists():
            return None
        try:
            with contextlib.closing(Book(path)) as book:
                return RegisteredNumbers(book, InventedInsured(invented_people()))(institution, qualification)
        except sqlite3.Error as error:  # the result goes out without the number rather than not at all
            log.warning("%s cannot be read: %s", path, type(error).__name__)
            return None

    return find
