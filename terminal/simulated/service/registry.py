"""The public registry: the cards, terminals and trust anchors that the service knows. Contains no secrets.

A JSON file, replaced atomically and reread when it changes: the issuer of simulated cards writes to it to inform a
service in another process.
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
    """Status known to the issuer, but not to the card."""

    IN_USE = "in-use"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    LAPSED = "lapsed"


class CardEntry(Model):
    """One card, by its user-authentication certificate."""

    person: str
    """Id of an insured person."""
    chip_key_sha256: str | None = None
    """SHA-256 of the DER SubjectPublicKeyInfo in hex, known from issuance; None if it is unknown here."""
    registered: bool | None = None
    """Overrides the person's record."""
    status: CardStatus = CardStatus.IN_USE
    adopted: bool = False
    """Trusted by its hash only, without a chain: a real card in a simulation."""
    phone: bool = False
    """The certificate is on a phone: accepted only with a `PhoneProof`, and without a grace period."""


class TrustAnchor(Model):
    """A CA key that certifies the keys signing face records."""

    key_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    """16 bytes in hex, as in the CV certificates."""
    public_key: str
    """RSA, PEM."""


class Registry(Model):
    cards: dict[str, CardEntry] = Field(default_factory=dict)
    """By SHA-256 of the DER certificate, hex."""
    terminals: dict[str, str] = Field(default_factory=dict)
    """Public key (PEM) by terminal id."""
    certificate_authorities: tuple[str, ...] = ()
    """Certificates (PEM) of the CA for user authentication."""
    revocation_lists: tuple[str, ...] = ()
    """CRLs (PEM) of these CAs. A certificate on a valid CRL is revoked; the reader checks which are valid."""
    record_anchors: tuple[TrustAnchor, ...] = ()
    ended_keys: dict[str, str] = Field(default_factory=dict)
    """Terminal id by `key_digest` (hex) of each revoked terminal key; its signatures are rejected."""

    def card(self, certificate: bytes) -> CardEntry | None:
        return self.cards.get(certificate_id(certificate))

    def merged(self, other: "Registry") -> "Registry":
        """Return both combined; `other` takes precedence."""
        return Registry(
            cards={**self.cards, **other.cards},
            terminals=_without({**self.terminals, **other.terminals}, ended := {**self.ended_keys, **other.ended_keys}),
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
        """Return the registry with the terminal's key replaced and the previous one revoked."""
        before = self.terminals.get(terminal_id)
        ended = {} if before in (None, public_key_pem) else {key_digest(before).hex(): terminal_id}
        return self.merged(Registry(terminals={terminal_id: public_key_pem}, ended_keys=ended))


class KeyEnded(Exception):
    """This terminal key was revoked: the terminal was restored from a backup and has a new key."""


def _without(terminals: dict[str, str], ended: dict[str, str]) -> dict[str, str]:
    if not ended:
        return terminals
    return {name: pem for name, pem in terminals.items() if not (is_public_key(pem) and key_digest(pem).hex() in ended)}


def anchors_of(anchors: TrustAnchors) -> tuple[TrustAnchor, ...]:
    listed = json.loads(dump_trust_anchors(anchors))["anchors"]
    return tuple(TrustAnchor.model_validate(anchor) for anchor in listed)


def certificate_id(certificate: bytes) -> str:
    """Return the name of a card in the registry; `certificate` is DER."""
    return sha256(certificate).hexdigest()


class RegistryFile:
    """The registry on disk. Can be used by several processes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None
        self._registry = Registry()

    def current(self) -> Registry:
        """Return the file's contents; an empty registry if there is no file yet."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            self._seen, self._registry = None, Registry()
            return self._registry
        version = (status.st_mtime_ns, status.st_size, status.st_ino)
        if version != self._seen:
            self._registry = Registry.model_validate_json(self.path.read_bytes())
            self._seen = version
        return self._registry

    def update(self, change: Callable[[Registry], Registry]) -> Registry:
        """Read, change and write back, excluding other processes."""
        with exclusive_lock(self.path.with_name(f".{self.path.name}.lock")):
            self._seen = None
            changed = change(self.current())
            text = json.dumps(changed.model_dump(mode="json", exclude_defaults=True), indent=1, ensure_ascii=False)
            write_atomically(self.path, text.encode())
            self._seen = None
            return changed

    def merge(self, other: Registry) -> Registry:
        return self.update(lambda registry: registry.merged(other))

    def add_card(self, certificate: bytes, entry: CardEntry) -> None:
        """Add a card or replace its entry. `certificate` is DER."""
        self.merge(Registry(cards={certificate_id(certificate): entry}))

    def set_status(self, certificate: bytes, status: CardStatus) -> None:
        """Raises `KeyError` for a certificate that is not in the registry."""
        key = certificate_id(certificate)
        self.update(
            lambda registry: registry.merged(
                Registry(cards={key: registry.cards[key].model_copy(update={"status": status})})
            )
        )

    def enrol_terminal(self, terminal_id: str, public_key_pem: str, *, ended_key: bytes | None = None) -> None:
        """Enrol a terminal, and revoke the key with the digest `ended_key` and the current one.

        Raises `KeyEnded` for a revoked key.
        """
        if is_public_key(public_key_pem) and key_digest(public_key_pem).hex() in self.current().ended_keys:
            raise KeyEnded
        if ended_key is None:
            self.merge(Registry(terminals={terminal_id: public_key_pem}))
        else:
            ended = Registry(ended_keys={ended_key.hex(): terminal_id})
            self.update(lambda registry: registry.with_key(terminal_id, public_key_pem).merged(ended))
