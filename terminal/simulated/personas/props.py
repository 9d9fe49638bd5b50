"""Props of the personas: their cards, and their entries in the service's registry."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from reader.face_record import Sex, parse_face_record
from reader.profile import RSA_2048, File
from reader.softcard.authority import TestAuthority
from reader.softcard.image import CardFile, CardImage
from reader.softcard.issue import Holder, issue, mix
from reader.softcard.kinds import issue_kind
from reader.softcard.phone_profiles import PHONE_PROFILES
from reader.softcard.phones import issue_phone
from terminal.simulated.personas.cast import BY_NAME
from terminal.simulated.personas.persona import CardKind, Persona
from terminal.simulated.service.people import InsuredPerson, People
from terminal.simulated.service.registry import CardEntry, CardStatus, Registry, anchors_of

_PLACE = "東京都模擬区試験町１－２－３"


def cards_dir(state_dir: Path) -> Path:
    return state_dir / "cards"


def authority_of(state_dir: Path) -> TestAuthority:
    return TestAuthority.load_or_create(state_dir / "test-authority")


@dataclass(frozen=True, slots=True)
class Props:
    """Issues cards and registry entries. Cards are stored in the state folder and reused."""

    people: People
    authority: TestAuthority
    state_dir: Path
    keep_cards: bool = True
    """False to store cards only in memory, as required for a real person's portrait."""
    _in_memory: dict[str, CardImage] = field(default_factory=dict)

    def without_cards(self, *, keep_cards: bool) -> "Props":
        """Return a copy of these props with no cards in memory."""
        return replace(self, keep_cards=keep_cards, _in_memory={})

    def card_of(self, persona: Persona, portrait_jp2: Callable[[Persona], bytes]) -> CardImage:
        """Return the persona's card, which must be copied before use. Reissues it if its photo is a different one."""
        if not self.keep_cards:
            if persona.name not in self._in_memory:
                self._in_memory[persona.name] = self._issue(persona, portrait_jp2)
            return self._in_memory[persona.name]
        path = cards_dir(self.state_dir) / f"{persona.name}.json"
        portrait = portrait_jp2(persona) if persona.card.photo else None
        if path.exists():
            image = CardFile(path).load()
            if photo_on(image) == portrait:
                return image
        image = self._issue(persona, portrait_jp2)
        CardFile(path).save(image)
        return image

    def _issue(self, persona: Persona, portrait_jp2: Callable[[Persona], bytes]) -> CardImage:
        portrait = portrait_jp2(persona) if persona.card.photo else None
        image = issue_card(persona.card, self.people[persona.person], self.authority, portrait)
        if persona.card.certificate_from:
            image = mix(image, self.card_of(BY_NAME[persona.card.certificate_from], portrait_jp2))
        return image

    def registry_of(self, persona: Persona, portrait_jp2: Callable[[Persona], bytes]) -> Registry:
        """Return the registry entries of the persona's certificate: its holder and the matching chip key.

        For a mixed card, the chip key is that of the card for which the certificate was issued.
        """
        certified = BY_NAME[persona.card.certificate_from] if persona.card.certificate_from else persona
        image = self.card_of(certified, portrait_jp2)
        if not image.has_holder:
            return Registry()
        registry = trust_of(self.authority).merged(card_entry(image, persona.person, persona.card.status))
        return registry.merged(revocation_of(image, self.authority)) if persona.card.revoked else registry


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
        holder=replace(holder_of(person), name=kind.name) if kind.name else holder_of(person),
        pin=kind.pin,
        issued_on=kind.issued_on or date.today() - timedelta(days=548),
        pin_tries_left=kind.pin_tries_left,
        with_certificates=kind.certificates,
    )


def _phone(kind: CardKind, person: InsuredPerson, authority: TestAuthority) -> CardImage:
    end = None if kind.ended_days_ago is None else date.today() - timedelta(days=kind.ended_days_ago)
    return issue_phone(
        kind.kind,
        authority,
        holder=holder_of(person),
        pin=kind.pin or "1234",
        tries_left=kind.pin_tries_left,
        issued_on=date.today() - timedelta(days=548),
        certificate_ends_on=end,
    )


def holder_of(person: InsuredPerson) -> Holder:
    """Return the holder's details for the card of an insured person."""
    insured = person.qualifications[0] if person.qualifications else None
    return Holder(
        name=insured.name if insured else "模擬　太郎",
        address=(insured.address if insured else None) or _PLACE,
        birth_date=person.born,
        sex=Sex(int(insured.sex)) if insured and insured.sex in "12" else Sex.NOT_KNOWN,
    )


def photo_on(image: CardImage) -> bytes | None:
    if File.FACE_RECORD not in image.files:
        return None
    photo = parse_face_record(image.files[File.FACE_RECORD]).photo_jp2
    return None if photo is None else bytes(photo)


def trust_of(authority: TestAuthority) -> Registry:
    """Return the registry entries with which the service trusts cards of the test authority."""
    return Registry(
        certificate_authorities=(authority.user_ca.certificate_pem,),
        record_anchors=anchors_of(authority.trust_anchors),
    )


def card_entry(image: CardImage, person: str, status: CardStatus = CardStatus.IN_USE) -> Registry:
    """Return a registry with one card or phone, or an empty one if it has no certificate."""
    facts = image.public_facts()
    if facts.certificate_sha256 is None:
        return Registry()
    entry = CardEntry(person=person, chip_key_sha256=facts.chip_key_sha256, status=status, phone=image.is_phone)
    return Registry(cards={facts.certificate_sha256: entry})


def revocation_of(image: CardImage, authority: TestAuthority) -> Registry:
    """Return a registry with a revocation list that contains the card's certificate."""
    return Registry(revocation_lists=(authority.revocation_list([image.files[File.USER_CERTIFICATE]]),))
