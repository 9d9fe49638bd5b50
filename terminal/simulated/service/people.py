"""Fictitious insured people and their records."""

import tomllib
from calendar import monthrange
from collections.abc import Mapping
from datetime import MAXYEAR, MINYEAR, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from config.toml import TomlError, read_toml
from consent.items import Item
from terminal.qualification.base import Confidential
from terminal.qualification.contract import PendingPrescription, PrescriptionId
from terminal.qualification.insured import (
    ElderlyRecipient,
    LimitCertificate,
    MedicalTicket,
    Qualification,
    SpecificDiseaseCertificate,
    Subsidy,
    SubsidyStatus,
)
from terminal.simulated.service.validity import Validity

ASSISTED = "A1"
"""OQSCD010 of public assistance (医療扶助)."""
NEVER_SHARES = frozenset({"07", ASSISTED})
"""Insured-card classifications (OQSCD010) whose data is never shared: 自衛官, 医療扶助."""


class LimitEntry(Confidential):
    """A person's limit, with dates relative to the day of the check."""

    classification: str
    classification_flag: str
    certificate_date: date | None = None
    long_term_date: date | None = None

    def on(self, day: date) -> LimitCertificate:
        """Return the limit for the benefit year of a day."""
        start, end = benefit_year(day)
        return LimitCertificate(
            classification=self.classification,
            classification_flag=self.classification_flag,
            certificate_date=self.certificate_date,
            long_term_date=self.long_term_date,
            valid_start_date=start,
            valid_end_date=end,
        )


class TicketEntry(Confidential):
    """A monthly public-assistance ticket (医療券, 調剤券), with dates relative to the day of the check."""

    ticket_type: str
    issue_number: str | None = None
    institution_code: str | None = None
    institution_flag: str | None = None
    institution_name: str | None = None
    prescription_issuer_code: str | None = None
    prescription_issuer_name: str | None = None
    injury_names: tuple[str, ...] = ()
    treatment_type: str | None = None
    self_pay_amount: str | None = None
    district_contact_name: str | None = None
    handling_contact_name: str | None = None
    single_or_combined_use: str | None = None
    social_insurance: str | None = None
    consistency_flag: str | None = None
    infection: str | None = None
    elderly_medical_care: str | None = None
    prefectural_expenses: str | None = None
    remarks: tuple[str, ...] = ()

    def on(self, day: date) -> MedicalTicket:
        """Return the ticket for the month of a day."""
        last = monthrange(day.year, day.month)[1]
        return MedicalTicket(
            **self.model_dump(),
            valid_date=day.replace(day=1),
            expiration_date=day.replace(day=last),
            treatment_month=f"{day:%Y%m}",
        )


class CareConsent(Confidential):
    """A consent for home visits or online care (居宅同意取得型), or data access without consent in an emergency."""

    care: Literal["2", "3", "4"]
    """OQSCD028."""
    days_ago: Annotated[int, Field(ge=0)]
    """Days between the consent and the check. Consent is given on the day of care."""
    holds_days: Annotated[int, Field(ge=1)] = 365
    items: tuple[Item, ...] = (Item.MEDICINES, Item.HEALTH_CHECKUP)

    def given_at(self, now: datetime) -> datetime:
        """Return the time of the consent, ten o'clock on its day. `now`: time in Japan."""
        return (now - timedelta(days=self.days_ago)).replace(hour=10, minute=0, second=0, microsecond=0)

    def ends_at(self, now: datetime) -> datetime:
        return self.given_at(now) + timedelta(days=self.holds_days)

    def is_valid(self, now: datetime) -> bool:
        return now <= self.ends_at(now)


