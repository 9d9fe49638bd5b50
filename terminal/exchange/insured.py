"""Who is insured, as the exchange asks for it: by symbol and number, without a card."""

from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from terminal.handover.messages.insured import Insured, LimitInfo
from terminal.handover.result_xml import insured_of, limit_info
from terminal.qualification.contract import Qualification
from terminal.qualification.stub.people import InsuredPerson, People


@dataclass(frozen=True, slots=True)
class Wanted:
    """Optional parts that are None match any."""

    insurer_number: str = field(repr=False)
    """Without fill."""
    identification_number: str = field(repr=False)
    card_symbol: str | None = field(default=None, repr=False)
    branch_number: str | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    person: str
    """The service's own id of the person; says nothing of who it is."""
    validity: str
    """OQSCD006 on the day asked for."""
    record: Insured = field(repr=False)
    limit: LimitInfo | None = field(repr=False)


class InsuredLookup(Protocol):
    def find(self, wanted: Wanted, day: date) -> tuple[Found, ...]:
        """Every person with such a qualification, each once."""
        ...


class InventedInsured:
    """Looks in the stub's people."""

    def __init__(self, people: People) -> None:
        self._people = people

    def find(self, wanted: Wanted, day: date) -> tuple[Found, ...]:
        found: list[Found] = []
        for key, person in self._people.items():
            matching = [entry for entry in person.qualifications if _matches(entry, wanted)]
            if matching:
                # Of two spells under one number the later one.
                latest = max(matching, key=lambda entry: entry.qualification_date or date.min)
                limit = limit_info(person.limit.on(day)) if person.limit else None
                found.append(Found(key, _validity(person, latest, day), insured_of(latest), limit))
        return tuple(found)


def _matches(entry: Qualification, wanted: Wanted) -> bool:
    return (
        entry.insurer_number == wanted.insurer_number
        and entry.insured_identification_number == wanted.identification_number
        and wanted.card_symbol in (None, entry.insured_card_symbol)
        and wanted.branch_number in (None, entry.insured_branch_number)
        and wanted.birth_date in (None, entry.birth_date)
    )


def _validity(person: InsuredPerson, entry: Qualification, day: date) -> str:
    """A check by number tells whether that qualification is in force, and whether there is a newer one."""
    if not _ended(entry, day):
        return "2" if entry.qualification_date and entry.qualification_date > day else _in_force(person.validity)
    others = [other for other in person.qualifications if other is not entry and not _ended(other, day)]
    return "3" if others else "2"


def _in_force(validity: str) -> str:
    """4 and 5 tell of a search, not of a person; a record that has not ended is in force, or as it says."""
    return validity if validity in ("1", "2", "3", "6") else "1"


def _ended(entry: Qualification, day: date) -> bool:
    return entry.disqualification_date is not None and entry.disqualification_date <= day
