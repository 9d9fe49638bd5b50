"""Find an insured person by what is printed on a 資格確認書, and what such a check returns.

It says whether that qualification is in force. Unlike a card it does not lead to the newest one: where there is a newer
one, it says so (3) and shows the one that was asked for.
"""

from dataclasses import dataclass
from datetime import date

from terminal.handover.numbers import digits_of, plain
from terminal.qualification.insured import InsuredSearch, Qualification
from terminal.simulated.service.people import InsuredPerson, People, Validity, in_force


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """`person` is an id, None if no one or several were found."""

    person: str | None
    validity: Validity
    """OQSCD006."""
    qualifications: tuple[Qualification, ...]


def look_up(search: InsuredSearch, people: People, day: date) -> FoundPerson:
    """`day`: the day of care that is asked about. Before a qualification began there was none (4).

    Without a branch number a family's members are told apart by their birth dates alone.
    """
    hits = [
        (name, person, qualification)
        for name, person in people.items()
        for qualification in (*person.qualifications, *person.former)
        if _matches(search, qualification)
    ]
    if not hits:
        return FoundPerson(None, "4", ())
    if len(hits) > 1:
        # no records: they may be different people's, and one of them stands at the counter
        return FoundPerson(None, "5", ())
    name, person, qualification = hits[0]
    then = person.on(day)
    validity = _validity(then, qualification, day)
    return FoundPerson(name, validity, () if validity == "4" else (then.as_of(qualification, day),))


def _validity(person: InsuredPerson, qualification: Qualification, day: date) -> Validity:
    """Validity of one qualification on a day, which may lie years back."""
    if qualification.qualification_date is not None and day < qualification.qualification_date:
        return "4"
    end = qualification.disqualification_date
    lost = end <= day if end is not None else qualification in person.former
    if not lost:
        return "6" if person.validity == "6" else "1"
    newer = (entry for entry in (*person.qualifications, *person.former) if entry != qualification)
    return "3" if person.validity == "3" or any(in_force(entry, day) for entry in newer) else "2"


def _matches(search: InsuredSearch, qualification: Qualification) -> bool:
    return (
        digits_of(search.insurer_number) == digits_of(qualification.insurer_number)
        and plain(search.insured_card_symbol) == plain(qualification.insured_card_symbol)
        and plain(search.insured_identification_number) == plain(qualification.insured_identification_number)
        and search.insured_branch_number in (None, qualification.insured_branch_number)
        and search.birth_date == qualification.birth_date
    )