class SubsidyEntry(Confidential):
    """A medical subsidy certificate."""

    insurer_number: str
    recipient_number: str
    name: str
    segment: str | None = None
    monthly_limit: int | None = None
    valid_from: date
    valid_until: date | None = None
    ended_days_ago: Annotated[int, Field(ge=1)] | None = None
    """Days between the end of validity and the check, instead of `valid_until`."""
    reimbursement_only: bool = False

    def on(self, day: date) -> Subsidy:
        certificate = self.model_dump(exclude={"ended_days_ago"})
        if self.ended_days_ago is not None:
            certificate["valid_until"] = day - timedelta(days=self.ended_days_ago)
        return Subsidy.model_validate(certificate)


class PrescriptionEntry(Confidential):
    """An electronic prescription waiting to be dispensed."""

    id: PrescriptionId
    institution: str
    days_ago: Annotated[int, Field(ge=0, le=3)]
    """Days between the issue and the check. Prescriptions are valid for four days."""

    def on(self, day: date) -> PendingPrescription:
        issued = day - timedelta(days=self.days_ago)
        return PendingPrescription(id=self.id, institution=self.institution, issued_on=issued)


class InsuredPerson(Confidential):
    """An insured person with all qualifications and documents."""

    registered: bool
    """Whether the card is registered as an insurance card."""
    validity: Validity
    qualifications: tuple[Qualification, ...] = ()
    former: tuple[Qualification, ...] = ()
    """Lost qualifications, found only by a look-up with their numbers."""
    tickets: tuple[TicketEntry, ...] = ()
    """Public-assistance tickets for every month. Qualifications may have further tickets for certain months."""
    care_consents: tuple[CareConsent, ...] = ()
    limit: LimitEntry | None = None
    specific_diseases: tuple[SpecificDiseaseCertificate, ...] = ()
    subsidies: tuple[SubsidyEntry, ...] = ()
    subsidies_connected: bool = True
    """False if subsidies are unknown because the municipality's system is not connected."""
    prescriptions: tuple[PrescriptionEntry, ...] = ()
    """Electronic prescriptions to dispense, reported to pharmacies, newest first."""
    shares: bool = True
    """False for 日雇特例, which has no code value."""
    birth_date: date | None = None
    """Required if there are no qualifications."""

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
        """Return the age in years. In common years, the birthday of people born on 29 February is 1 March."""
        return day.year - self.born.year - ((day.month, day.day) < (self.born.month, self.born.day))

    def on(self, day: date) -> Self:
        """Return the record as of a day. Public assistance without a ticket for the month has validity 6."""
        entries = tuple(self.as_of(entry, day) for entry in self.qualifications)
        if self.validity not in ("1", "6") or not any(map(_assisted, self.qualifications)):
            return self.model_copy(update={"qualifications": entries})
        has_ticket = any(entry.medical_tickets for entry in entries)
        return self.model_copy(update={"qualifications": entries, "validity": "1" if has_ticket else "6"})

    def as_of(self, entry: Qualification, day: date) -> Qualification:
        """Return a qualification with the documents of a day: the month's tickets and the year's 高齢受給者証."""
        if entry.elderly_recipient is not None:
            entry = entry.model_copy(update={"elderly_recipient": _recipient_on(entry.elderly_recipient, day)})
        if not _assisted(entry):
            return entry
        tickets = (ticket for ticket in entry.medical_tickets if ticket.treatment_month == f"{day:%Y%m}")
        return entry.model_copy(update={"medical_tickets": (*tickets, *(ticket.on(day) for ticket in self.tickets))})

    @property
    def late_elderly(self) -> bool:
        return any(entry.insurer_number.startswith("39") for entry in self.qualifications)

    @property
    def may_share(self) -> bool:
        return self.shares and not any(
            entry.insured_card_classification in NEVER_SHARES for entry in self.qualifications
        )

    def usable_subsidies(self, day: date) -> tuple[Subsidy, ...]:
        subsidies = (entry.on(day) for entry in self.subsidies if self.subsidies_connected)
        return tuple(subsidy for subsidy in subsidies if subsidy.is_valid_on(day))

    def subsidies_on(self, day: date) -> SubsidyStatus:
        if not self.subsidies_connected:
            return SubsidyStatus.NOT_CONNECTED
        if self.usable_subsidies(day):
            return SubsidyStatus.USABLE
        return SubsidyStatus.ENDED if self.subsidies else SubsidyStatus.NONE

    @property
    def valid(self) -> bool:
        return self.validity in ("1", "6")


