"""Card profiles: applications, files, passwords and keys of each card generation, for real and software cards.

Supporting a card generation with different AIDs or a different algorithm only requires a new `CardProfile`.
Sources of the identifiers: OpenSC's `card-jpki.c` and `pkcs15-jpki.c` for the JPKI application, and published reverse
engineering for the other applications. J-LIS does not publish the specification.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from reader.facts import Medium


class Algorithm(StrEnum):
    """Signature algorithm of the card's keys."""

    RSA_2048_SHA_256 = "rsa-2048-sha-256"
    """PKCS#1 v1.5. The card receives a DigestInfo, pads it and returns 256 bytes."""
    ECDSA_P384_SHA_384 = "ecdsa-p384-sha-384"
    """The card receives the digest and returns r and s, 48 bytes each."""

    @property
    def signature_length(self) -> int:
        return 256 if self is Algorithm.RSA_2048_SHA_256 else 96

    def signing_input(self, statement: bytes) -> bytes:
        """Return the command data of COMPUTE DIGITAL SIGNATURE for a statement."""
        if self is Algorithm.RSA_2048_SHA_256:
            return sha256_digest_info(hashlib.sha256(statement).digest())
        return hashlib.sha384(statement).digest()


def sha256_digest_info(digest: bytes) -> bytes:
    """Return the DER DigestInfo (RFC 8017) for a SHA-256 digest: 51 bytes."""
    if len(digest) != 32:
        raise ValueError("a SHA-256 digest must be 32 bytes long")
    return _SHA256_DIGEST_INFO + digest


_SHA256_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


class File(StrEnum):
    """Purpose of an elementary file."""

    SIGNATURE_CERTIFICATE = "signature-certificate"
    SIGNATURE_CA_CERTIFICATE = "signature-ca-certificate"
    TOKEN_INFO = "token-info"  # noqa: S105
    CERTIFICATE_FLAGS = "certificate-flags"
    USER_CERTIFICATE = "user-certificate"
    USER_CA_CERTIFICATE = "user-ca-certificate"
    AGE_RECORD = "age-record"
    FACE_RECORD = "face-record"
    SURFACE_INFO = "surface-info"
    SURFACE_CV_CERTIFICATE = "surface-cv-certificate"
    NUMBER_IMAGE = "number-image"
    SURFACE_FILLER = "surface-filler"
    INDIVIDUAL_NUMBER = "individual-number"
    BASIC_FOUR = "basic-four"
    TEXT_INTEGRITY = "text-integrity"
    TEXT_CV_CERTIFICATE = "text-cv-certificate"
    TEXT_INFO = "text-info"
    TEXT_PUBLIC_KEY = "text-public-key"
    TEXT_FILLER = "text-filler"
    TEXT_SESSION_KEY = "text-session-key"
    JPKI_PROTECTED = "jpki-protected"
    TERMINAL_CA_KEY = "terminal-ca-key"
    COMMON_KEY_REFERENCE = "common-key-reference"
    RESIDENTS_KEY_REFERENCE = "residents-key-reference"
    CARD_EXPIRY = "card-expiry"


class Password(StrEnum):
    """Purpose of reference data for VERIFY."""

    USER_PIN = "user-pin"
    SIGNATURE_PASSWORD = "signature-password"  # noqa: S105
    BIRTH_DATE = "birth-date"
    PRINTED_CODE = "printed-code"
    NUMBER_A = "number-a"
    TEXT_PIN = "text-pin"
    TEXT_NUMBER_A = "text-number-a"
    TEXT_PRINTED_CODE = "text-printed-code"
    TEXT_BLOCKED = "text-blocked"
    """Purpose unknown. Blocked on every card examined."""
    RESIDENTS_PIN = "residents-pin"
    COMMON_PIN = "common-pin"


class Key(StrEnum):
    """Purpose of a private key."""

    USER_AUTHENTICATION = "user-authentication"
    SIGNATURE = "signature"
    CHIP = "chip"
    """Key of the surface application, whose public key is in the face record. Requires no password."""
    TEXT_CHIP = "text-chip"


@dataclass(frozen=True, slots=True)
class FileEntry:
    fid: int
    opened_by: frozenset[Password] | None = None
    """Passwords, any of which grants access after VERIFY; None for a freely readable file."""
    record: bool = False


@dataclass(frozen=True, slots=True)
class PasswordEntry:
    fid: int
    max_tries: int
    lengths: tuple[int, int] | None = None
    """Minimum and maximum length of a new password; None if the password cannot be changed."""


@dataclass(frozen=True, slots=True)
class KeyEntry:
    fid: int | None
    """None for the application's default key, referenced by P2 `00`."""
    opened_by: frozenset[Password] | None = None


