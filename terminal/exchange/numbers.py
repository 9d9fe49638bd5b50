"""The clinic's own patient numbers for the card reader's result files."""

from terminal.exchange.book import Book
from terminal.exchange.insured import InsuredPeople, Wanted
from terminal.qualification.contract import Qualification


class RegisteredNumbers:
    """For `FaceOptions.reference_number`."""

    def __init__(self, book: Book, insured: InsuredPeople) -> None:
        self._book, self._insured = book, insured

    def __call__(self, institution: str, qualification: Qualification) -> str | None:
        if qualification.insured_identification_number is None:
            return None
        wanted = Wanted(
            insurer_number=qualification.insurer_number,
            identification_number=qualification.insured_identification_number,
            card_symbol=qualification.insured_card_symbol,
            branch_number=qualification.insured_branch_number,
            birth_date=qualification.birth_date,
        )
        # Who it is does not depend on the day.
        found = self._insured.find(wanted, qualification.birth_date)
        return self._book.reference_number(institution, found[0].person) if len(found) == 1 else None