def is_active(entry: Qualification, day: date) -> bool:
    """Return whether a qualification is active on a day. It is inactive from the day of loss."""
    has_begun = entry.qualification_date is None or entry.qualification_date <= day
    return has_begun and (entry.disqualification_date is None or day < entry.disqualification_date)


def _recipient_on(certificate: ElderlyRecipient, day: date) -> ElderlyRecipient:
    """Return the certificate for a day. Certificates are issued every August; an entry may cover several years."""
    start, end = benefit_year(day)
    return certificate.model_copy(
        update={
            "valid_start_date": max(start, certificate.valid_start_date),
            "valid_end_date": max(certificate.valid_start_date, min(end, certificate.valid_end_date)),
        }
    )


def benefit_year(day: date) -> tuple[date, date]:
    """Return the benefit year, August to July, that contains the day."""
    first_year = day.year if day.month >= 8 else day.year - 1
    first_year = min(max(first_year, MINYEAR), MAXYEAR - 1)
    return date(first_year, 8, 1), date(first_year + 1, 7, 31)


def _assisted(entry: Qualification) -> bool:
    return entry.insured_card_classification == ASSISTED


People = Mapping[str, InsuredPerson]
"""By id, as in people.toml."""


def fictitious_people(extra: Path | None = None) -> People:
    """Return the built-in people and those of the file `extra`, which may be `like` built-in people or replace them.

    Raises `ValueError` for an invalid file. The message names the person and field but not the value.
    """
    if extra is None:
        return _built_in_people()
    try:
        extra_entries = read_toml(extra)
    except TomlError as error:
        raise ValueError(f"{extra.name} is not valid TOML: {error}") from error
    return {
        **_built_in_people(),
        **{name: _person(name, {**_built_in_entries(), **extra_entries}) for name in extra_entries},
    }


@cache
def _built_in_entries() -> Mapping[str, Any]:
    text = files("terminal.simulated.service").joinpath("people.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _built_in_people() -> People:
    return {name: _person(name, _built_in_entries()) for name in _built_in_entries()}


def _person(name: str, entries: Mapping[str, Any]) -> InsuredPerson:
    try:
        return InsuredPerson.model_validate(_expand(name, entries, ()))
    except ValidationError as error:
        details = "; ".join(f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}" for detail in error.errors())
        raise ValueError(f"person {name!r}: {details}") from None


def _expand(name: str, entries: Mapping[str, Any], parents: tuple[str, ...]) -> dict[str, Any]:
    """Return the entry with its shorthands expanded: `like`, `qualification` and `more`."""
    entry = entries.get(name)
    if not isinstance(entry, dict) or name in parents:
        raise ValueError(f"person {name!r}: {'is like itself' if name in parents else 'unknown person'}")
    own = {key: value for key, value in entry.items() if key not in ("like", "qualification", "more")}
    if "like" not in entry:
        return own
    expanded = _expand(entry["like"], entries, (*parents, name)) | own
    first, *others = expanded.get("qualifications") or [{}]
    first = _apply_change(first, entry.get("qualification", {}))
    # further qualifications belong to the same person
    expanded["qualifications"] = [first, *others, *(first | change for change in entry.get("more", []))]
    return expanded


def _apply_change(first: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """Apply a change to a qualification. A new name also becomes the insured's name for people insured themselves."""
    changed = first | change
    if "name" in change and "insured_name" in first and changed.get("personal_family_classification") == "1":
        changed["insured_name"] = change.get("insured_name", change["name"])
    return changed
