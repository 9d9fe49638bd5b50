"""The registry of cards, terminals and trust anchors. It contains no secrets.

The registry is a JSON file, replaced atomically and reloaded when it changes. The issuer of simulated cards writes to
it while the service runs in another process.
"""

import json
from collections.abc import Callable
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Annotated

from pydantic import Field

from config.files import exclusive_lock, write_atomically
from reader.authenticity import TrustAnchors, dump_trust_anchors
from terminal.qualification.contract import Model
from terminal.qualification.keys import is_public_key, key_digest


class CardStatus(StrEnum):
    """Status of a card according to its issuer."""

    IN_USE = "in-use"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    LAPSED = "lapsed"


class CardEntry(Model):
    """A card or phone with a user-authentication certificate."""

    person: str
    """Id of an insured person."""
    chip_key_sha256: str | None = None
    """SHA-256 of the chip key's DER SubjectPublicKeyInfo in hex; None if unknown."""
    registered: bool | None = None
    """Whether the card is registered as an insurance card; None to use the person's record."""
    status: CardStatus = CardStatus.IN_USE
    adopted: bool = False
    """Whether this is a real card, trusted by the hash of its certificate without a chain."""
    phone: bool = False
    """Whether the certificate is on a phone, which requires a `PhoneProof` and has no grace period."""


class TrustAnchor(Model):
    """A CA key that certifies the signing keys of face records."""

    key_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    """Key id in the CV certificates: 16 bytes in hex."""
    public_key: str
    """RSA key as PEM."""


class Registry(Model):
    cards: dict[str, CardEntry] = Field(default_factory=dict)
    """Entries by SHA-256 of the DER certificate in hex."""
    terminals: dict[str, str] = Field(default_factory=dict)
    """Public keys (PEM) by terminal id."""
    certificate_authorities: tuple[str, ...] = ()
    """Certificates (PEM) of the CAs for user authentication."""
    revocation_lists: tuple[str, ...] = ()
    """CRLs (PEM) of these CAs, which are verified when used. A certificate on a valid CRL is revoked."""
    record_anchors: tuple[TrustAnchor, ...] = ()
    ended_keys: dict[str, str] = Field(default_factory=dict)
    """Terminal ids by `key_digest` (hex) of revoked terminal keys."""

    def card(self, certificate: bytes) -> CardEntry | None:
        return self.cards.get(certificate_id(certificate))

    def merged(self, other: "Registry") -> "Registry":
        """Return a registry with the entries of both, in which `other` takes precedence."""
        return Registry(
            cards={**self.cards, **other.cards},
            terminals=_without_revoked(
                {**self.terminals, **other.terminals}, ended := {**self.ended_keys, **other.ended_keys}
            ),
            certificate_authorities=tuple(
                dict.fromkeys((*self.certificate_authorities, *other.certificate_authorities))
            ),
            revocation_lists=tuple(dict.fromkeys((*self.revocation_lists, *other.revocation_lists))),
            record_anchors=tuple(
                {anchor.key_id: anchor for anchor in (*self.record_anchors, *other.record_anchors)}.values()
            ),
            ended_keys=ended,
        )

    def with_key(self, terminal_id: str, public_key_pem: str) -> "Registry":
        """Return the registry with a new key for the terminal and the previous key revoked."""
        previous = self.terminals.get(terminal_id)
        ended = {} if previous in (None, public_key_pem) else {key_digest(previous).hex(): terminal_id}
        return self.merged(Registry(terminals={terminal_id: public_key_pem}, ended_keys=ended))


class KeyRevoked(Exception):
    """The terminal key was revoked when the terminal was restored from a backup."""


def _without_revoked(terminals: dict[str, str], ended: dict[str, str]) -> dict[str, str]:
    if not ended:
        return terminals
    return {name: pem for name, pem in terminals.items() if not (is_public_key(pem) and key_digest(pem).hex() in ended)}


def anchors_for(anchors: TrustAnchors) -> tuple[TrustAnchor, ...]:
    entries = json.loads(dump_trust_anchors(anchors))["anchors"]
    return tuple(TrustAnchor.model_validate(entry) for entry in entries)


def certificate_id(certificate: bytes) -> str:
    """Return the registry key of a card. `certificate`: DER."""
    return sha256(certificate).hexdigest()


class RegistryFile:
    """The registry file, which several processes can use."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._version: tuple[int, int, int] | None = None
        self._registry = Registry()

    def current(self) -> Registry:
        """Return the registry, which is empty if the file does not exist."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            self._version, self._registry = None, Registry()
            return self._registry
        version = (status.st_mtime_ns, status.st_size, status.st_ino)
        if version != self._version:
            self._registry = Registry.model_validate_json(self.path.read_bytes())
            self._version = version
        return self._registry

    def update(self, change: Callable[[Registry], Registry]) -> Registry:
        """Apply `change` to the registry while holding a lock, and return the new registry."""
        with exclusive_lock(self.path.with_name(f".{self.path.name}.lock")):
            self._version = None
            changed = change(self.current())
            text = json.dumps(changed.model_dump(mode="json", exclude_defaults=True), indent=1, ensure_ascii=False)
            write_atomically(self.path, text.encode())
            self._version = None
            return changed

    def merge(self, other: Registry) -> Registry:
        return self.update(lambda registry: registry.merged(other))

    def add_card(self, certificate: bytes, entry: CardEntry) -> None:
        """Add a card or replace its entry. `certificate`: DER."""
        self.merge(Registry(cards={certificate_id(certificate): entry}))

    def set_status(self, certificate: bytes, status: CardStatus) -> None:
        """Set the status of a card. Raises `KeyError` if it is not in the registry."""
        key = certificate_id(certificate)
        self.update(
            lambda registry: registry.merged(
                Registry(cards={key: registry.cards[key].model_copy(update={"status": status})})
            )
        )

    def enrol_terminal(self, terminal_id: str, public_key_pem: str, *, ended_key: bytes | None = None) -> None:
        """Enrol a terminal. With `ended_key`, a key digest, also revoke that key and the terminal's current key.

        Raises `KeyRevoked` if `public_key_pem` is a revoked key.
        """
        if is_public_key(public_key_pem) and key_digest(public_key_pem).hex() in self.current().ended_keys:
            raise KeyRevoked
        if ended_key is None:
            self.merge(Registry(terminals={terminal_id: public_key_pem}))
        else:
            ended = Registry(ended_keys={ended_key.hex(): terminal_id})
            self.update(lambda registry: registry.with_key(terminal_id, public_key_pem).merged(ended))
