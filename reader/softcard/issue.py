"""Issuance of software cards, with certificates from the test CA and records signed by the test municipality."""

import secrets
from dataclasses import dataclass, field
from datetime import date

from reader.chip_key import encode_key_object
from reader.face_record import Sex
from reader.printed_code import CodeFault, Era, EraDate, WesternDate, build_printed_code
from reader.profile import CardProfile, File, Key, Password
from reader.softcard.authority import TestAuthority
from reader.softcard.card_image import CardImage, PasswordState
from reader.softcard.certificates import CertificateHolder
from reader.softcard.keys import CardPrivateKey, dump_key, generate
from reader.softcard.records import (
    FILLER,
    application_info,
    basic_four,
    date_digits,
    expiry_record,
    face_record,
    key_reference,
    session_key,
    signed_record,
    text_application_info,
    text_integrity,
    token_info,
)
from reader.softcard.text_image import text_png
from reader.softcard.validity import (
    PERMANENT,
    Residence,
    card_expiry_date,
    certificate_expiry_date,
    end_of_day,
    has_photo,
    has_signature_certificate,
    start_of_day,
)
from reader.tlv import encode

MAX_PHOTO_LENGTH = 28_000
"""Maximum photo size in bytes, which keeps the face record within READ BINARY's limit of 32 KiB."""
_MUNICIPALITY = "99131"
_PRESENT, _ABSENT = b"\x8f", b"\x00"
_SIGNATURE_PASSWORD = "TEST2026"  # noqa: S105
_ERA_DIGIT = {era: number for number, era in enumerate(Era, start=1)}
_CERTIFICATE_SEX = {Sex.MALE: "1", Sex.FEMALE: "2", Sex.NOT_KNOWN: "3", Sex.NOT_APPLICABLE: "3"}
_OTHER_PIN = "0000"
"""PIN for applications that clinics do not use."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Fictitious holder of a card."""

    name: str = field(repr=False)
    """Family and given name separated by U+3000, as on the chip."""
    address: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: Sex = Sex.NOT_KNOWN
    residence: Residence = PERMANENT
    western_birth_year: bool = False
    """Whether the birth date is printed with the Western year, as on some foreign residents' cards."""


def issue(
    authority: TestAuthority,
    profile: CardProfile,
    portrait_jp2: bytes | None,
    *,
    holder: Holder,
    pin: str | None,
    issued_on: date,
    applied_on: date | None = None,
    pin_tries_left: int | None = None,
    code_tries_left: int | None = None,
    security_code: str | None = None,
    with_certificates: bool = True,
    expires_on: date | None = None,
    certificate_ends_on: date | None = None,
) -> CardImage:
    """Issue a new card. Takes about 0.3 s.

    `portrait_jp2`: the photo as a JPEG 2000 file; None for an infant's card. `pin`: 4 digits; None for a PIN-less card.
    By default, the try counters start at their maximum, `applied_on` is the day of issue, and the expiry dates follow
    the rules in `validity`. Raises `ValueError` for an invalid combination.
    """
    applied_on = applied_on or issued_on
    _check_details(holder, portrait_jp2, pin, applied_on)
    ends, certificate_ends = _expiry_dates(profile, holder, issued_on, applied_on, expires_on, certificate_ends_on)
    security_code = security_code or f"{secrets.randbelow(10_000):04}"
    code = _printed_code(holder, ends, security_code)
    keys = _keys(profile, holder, issued_on, with_certificates=with_certificates)
    certificate_ends = certificate_ends if with_certificates else None
    number = _fictitious_number()
    files = _surface_files(authority, holder, portrait_jp2, keys[Key.CHIP], ends, security_code, number)
    files |= _text_files(authority, holder, keys[Key.TEXT_CHIP], number)
    files |= _jpki_files(authority, holder, keys, issued_on, certificate_ends)
    files |= {File.COMMON_KEY_REFERENCE: key_reference(), File.RESIDENTS_KEY_REFERENCE: key_reference()}
    files[File.CARD_EXPIRY] = expiry_record(f"{secrets.randbelow(10**15):015}", _MUNICIPALITY, ends)
    tries = {Password.USER_PIN: pin_tries_left, Password.PRINTED_CODE: code_tries_left}
    return CardImage(
        card_id=secrets.token_hex(8),
        profile=profile.name,
        issued_on=issued_on,
        expires_on=ends,
        certificate_ends_on=certificate_ends,
        files=files,
        passwords=_passwords(profile, _references(pin, code.decode("ascii"), number), tries),
        keys={key: dump_key(private) for key, private in keys.items()},
    )


