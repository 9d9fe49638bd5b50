"""The props of a persona: its card, issued once into the state folder, and what the service is told about it."""

from dataclasses import dataclass
from pathlib import Path

from reader.face_record import Sex
from reader.profile import RSA_2048, File, Key
from reader.softcard.authority import TestAuthority
from reader.softcard.image import CardFile, CardImage
from reader.softcard.issue import Holder, issue
from terminal.personas.persona import CardKind, Persona
from terminal.qualification.stub.people import InsuredPerson, People
from terminal.qualification.stub.registry import CardEntry, Registry, anchors_of

_PLACE = "東京都模擬区試験町１－２－３"


def cards_dir(state_dir: Path) -> Path:
    return state_dir / "cards"


def authority_of(state_dir: Path) -> TestAuthority:
    return TestAuthority.load_or_create(state_dir / "test-authority")


@dataclass(frozen=True, slots=True)
class Props:
    """Issues what a persona needs; a card once issued is found again."""

    people: People
    authority: TestAuthority
    state_dir: Path

    def card_of(self, persona: Persona, portrait_jp2: bytes) -> CardImage:
        """The persona's card as issued. Play on a copy, so that it stays new."""
        path = cards_dir(self.state_dir) / f"{persona.name}.json"
        if path.exists():
            return CardFile(path).load()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        image = _issue(persona.card, self.people[persona.person], self.authority, portrait_jp2)
        CardFile(path).save(image)
        return image

    def registry_of(self, image: CardImage, persona: Persona) -> Registry:
        """What the service knows from issuance: whose certificate it is, and which chip key belongs to it."""
        facts = image.public_facts()
        cards = {}
        if facts.certificate_sha256 is not None:
            entry = CardEntry(person=persona.person, chip_key_sha256=facts.chip_key_sha256)
            cards[facts.certificate_sha256] = entry
        return Registry(
            cards=cards,
            certificate_authorities=(self.authority.user_ca.certificate_pem,),
            record_anchors=anchors_of(self.authority.trust_anchors),
        )


def _issue(kind: CardKind, person: InsuredPerson, authority: TestAuthority, portrait_jp2: bytes) -> CardImage:
    insured = person.qualifications[0] if person.qualifications else None
    return issue(
        authority,
        RSA_2048,
        portrait_jp2,
        holder=Holder(
            name=insured.name if insured else "模擬　太郎",
            address=(insured.address if insured else None) or _PLACE,
            birth_date=person.born,
            sex=Sex(int(insured.sex)) if insured and insured.sex in "12" else Sex.NOT_KNOWN,
        ),
        pin=kind.pin,
        issued_on=kind.issued_on,
        pin_tries_left=kind.pin_tries_left,
    )


def with_certificate_of(image: CardImage, other: CardImage) -> CardImage:
    """Chip and face record of `image`, certificate and authentication key of `other`: a mixed card."""
    return image.model_copy(
        update={
            "files": image.files | {File.USER_CERTIFICATE: other.files[File.USER_CERTIFICATE]},
            "keys": image.keys | {Key.USER_AUTHENTICATION: other.keys[Key.USER_AUTHENTICATION]},
        }
    )
