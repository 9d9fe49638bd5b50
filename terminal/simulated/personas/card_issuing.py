"""Issue a persona's card or phone from the test authority."""

from dataclasses import replace
from datetime import date, timedelta

from reader.face_record import Sex
from reader.profile import RSA_2048
from reader.softcard.authority import TestAuthority
from reader.softcard.card_image import CardImage
from reader.softcard.issue import Holder, issue
from reader.softcard.kinds import issue_kind
from reader.softcard.phone_profiles import PHONE_PROFILES
from reader.softcard.phones import issue_phone
from terminal.simulated.personas.persona import CardKind
from terminal.simulated.service.people import InsuredPerson

_PLACE = "東京都模擬区試験町１－２－３"


def issue_card(
    kind: CardKind, person: InsuredPerson, authority: TestAuthority, portrait_jp2: bytes | None
) -> CardImage:
    if kind.kind in PHONE_PROFILES:
        return _phone(kind, person, authority)
    if kind.kind:
        return issue_kind(kind.kind, authority)
    return issue(
        authority,
        RSA_2048,
        portrait_jp2,
        holder=replace(holder_for(person), name=kind.name) if kind.name else holder_for(person),
        pin=kind.pin,
        issued_on=kind.issued_on or date.today() - timedelta(days=548),
        pin_tries_left=kind.pin_tries_left,
        with_certificates=kind.certificates,
    )


def _phone(kind: CardKind, person: InsuredPerson, authority: TestAuthority) -> CardImage:
    end = None if kind.expired_days_ago is None else date.today() - timedelta(days=kind.expired_days_ago)
    return issue_phone(
        kind.kind,
        authority,
        holder=holder_for(person),
        pin=kind.pin or "1234",
        tries_left=kind.pin_tries_left,
        issued_on=date.today() - timedelta(days=548),
        certificate_ends_on=end,
    )


def holder_for(person: InsuredPerson) -> Holder:
    """Return the holder details for an insured person's card."""
    insured = person.qualifications[0] if person.qualifications else None
    return Holder(
        name=insured.name if insured else "模擬　太郎",
        address=(insured.address if insured else None) or _PLACE,
        birth_date=person.born,
        sex=Sex(int(insured.sex)) if insured and insured.sex in "12" else Sex.NOT_KNOWN,
    )