@dataclass(frozen=True, slots=True)
class Application:
    name: str
    aid: bytes
    files: dict[File, FileEntry]
    passwords: dict[Password, PasswordEntry]
    keys: dict[Key, KeyEntry]


@dataclass(frozen=True, slots=True)
class CardProfile:
    name: str
    atr: bytes
    algorithm: Algorithm
    applications: tuple[Application, ...]
    certificate_years: int = 5
    """Number of the birthday after issue on which certificates expire."""
    extra_months: int = 0
    """Months after the 10th birthday that an adult's card remains valid."""
    announced: bool = False
    """Whether this generation has been announced but not issued. Unpublished details are assumptions."""
    unknown_application: int = 0x6A82
    """Status word of SELECT for an unknown application."""
    verifies_its_owner: bool = False
    """Whether this is a phone that verifies its owner before it signs."""
    storage_card: bool = False
    """Whether this is a storage card. Its reader answers every command with `unknown_application`."""

    def file(self, file: File) -> tuple[Application, FileEntry]:
        return next((app, app.files[file]) for app in self.applications if file in app.files)

    def has(self, password: Password) -> bool:
        return any(password in app.passwords for app in self.applications)

    def password(self, password: Password) -> tuple[Application, PasswordEntry]:
        return next((app, app.passwords[password]) for app in self.applications if password in app.passwords)

    def key(self, key: Key) -> tuple[Application, KeyEntry]:
        return next((app, app.keys[key]) for app in self.applications if key in app.keys)


def _by(*passwords: Password) -> frozenset[Password]:
    return frozenset(passwords)


_JPKI = Application(
    name="JPKI",
    aid=bytes.fromhex("D392F000260100000001"),
    files={
        File.SIGNATURE_CERTIFICATE: FileEntry(0x0001, _by(Password.SIGNATURE_PASSWORD)),
        File.SIGNATURE_CA_CERTIFICATE: FileEntry(0x0002),
        File.TOKEN_INFO: FileEntry(0x0006),
        File.CERTIFICATE_FLAGS: FileEntry(0x0008),
        File.JPKI_PROTECTED: FileEntry(0x0009, _by()),
        File.USER_CERTIFICATE: FileEntry(0x000A),
        File.USER_CA_CERTIFICATE: FileEntry(0x000B),
        File.TERMINAL_CA_KEY: FileEntry(0x0016, _by()),
    },
    passwords={
        Password.USER_PIN: PasswordEntry(0x0018, max_tries=3, lengths=(4, 4)),
        Password.SIGNATURE_PASSWORD: PasswordEntry(0x001B, max_tries=5, lengths=(6, 16)),
    },
    keys={
        Key.USER_AUTHENTICATION: KeyEntry(0x0017, _by(Password.USER_PIN)),
        Key.SIGNATURE: KeyEntry(0x001A, _by(Password.SIGNATURE_PASSWORD)),
    },
)

_SURFACE = Application(
    name="surface",
    aid=bytes.fromhex("D3921000310001010402"),
    files={
        File.AGE_RECORD: FileEntry(0x0001, _by(Password.BIRTH_DATE)),
        File.FACE_RECORD: FileEntry(0x0002, _by(Password.NUMBER_A, Password.PRINTED_CODE)),
        File.SURFACE_INFO: FileEntry(0x0003),
        File.SURFACE_CV_CERTIFICATE: FileEntry(0x0004),
        File.NUMBER_IMAGE: FileEntry(0x0005, _by(Password.NUMBER_A)),
        File.SURFACE_FILLER: FileEntry(0x0006, _by(Password.NUMBER_A, Password.PRINTED_CODE)),
    },
    passwords={
        Password.BIRTH_DATE: PasswordEntry(0x0011, max_tries=10),
        Password.PRINTED_CODE: PasswordEntry(0x0012, max_tries=10),
        Password.NUMBER_A: PasswordEntry(0x0013, max_tries=10),
    },
    keys={Key.CHIP: KeyEntry(None)},
)

_TEXT_ANY = _by(Password.TEXT_PIN, Password.TEXT_NUMBER_A, Password.TEXT_PRINTED_CODE)