def _keys(
    profile: CardProfile, holder: Holder, issued_on: date, *, with_certificates: bool
) -> dict[Key, CardPrivateKey]:
    keys = {key: generate(profile.algorithm) for key in Key}
    if not with_certificates:
        del keys[Key.USER_AUTHENTICATION], keys[Key.SIGNATURE]
    elif not has_signature_certificate(holder.birth_date, issued_on):
        del keys[Key.SIGNATURE]
    return keys


def _expiry_dates(
    profile: CardProfile,
    holder: Holder,
    issued_on: date,
    applied_on: date,
    expires_on: date | None,
    certificate_ends_on: date | None,
) -> tuple[date, date | None]:
    """Return the expiry dates of the card and its certificates. Raises `ValueError` if they contradict each other."""
    ends = expires_on or card_expiry_date(
        holder.birth_date,
        issued_on,
        applied_on=applied_on,
        residence=holder.residence,
        extra_months=profile.extra_months,
    )
    if ends < issued_on:
        raise ValueError("the permitted stay ends before the card is issued")
    certificate_ends = certificate_ends_on or certificate_expiry_date(
        holder.birth_date, issued_on, ends, profile.certificate_years
    )
    if certificate_ends is not None and certificate_ends > ends:
        raise ValueError("the certificate expires after the card")
    return ends, certificate_ends


def _check_details(holder: Holder, portrait_jp2: bytes | None, pin: str | None, applied_on: date) -> None:
    if pin is not None and not (len(pin) == 4 and pin.isascii() and pin.isdigit()):
        raise ValueError("a PIN must be 4 digits long")
    if portrait_jp2 is None:
        return
    if len(portrait_jp2) > MAX_PHOTO_LENGTH:
        raise ValueError(f"the photo is larger than {MAX_PHOTO_LENGTH} bytes, the limit of the face record")
    if not has_photo(holder.birth_date, applied_on):
        raise ValueError("cards of infants under the age of one have no photo")


def _references(pin: str | None, code: str, number: str) -> dict[Password, str | None]:
    return {
        Password.USER_PIN: pin,
        Password.SIGNATURE_PASSWORD: _SIGNATURE_PASSWORD,
        Password.BIRTH_DATE: code[:6],
        Password.PRINTED_CODE: code,
        Password.NUMBER_A: number,
        Password.TEXT_PIN: _OTHER_PIN,
        Password.RESIDENTS_PIN: _OTHER_PIN,
        Password.COMMON_PIN: _OTHER_PIN,
        Password.TEXT_BLOCKED: None,
        Password.TEXT_NUMBER_A: number,
        Password.TEXT_PRINTED_CODE: code,
    }


def _printed_code(holder: Holder, ends: date, security_code: str) -> bytearray:
    born = holder.birth_date
    printed = WesternDate(born.year, born.month, born.day) if holder.western_birth_year else EraDate.from_date(born)
    code = build_printed_code(printed, ends.year, bytearray(security_code.encode()))
    if isinstance(code, CodeFault):
        raise ValueError(f"{code.part}: {code.reason}")
    return code


def mix(chip_source: CardImage, certificate_source: CardImage) -> CardImage:
    """Forge a card with the photo and chip key of one card and the certificates and PIN of another."""
    jpki = next(app for app in chip_source.card_profile.applications if Key.USER_AUTHENTICATION in app.keys)
    mixed = chip_source.model_copy(deep=True)
    other = certificate_source.model_copy(deep=True)
    mixed.card_id = secrets.token_hex(8)
    mixed.certificate_ends_on = other.certificate_ends_on
    for file in jpki.files:
        mixed.files.pop(file, None)
    mixed.files |= {file: content for file, content in other.files.items() if file in jpki.files}
    mixed.passwords |= {password: state for password, state in other.passwords.items() if password in jpki.passwords}
    mixed.keys |= {key: der for key, der in other.keys.items() if key in jpki.keys}
    return mixed


def _passwords(
    profile: CardProfile, references: dict[Password, str | None], tries: dict[Password, int | None]
) -> dict[Password, PasswordState]:
    """Return the initial password states. `tries`: tries left; None for the maximum. Unset passwords have 0 tries."""
    states = {}
    for password, reference in references.items():
        if profile.has(password):
            maximum = profile.password(password)[1].max_tries
            left = tries.get(password)
            left = 0 if reference is None else maximum if left is None else min(left, maximum)
            states[password] = PasswordState(reference=reference, left=left)
    return states


