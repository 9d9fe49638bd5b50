"""The personas' props: cards, and entries in the service's registry."""

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from reader.authenticity import TrustAnchors
from reader.face_record import parse_face_record
from reader.profile import File
from reader.softcard.card_image import CardFile, CardImage
from terminal.simulated.personas.cast import BY_NAME
from terminal.simulated.personas.persona import Persona
from terminal.simulated.service.registry import CardEntry, CardStatus, Registry, anchors_for

if TYPE_CHECKING:
    from reader.softcard.authority import TestAuthority


def cards_dir(state_dir: Path) -> Path:
    return state_dir / "cards"


def authority_dir(state_dir: Path) -> Path:
    return state_dir / "test-authority"


def load_test_authority(state_dir: Path) -> "TestAuthority":
    """Return the test authority of a state folder. Creating it takes half a second."""
    from reader.softcard.authority import TestAuthority

    return TestAuthority.load_or_create(authority_dir(state_dir))


class Props:
    """Creates cards and registry entries. Cards are stored in the state folder and reused."""

    def __init__(
        self, state_dir: Path, *, authority: "Callable[[], TestAuthority] | None" = None, keep_cards: bool = True
    ) -> None:
        """`authority`: returns the issuer on first use; defaults to the authority of the state folder.

        `keep_cards`: False to store cards only in memory, as required for a real person's portrait.
        """
        self.state_dir = state_dir
        self.keep_cards = keep_cards
        self._open_authority = authority or (lambda: load_test_authority(state_dir))
        self._authority: TestAuthority | None = None
        self._lock = Lock()
        self._in_memory: dict[str, CardImage] = {}

    @property
    def authority(self) -> "TestAuthority":
        with self._lock:
            if self._authority is None:
                self._authority = self._open_authority()
            return self._authority

    def trust_anchors(self) -> TrustAnchors:
        return self.authority.trust_anchors

    def without_cards(self, *, keep_cards: bool) -> "Props":
        """Return a copy of these props with no cards in memory."""
        return Props(self.state_dir, authority=lambda: self.authority, keep_cards=keep_cards)

    def card_for(self, persona: Persona, portrait_jp2: Callable[[Persona], bytes]) -> CardImage:
        """Return the persona's card, which must be copied before use. Reissues it if its photo has changed."""
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
        from reader.softcard.issue import mix
        from terminal.simulated.personas.card_issuing import issue_card
        from terminal.simulated.service.people import fictitious_people

        portrait = portrait_jp2(persona) if persona.card.photo else None
        image = issue_card(persona.card, fictitious_people()[persona.person], self.authority, portrait)
        if persona.card.certificate_from:
            image = mix(image, self.card_for(BY_NAME[persona.card.certificate_from], portrait_jp2))
        return image

    def registry_for(self, persona: Persona, portrait_jp2: Callable[[Persona], bytes]) -> Registry:
        """Return the registry entries of the persona's certificate: its holder and the matching chip key.

        For a mixed card, the chip key is that of the card for which the certificate was issued.
        """
        certified = BY_NAME[persona.card.certificate_from] if persona.card.certificate_from else persona
        image = self.card_for(certified, portrait_jp2)
        if not image.has_holder:
            return Registry()
        registry = trust_registry(self.authority).merged(card_entry(image, persona.person, persona.card.status))
        return registry.merged(revocation_registry(image, self.authority)) if persona.card.revoked else registry


def photo_on(image: CardImage) -> bytes | None:
    if File.FACE_RECORD not in image.files:
        return None
    photo = parse_face_record(image.files[File.FACE_RECORD]).photo_jp2
    return None if photo is None else bytes(photo)


def trust_registry(authority: "TestAuthority") -> Registry:
    """Return a registry that makes the service trust cards of the test authority."""
    return Registry(
        certificate_authorities=(authority.user_ca.certificate_pem,),
        record_anchors=anchors_for(authority.trust_anchors),
    )


def card_entry(image: CardImage, person: str, status: CardStatus = CardStatus.IN_USE) -> Registry:
    """Return a registry with one card or phone, or an empty one if it has no certificate."""
    facts = image.public_facts()
    if facts.certificate_sha256 is None:
        return Registry()
    entry = CardEntry(person=person, chip_key_sha256=facts.chip_key_sha256, status=status, phone=image.is_phone)
    return Registry(cards={facts.certificate_sha256: entry})


def revocation_registry(image: CardImage, authority: "TestAuthority") -> Registry:
    """Return a registry with a revocation list that contains the card's certificate."""
    return Registry(revocation_lists=(authority.revocation_list([image.files[File.USER_CERTIFICATE]]),))