_TEXT = Application(
    name="text-input-assist",
    aid=bytes.fromhex("D3921000310001010408"),
    files={
        File.INDIVIDUAL_NUMBER: FileEntry(0x0001, _by(Password.TEXT_PIN, Password.TEXT_NUMBER_A)),
        File.BASIC_FOUR: FileEntry(0x0002, _by(Password.TEXT_PIN, Password.TEXT_PRINTED_CODE)),
        File.TEXT_INTEGRITY: FileEntry(0x0003, _TEXT_ANY),
        File.TEXT_CV_CERTIFICATE: FileEntry(0x0004),
        File.TEXT_INFO: FileEntry(0x0005),
        File.TEXT_SESSION_KEY: FileEntry(0x0006, _TEXT_ANY),
        File.TEXT_PUBLIC_KEY: FileEntry(0x0007, _TEXT_ANY),
        File.TEXT_FILLER: FileEntry(0x0008),
    },
    passwords={
        Password.TEXT_PIN: PasswordEntry(0x0011, max_tries=3, lengths=(4, 4)),
        Password.TEXT_BLOCKED: PasswordEntry(0x0012, max_tries=10),
        Password.TEXT_NUMBER_A: PasswordEntry(0x0014, max_tries=10),
        Password.TEXT_PRINTED_CODE: PasswordEntry(0x0015, max_tries=10),
    },
    keys={Key.TEXT_CHIP: KeyEntry(None)},
)

_COMMON = Application(
    name="common",
    aid=bytes.fromhex("D3921000310001010100"),
    files={
        File.CARD_EXPIRY: FileEntry(0x0001, record=True),
        File.COMMON_KEY_REFERENCE: FileEntry(0x0002, record=True),
    },
    passwords={Password.COMMON_PIN: PasswordEntry(0x001C, max_tries=3, lengths=(4, 4))},
    keys={},
)

_RESIDENTS = Application(
    name="residents-register",
    aid=bytes.fromhex("D3921000310001010401"),
    files={File.RESIDENTS_KEY_REFERENCE: FileEntry(0x0002, record=True)},
    passwords={Password.RESIDENTS_PIN: PasswordEntry(0x001C, max_tries=3, lengths=(4, 4))},
    keys={},
)

RSA_2048 = CardProfile(
    name="rsa-2048",
    atr=bytes.fromhex("3BE000FF8131FE4514"),
    algorithm=Algorithm.RSA_2048_SHA_256,
    applications=(_JPKI, _SURFACE, _TEXT, _COMMON, _RESIDENTS),
)
"""Cards issued since 2016."""

# The Digital Agency's task force (2024) has published these details of the next generation: ECDSA P-384 with SHA-384
# instead of RSA-2048; two applications instead of four, one protected by PINs and one by printed data; certificates
# valid for ten years; cards valid until one month after the 10th birthday. The application identifiers are placeholders
# from the unregistered range of ISO/IEC 7816-5. Files, passwords, keys and commands are assumed to be unchanged.
_ANNOUNCED_AUTHENTICATION = Application(
    name="authentication (announced)",
    aid=bytes.fromhex("F0756B657473756B6501"),
    files=_JPKI.files
    | {
        File.INDIVIDUAL_NUMBER: FileEntry(0x000C, _by(Password.TEXT_PIN)),
        File.BASIC_FOUR: FileEntry(0x000D, _by(Password.TEXT_PIN)),
        File.TEXT_INTEGRITY: FileEntry(0x000E, _by(Password.TEXT_PIN)),
        File.TEXT_CV_CERTIFICATE: FileEntry(0x000F),
        File.TEXT_INFO: FileEntry(0x0010),
        File.TEXT_PUBLIC_KEY: FileEntry(0x0011, _by(Password.TEXT_PIN)),
    },
    passwords=_JPKI.passwords | {Password.TEXT_PIN: PasswordEntry(0x0012, max_tries=3, lengths=(4, 4))},
    keys=_JPKI.keys | {Key.TEXT_CHIP: KeyEntry(None)},
)

_ANNOUNCED_SURFACE = Application(
    name="surface (announced)",
    aid=bytes.fromhex("F0756B657473756B6502"),
    files=_SURFACE.files | {File.CARD_EXPIRY: FileEntry(0x0007, record=True)},
    passwords=_SURFACE.passwords,
    keys=_SURFACE.keys,
)

EC_384_ANNOUNCED = CardProfile(
    name="ec-384-announced",
    atr=RSA_2048.atr,
    algorithm=Algorithm.ECDSA_P384_SHA_384,
    applications=(_ANNOUNCED_AUTHENTICATION, _ANNOUNCED_SURFACE),
    certificate_years=10,
    extra_months=1,
    announced=True,
)
"""Hypothetical profile of the generation announced for about 2028. Supporting it requires no other change."""

TOKEN_LABEL_LENGTH = 32
"""Length of the label, padded with spaces, at the start of JPKI's token information."""
PHONE_TOKENS = {"JPKIAPGPSETOKEN": Medium.PHONE_PIN, "JPKIAPIOSTOKEN": Medium.PHONE_VERIFIES}
"""Token labels on Android phones and iPhones (public code: myna-card, myna)."""

PROFILES = {profile.name: profile for profile in (RSA_2048, EC_384_ANNOUNCED)}

USER_PIN_LENGTH = 4
PRINTED_CODE_LENGTH = 14