def _fictitious_number() -> str:
    """Return twelve digits with a deliberately wrong check digit, which cannot be a real individual number."""
    digits = [secrets.randbelow(10) for _ in range(11)]
    weighted = sum(digit * (n + 1 if n <= 6 else n - 5) for n, digit in enumerate(reversed(digits), start=1))
    check = 0 if weighted % 11 <= 1 else 11 - weighted % 11
    return "".join(map(str, digits)) + str((check + 5) % 10)


def _surface_files(
    authority: TestAuthority,
    holder: Holder,
    portrait_jp2: bytes | None,
    key: CardPrivateKey,
    ends: date,
    security_code: str,
    number: str,
) -> dict[File, bytes]:
    signer, public = authority.surface, key.public_key()
    key_object = encode_key_object(public)
    return {
        File.AGE_RECORD: signed_record(signer, 0xFF10, 0xDF11, [date_digits(holder.birth_date), key_object]),
        File.FACE_RECORD: face_record(
            signer,
            public,
            birth_date=holder.birth_date,
            sex=holder.sex,
            name_image=text_png(holder.name, 240, 24),
            address_image=text_png(holder.address, 480, 24),
            photo_jp2=portrait_jp2,
            expiry=ends,
            security_code_image=text_png(security_code, 24, 12),
        ),
        File.SURFACE_INFO: application_info(_MUNICIPALITY.encode("ascii")),
        File.SURFACE_CV_CERTIFICATE: signer.cv_certificate,
        File.NUMBER_IMAGE: signed_record(signer, 0xFF40, 0xDF41, [text_png(number, 72, 12), key_object]),
        File.SURFACE_FILLER: FILLER,
    }


def _text_files(authority: TestAuthority, holder: Holder, key: CardPrivateKey, number: str) -> dict[File, bytes]:
    signer = authority.text
    number_file = encode(0xFF10, number.encode("ascii")) + b"\xff\xff"
    basic_four_file = basic_four(name=holder.name, address=holder.address, birth_date=holder.birth_date, sex=holder.sex)
    return {
        File.INDIVIDUAL_NUMBER: number_file,
        File.BASIC_FOUR: basic_four_file,
        File.TEXT_INTEGRITY: text_integrity(signer, number_file, basic_four_file),
        File.TEXT_CV_CERTIFICATE: signer.cv_certificate,
        File.TEXT_INFO: text_application_info(secrets.token_bytes(32)),
        File.TEXT_SESSION_KEY: session_key(signer.key.public_key()),
        File.TEXT_PUBLIC_KEY: signed_record(signer, 0xFF50, 0xDF51, [encode_key_object(key.public_key())]),
        File.TEXT_FILLER: FILLER,
    }


def _jpki_files(
    authority: TestAuthority,
    holder: Holder,
    keys: dict[Key, CardPrivateKey],
    issued_on: date,
    ends: date | None,
) -> dict[File, bytes]:
    files = {
        File.SIGNATURE_CA_CERTIFICATE: authority.signature_ca.certificate_der,
        File.USER_CA_CERTIFICATE: authority.user_ca.certificate_der,
        File.TOKEN_INFO: token_info("JPKIAPICCTOKEN2"),
        File.CERTIFICATE_FLAGS: bytes(3),
        # exist on the card, but their access conditions are not public
        File.JPKI_PROTECTED: b"",
        File.TERMINAL_CA_KEY: b"",
    }
    if ends is None:
        return files
    start, end = start_of_day(issued_on), end_of_day(ends)
    user = keys[Key.USER_AUTHENTICATION].public_key()
    files[File.USER_CERTIFICATE] = authority.issue_user_certificate(user, start, end)
    if Key.SIGNATURE in keys:
        files[File.SIGNATURE_CERTIFICATE] = authority.issue_signature_certificate(
            keys[Key.SIGNATURE].public_key(), start, end, holder=certificate_holder(holder)
        )
    signature_flag = _PRESENT if Key.SIGNATURE in keys else _ABSENT
    files[File.CERTIFICATE_FLAGS] = signature_flag + _PRESENT + b"\x00"
    return files


def certificate_holder(holder: Holder) -> CertificateHolder:
    return CertificateHolder(
        name=holder.name,
        address=holder.address,
        era_birth_date=f"{_ERA_DIGIT[EraDate.from_date(holder.birth_date).era]}{holder.birth_date:%Y%m%d}",
        sex=_CERTIFICATE_SEX[holder.sex],
    )
