"""The invented insured people: what the insurers' records say about them."""

import tomllib
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import ValidationError, model_validator

from terminal.qualification.base import Confidential
from terminal.qualification.insured import Limit, Qualification, SpecificDisease, Subsidy, SubsidyStanding

NEVER_SHARES = frozenset({"07", "A1"})
"""Insured-card classifications (OQSCD010) whose data is never shared: 自衛官, 医療扶助."""


Validity = Literal["1", "2", "3", "4", "5", "6"]
"""OQSCD006."""


class LimitEntry(Confidential):
    """The limit of a person; its dates follow from the day of the check."""

    classification: str
    classification_flag: str
    long_term_date: date | None = None

    def on(self, day: date) -> Limit:
        """The benefit year runs from August to July."""
        first_year = day.year if day.month >= 8 else day.year - 1
        return Limit(
            classification=self.classification,
            classification_flag=self.classification_flag,
            long_term_date=self.long_term_date,
            valid_start_date=date(first_year, 8, 1),
            valid_end_date=date(first_year + 1, 7, 31),
        )


class InsuredPerson(Confidential):
    registered: bool
    """Has registered the card as an insurance card."""
    validity: Validity
    qualifications: tuple[Qualification, ...] = ()
    former: tuple[Qualification, ...] = ()
    """Lost ones that a look-up by their numbers still finds; a card leads to the present one."""
    limit: LimitEntry | None = None
    specific_diseases: tuple[SpecificDisease, ...] = ()
    subsidies: tuple[Subsidy, ...] = ()
    subsidies_connected: bool = True
    """False where the municipality's system is not connected: nothing can be told of subsidies then."""
    shares: bool = True
    """False for 日雇特例, which no code value tells."""
    birth_date: date | None = None
    """Where no qualification says it."""

    @model_validator(mode="after")
    def _has_a_birth_date(self) -> Self:
        if self.birth_date is None and not self.qualifications:
            raise ValueError("a person needs a birth date or a qualification with one")
        return self

    @property
    def born(self) -> date:
        born = self.birth_date or self.qualifications[0].birth_date
        assert born is not None
        return born

    def age_on(self, day: date) -> int:
        """Years completed; somebody born on 29 February completes one on 1 March of a common year."""
        return day.year - self.born.year - ((day.month, day.day) < (self.born.month, self.born.day))

    @property
    def late_elderly(self) -> bool:
        return any(entry.insurer_number.startswith("39") for entry in self.qualifications)

    @property
    def may_share(self) -> bool:
        return self.shares and not any(
            entry.insured_card_classification in NEVER_SHARES for entry in self.qualifications
        )

    def usable_subsidies(self, day: date) -> tuple[Subsidy, ...]:
        return tuple(one for one in self.subsidies if self.subsidies_connected and one.in_force(day))

    def subsidies_on(self, day: date) -> SubsidyStanding:
        if not self.subsidies_connected:
            return SubsidyStanding.NOT_CONNECTED
        if self.usable_subsidies(day):
            return SubsidyStanding.USABLE
        return SubsidyStanding.ENDED if self.subsidies else SubsidyStanding.NONE

    @property
    def valid(self) -> bool:
        return self.validity in ("1", "6")


People = Mapping[str, InsuredPerson]
"""By id, as in people.toml."""


def invented_people(own: Path | None = None) -> People:
    """Those of the package, and of a file of one's own, which may say `like` one of them or replace one.

    Raises `ValueError` for a file that is none; the text names person and field, never what stood there.
    """
    text = files("terminal.simulated.service").joinpath("people.toml").read_text(encoding="utf-8")
    entries = tomllib.loads(text)
    people = {name: _person(name, entries) for name in entries}
    if own is None:
        return people
    try:
        mine = tomllib.loads(own.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{own.name} is no TOML: {error}") from error
    return people | {name: _person(name, entries | mine) for name in mine}


def _person(name: str, entries: Mapping[str, Any]) -> InsuredPerson:
    try:
        return InsuredPerson.model_validate(_whole(name, entries, ()))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise ValueError(f"person {name!r}: {wrong}") from None


def _whole(name: str, entries: Mapping[str, Any], seen: tuple[str, ...]) -> dict[str, Any]:
    """The entry without its shorthands: `like`, `qualification` and `more`."""
    entry = entries.get(name)
    if not isinstance(entry, dict) or name in seen:
        raise ValueError(f"person {name!r}: {'is like itself' if name in seen else 'there is nobody of that name'}")
    own = {key: value for key, value in entry.items() if key not in ("like", "qualification", "more")}
    if "like" not in entry:
        return own
    whole = _whole(entry["like"], entries, (*seen, name)) | own
    first, *others = whole.get("qualifications") or [{}]
    first = first | entry.get("qualification", {})
    # a second qualification is the same person's
    whole["qualifications"] = [first, *others, *(first | change for change in entry.get("more", []))]
    return whole
