"""Contents of a software card, and its file format: one JSON document per card."""

import hashlib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from config.files import write_atomically
from reader.chip_key import chip_key_der, chip_key_hash
from reader.profile import PROFILES, CardProfile, File, Key, Password
from reader.softcard.keys import load_card_key
from reader.softcard.other_profiles import OTHER_PROFILES
from reader.softcard.phone_profiles import PHONE_PROFILES


class PasswordState(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reference: str | None = Field(repr=False)
    """Value compared by VERIFY; None if never set, as on a PIN-less card."""
    left: int = Field(ge=0, le=15)


@dataclass(frozen=True, slots=True)
class PublicFacts:
    """Facts about a card for the service, without secrets or personal data."""

    card_id: str
    certificate_der: bytes | None = field(repr=False)
    """User-authentication certificate; None if the card was issued without certificates."""
    certificate_sha256: str | None
    """SHA-256 of the DER, 64 hex digits."""
    chip_key_der: bytes | None = field(repr=False)
    """SubjectPublicKeyInfo of the surface application's key; None for a phone."""
    chip_key_sha256: str | None


class CardImage(BaseModel):
    """Files, passwords and keys of a card by purpose. The profile maps them to identifiers on the chip."""

    model_config = ConfigDict(extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")

    format: Literal["uketsuke-card/1"] = "uketsuke-card/1"
    card_id: str
    profile: str
    issued_on: date
    expires_on: date
    certificate_ends_on: date | None
    """Last valid day of the user-authentication certificate in Japan time; None without certificates."""
    files: dict[File, bytes] = Field(repr=False)
    passwords: dict[Password, PasswordState] = Field(repr=False)
    keys: dict[Key, bytes] = Field(repr=False)
    """DER PKCS#8."""

    @property
    def card_profile(self) -> CardProfile:
        """Profile of this card. Raises `KeyError` for an unknown profile."""
        return known_profiles()[self.profile]

    @property
    def has_holder(self) -> bool:
        """Whether the card was issued to a person; False for other and blank cards."""
        return Key.CHIP in self.keys or self.is_phone

    @property
    def is_phone(self) -> bool:
        return Key.USER_AUTHENTICATION in self.keys and Key.CHIP not in self.keys

    @property
    def printed_code(self) -> str:
        """照合番号B as a scanner reads it from the card's front: 14 digits, or empty if none is printed."""
        state = self.passwords.get(Password.PRINTED_CODE)
        return (state.reference if state else None) or ""

    def public_facts(self) -> PublicFacts:
        certificate = self.files.get(File.USER_CERTIFICATE)
        chip = self.keys.get(Key.CHIP)
        key_der = None if chip is None else chip_key_der(load_card_key(chip).public_key())
        return PublicFacts(
            card_id=self.card_id,
            certificate_der=certificate,
            certificate_sha256=None if certificate is None else hashlib.sha256(certificate).hexdigest(),
            chip_key_der=key_der,
            chip_key_sha256=None if key_der is None else chip_key_hash(key_der),
        )


def known_profiles() -> dict[str, CardProfile]:
    """Return the profiles of My Number Cards, phones and other cards by name."""
    return PROFILES | PHONE_PROFILES | OTHER_PROFILES


class CardFileError(ValueError):
    """A card file is unreadable or invalid. The message contains the path but none of the content."""


class CardStore(Protocol):
    """Durable storage for a card image."""

    def save(self, image: CardImage) -> None:
        """Save the image durably. Raises `OSError`."""


class CardFile:
    """Card stored in a file with mode 0600."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> CardImage:
        """Load the card. Raises `CardFileError`."""
        try:
            image = CardImage.model_validate_json(self.path.read_bytes())
        except OSError as error:
            raise CardFileError(f"{self.path}: cannot be read ({error.strerror})") from None
        except ValidationError as error:
            members = sorted(
                {".".join(str(part) for part in fault["loc"]) or "the document" for fault in error.errors()}
            )
            raise CardFileError(f"{self.path}: not a card file (invalid: {', '.join(members)})") from None
        if image.profile not in known_profiles():
            raise CardFileError(f"{self.path}: unknown card profile")
        return image

    def save(self, image: CardImage) -> None:
        write_atomically(self.path, image.model_dump_json(indent=1).encode("utf-8"))
