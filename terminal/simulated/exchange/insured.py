"""Look up insured people for the exchange, with the same rules as the service stub."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, Self

from pydantic import ValidationError

from terminal.handover.messages.insured import Insured
from terminal.handover.patient_numbers import InsuredKey, InsuredNumbers, insured_key
from terminal.handover.result_xml import to_insured
from terminal.qualification.insured import InsuredSearch, Qualification
from terminal.simulated.service.lookup import look_up
from terminal.simulated.service.people import CareConsent, InsuredPerson, People


@dataclass(frozen=True, slots=True)
class Criteria:
    """Search criteria. None matches any value."""

    insurer_number: str = field(repr=False)
    insured_identification_number: str = field(repr=False)
    insured_card_symbol: str | None = field(default=None, repr=False)
    insured_branch_number: str | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)

    @classmethod
    def by(cls, numbers: InsuredNumbers, birth_date: date | None = None) -> Self | None:
        """Return the criteria, or None if the insurer number or the identification number is missing."""
        if numbers.insurer_number is None or numbers.insured_identification_number is None:
            return None
        return cls(
            insurer_number=numbers.insurer_number,
            insured_identification_number=numbers.insured_identification_number,
            insured_card_symbol=numbers.insured_card_symbol,
            insured_branch_number=numbers.insured_branch_number,
            birth_date=birth_date,
        )


@dataclass(frozen=True, slots=True)
class FoundInsured:
    """A person found by a search."""

    keys: tuple[InsuredKey, ...]
    """Key of the matching qualification, followed by the person's other keys."""
    record: Insured | None = field(repr=False)
    """None if only the service knows the person."""
    care: tuple[CareConsent, ...] = field(default=(), repr=False)
    """Consents for care other than a visit to the institution."""


class InsuredPeople(Protocol):
    """A source of insured people."""

    def find(self, criteria: Criteria, day: date) -> tuple[FoundInsured, ...]:
        """Return all people with a matching qualification, without duplicates."""
        ...

    def with_tickets(self, month: date) -> tuple[FoundInsured, ...]:
        """Return all people with a public-assistance ticket for a month. `month`: its first day."""
        ...

    def with_care(self, care: str) -> tuple[FoundInsured, ...]:
        """Return all people with a consent for this kind of care (OQSCD028), even if it has ended."""
        ...

    def keys_for(self, person: str) -> tuple[InsuredKey, ...]:
        """Return a fictitious person's keys by name, as stored by version 0.1.0. Empty if the name is unknown."""
        ...


class LocalInsured:
    """Searches the stub's people."""

    def __init__(self, people: People) -> None:
        self._people = people

    def find(self, criteria: Criteria, day: date) -> tuple[FoundInsured, ...]:
        return tuple(self._find(criteria, day))

    def with_tickets(self, month: date) -> tuple[FoundInsured, ...]:
        people = [person.on(month) for person in self._people.values()]
        return tuple(
            FoundInsured(_keys(entry), to_insured(entry))
            for person in people
            for entry in person.qualifications
            if entry.medical_tickets
        )

    def with_care(self, care: str) -> tuple[FoundInsured, ...]:
        return tuple(
            FoundInsured(_keys(*person.qualifications), to_insured(person.qualifications[0]), person.care_consents)
            for person in self._people.values()
            if any(consent.care == care for consent in person.care_consents)
        )

    def keys_for(self, person: str) -> tuple[InsuredKey, ...]:
        record = self._people.get(person)
        return () if record is None else _keys(*record.qualifications, *record.former)

    def _find(self, criteria: Criteria, day: date) -> Iterator[FoundInsured]:
        for key, person in self._people.items():
            for entry in (*person.qualifications, *person.former):
                if _matches(criteria, key, person, entry, day):
                    yield FoundInsured(
                        _keys(entry, *person.qualifications, *person.former), to_insured(entry), person.care_consents
                    )
                    break


class RemoteInsured:
    """The people known to a service in addition to `local`. Unknown people's numbers are accepted without a check."""

    def __init__(self, local: InsuredPeople) -> None:
        self._local = local

    def find(self, criteria: Criteria, day: date) -> tuple[FoundInsured, ...]:
        found = self._local.find(criteria, day)
        key = insured_key(criteria)
        return (FoundInsured((key,), None),) if not found and key is not None else found

    def with_tickets(self, month: date) -> tuple[FoundInsured, ...]:
        return self._local.with_tickets(month)

    def with_care(self, care: str) -> tuple[FoundInsured, ...]:
        return self._local.with_care(care)

    def keys_for(self, person: str) -> tuple[InsuredKey, ...]:
        return self._local.keys_for(person)


def _keys(*entries: Qualification) -> tuple[InsuredKey, ...]:
    return tuple(dict.fromkeys(key for entry in entries if (key := insured_key(entry)) is not None))


def _matches(criteria: Criteria, key: str, person: InsuredPerson, entry: Qualification, day: date) -> bool:
    try:
        search = InsuredSearch(
            insurer_number=criteria.insurer_number,
            insured_card_symbol=criteria.insured_card_symbol or entry.insured_card_symbol,
            insured_identification_number=criteria.insured_identification_number,
            insured_branch_number=criteria.insured_branch_number,
            birth_date=criteria.birth_date or entry.birth_date,
        )
    except ValidationError:
        return False  # invalid numbers match nobody
    one_entry = person.model_copy(update={"qualifications": (entry,), "former": ()})
    return look_up(search, {key: one_entry}, day).person == key
