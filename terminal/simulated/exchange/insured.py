"""Who is insured, as the exchange asks for it: whom numbers lead to. Who that is decides the stub's own look-up."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from pydantic import ValidationError

from terminal.handover.messages.insured import Insured
from terminal.handover.result_xml import insured_of
from terminal.qualification.insured import InsuredSearch, Qualification
from terminal.simulated.service.lookup import look_up
from terminal.simulated.service.people import InsuredPerson, People


@dataclass(frozen=True, slots=True)
class Wanted:
    """Parts that are None match any: not every request names them."""

    insurer_number: str = field(repr=False)
    insured_identification_number: str = field(repr=False)
    insured_card_symbol: str | None = field(default=None, repr=False)
    insured_branch_number: str | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    person: str
    """The service's own id of the person; says nothing of who it is."""
    record: Insured = field(repr=False)


class InsuredPeople(Protocol):
    def find(self, wanted: Wanted, day: date) -> tuple[Found, ...]:
        """Every person with such a qualification, each once."""
        ...


class InventedInsured:
    """Looks in the stub's people."""

    def __init__(self, people: People) -> None:
        self._people = people

    def find(self, wanted: Wanted, day: date) -> tuple[Found, ...]:
        return tuple(self._found(wanted, day))

    def _found(self, wanted: Wanted, day: date) -> Iterator[Found]:
        for key, person in self._people.items():
            for entry in (*person.qualifications, *person.former):
                if _is_it(wanted, key, person, entry, day):
                    yield Found(key, insured_of(entry))
                    break


def _is_it(wanted: Wanted, key: str, person: InsuredPerson, entry: Qualification, day: date) -> bool:
    try:
        search = InsuredSearch(
            insurer_number=wanted.insurer_number,
            insured_card_symbol=wanted.insured_card_symbol or entry.insured_card_symbol,
            insured_identification_number=wanted.insured_identification_number,
            insured_branch_number=wanted.insured_branch_number,
            birth_date=wanted.birth_date or entry.birth_date,
        )
    except ValidationError:
        return False  # nobody has such numbers
    alone = person.model_copy(update={"qualifications": (entry,), "former": ()})
    return look_up(search, {key: alone}, day).person == key
