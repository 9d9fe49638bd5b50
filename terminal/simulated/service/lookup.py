"""Look up an insured person by the details printed on a 資格確認書.

A look-up reports the validity of the requested qualification. Unlike a check by card, it does not return a newer
qualification but reports validity 3 if there is one.
"""

from dataclasses import dataclass
from datetime import date

from terminal.handover.patient_numbers import alphanumeric, strip_padding
from terminal.qualification.insured import InsuredSearch, Qualification
from terminal.simulated.service.people import InsuredPerson, People, is_active
from terminal.simulated.service.validity import Validity


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """The result of a look-up."""

    person: str | None
    """Id of the person; None unless there is exactly one match."""
    validity: Validity
    """OQSCD006."""
    qualifications: tuple[Qualification, ...]


def look_up(search: InsuredSearch, people: People, day: date) -> FoundPerson:
    """Look up a person. `day`: the day of care. The validity is 4 before the start of a qualification.

    Without a branch number, members of a family are distinguished only by birth date.
    """
    matches = [
        (name, person, qualification)
        for name, person in people.items()
        for qualification in (*person.qualifications, *person.former)
        if _matches(search, qualification)
    ]
    if not matches:
        return FoundPerson(None, "4", ())
    if len(matches) > 1:
        # the records may belong to different people, so none of them is returned
        return FoundPerson(None, "5", ())
    name, person, qualification = matches[0]
    person = person.on(day)
    validity = _validity(person, qualification, day)
    return FoundPerson(name, validity, () if validity == "4" else (person.as_of(qualification, day),))


def _validity(person: InsuredPerson, qualification: Qualification, day: date) -> Validity:
    """Return the validity of one qualification on a day."""
    if qualification.qualification_date is not None and day < qualification.qualification_date:
        return "4"
    end = qualification.disqualification_date
    lost = end <= day if end is not None else qualification in person.former
    if not lost:
        return "6" if person.validity == "6" else "1"
    newer = (entry for entry in (*person.qualifications, *person.former) if entry != qualification)
    return "3" if person.validity == "3" or any(is_active(entry, day) for entry in newer) else "2"


def _matches(search: InsuredSearch, qualification: Qualification) -> bool:
    return (
        strip_padding(search.insurer_number) == strip_padding(qualification.insurer_number)
        and alphanumeric(search.insured_card_symbol) == alphanumeric(qualification.insured_card_symbol)
        and alphanumeric(search.insured_identification_number)
        == alphanumeric(qualification.insured_identification_number)
        and search.insured_branch_number in (None, qualification.insured_branch_number)
        and search.birth_date == qualification.birth_date
    )
