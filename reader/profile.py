"""What a generation of the card holds and where, as data: both the card verbs and the card in software read it.

Another generation (other AIDs, other algorithm) is another `CardProfile`, not another program.
Identifiers: OpenSC `card-jpki.c` and `pkcs15-jpki.c` for the JPKI application, published reverse engineering of the
other applications; J-LIS does not publish the specification.
"""

from dataclasses import dataclass
from enum import StrEnum


class File(StrEnum):
    """Elementary files by meaning."""

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
    CARD_EXPIRY = "card-expiry"


class Password(StrEnum):
    """Reference data that VERIFY compares with."""

    USER_PIN = "user-pin"
    SIGNATURE_PASSWORD = "signature-password"  # noqa: S105
    BIRTH_DATE = "birth-date"
    PRINTED_CODE = "printed-code"
    NUMBER_A = "number-a"
    TEXT_PIN = "text-pin"
    TEXT_NUMBER_A = "text-number-a"
    TEXT_PRINTED_CODE = "text-printed-code"


class Key(StrEnum):
    """Private keys."""

    USER_AUTHENTICATION = "user-authentication"
    SIGNATURE = "signature"
    CHIP = "chip"
    """Of the surface application; its public half stands in the face record. Needs no password."""
    TEXT_CHIP = "text-chip"


@dataclass(frozen=True, slots=True)
class FileEntry:
    fid: int
    opened_by: frozenset[Password] | None = None
    """The passwords of which one must have been verified; None for a free file."""
    record: bool = False


@dataclass(frozen=True, slots=True)
class PasswordEntry:
    fid: int
    max_tries: int


@dataclass(frozen=True, slots=True)
class KeyEntry:
    fid: int | None
    """None for an application's default key, named by P2 `00`."""
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
    key_bits: int
    signature_length: int
    """Bytes of a signature."""
    applications: tuple[Application, ...]

    def file(self, file: File) -> tuple[Application, FileEntry]:
        return next((app, app.files[file]) for app in self.applications if file in app.files)

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
        File.USER_CERTIFICATE: FileEntry(0x000A),
        File.USER_CA_CERTIFICATE: FileEntry(0x000B),
    },
    passwords={
        Password.USER_PIN: PasswordEntry(0x0018, max_tries=3),
        Password.SIGNATURE_PASSWORD: PasswordEntry(0x001B, max_tries=5),
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
        File.TEXT_PUBLIC_KEY: FileEntry(0x0007, _TEXT_ANY),
        File.TEXT_FILLER: FileEntry(0x0008),
    },
    passwords={
        Password.TEXT_PIN: PasswordEntry(0x0011, max_tries=3),
        Password.TEXT_NUMBER_A: PasswordEntry(0x0014, max_tries=10),
        Password.TEXT_PRINTED_CODE: PasswordEntry(0x0015, max_tries=10),
    },
    keys={Key.TEXT_CHIP: KeyEntry(None)},
)

_COMMON = Application(
    name="common",
    aid=bytes.fromhex("D3921000310001010100"),
    files={File.CARD_EXPIRY: FileEntry(0x0001, record=True)},
    passwords={},
    keys={},
)

RSA_2048 = CardProfile(
    name="rsa-2048",
    atr=bytes.fromhex("3BE000FF8131FE4514"),
    key_bits=2048,
    signature_length=256,
    applications=(_JPKI, _SURFACE, _TEXT, _COMMON),
)
"""The card handed out since 2016."""

PROFILES = {RSA_2048.name: RSA_2048}

USER_PIN_LENGTH = 4
PRINTED_CODE_LENGTH = 14
