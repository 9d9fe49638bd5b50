"""Find an insured person by the details printed on a 資格確認書, and the result of such a check.

It reports whether that qualification is in force. Unlike a card, it does not lead to the newest one: if there is a
newer one, it reports that (3) and returns the one requested.
"""

from dataclasses import dataclass
from datetime import date

from terminal.handover.numbers import digits_of, plain
from terminal.qualification.insured import InsuredSearch, Qualification
from terminal.simulated.service.people import InsuredPerson, People, Validity, in_force


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """`person` is an id, or None if nobody or several people were found."""

    person: str | None
    validity: Validity
    """OQSCD006."""
    qualifications: tuple[Qualification, ...]


def look_up(search: InsuredSearch, people: People, day: date) -> FoundPerson:
    """Look up a person. `day`: the day of care. Before the start of a qualification, there was none (4).

    Without a branch number, members of a family are distinguished only by birth date.
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
        # return no records: they may belong to different people, and only one of them is at the counter
        return FoundPerson(None, "5", ())
    name, person, qualification = hits[0]
    then = person.on(day)
    validity = _validity(then, qualification, day)
    return FoundPerson(name, validity, () if validity == "4" else (then.as_of(qualification, day),))


def _validity(person: InsuredPerson, qualification: Qualification, day: date) -> Validity:
    """Return the validity of one qualification on a day, which may be years ago."""
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
