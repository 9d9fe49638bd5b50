"""Named kinds of cards that a terminal must handle, for the command line, demos and tests."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from config.japan import JAPAN
from reader.authenticity import three_group_digest_info
from reader.face_record import Sex, parse_face_record
from reader.months import add_months
from reader.profile import RSA_2048, CardProfile, File, Password
from reader.softcard.authority import TestAuthority
from reader.softcard.card_image import CardImage
from reader.softcard.issue import Holder, issue, mix
from reader.softcard.keys import dump_key, generate
from reader.softcard.others import OTHER_KINDS, issue_other
from reader.softcard.phone_profiles import ANDROID, IPHONE
from reader.softcard.phones import issue_phone
from reader.softcard.photo import photo_of_size
from reader.softcard.validity import LimitedStay, age_on, birthday_in, has_photo

_DAY: Final = timedelta(days=1)
_PHOTO_KB: Final = 10.0
_ADDRESS: Final = "東京都模擬区試験町１－２－３"


@dataclass(frozen=True, slots=True)
class Order:
    """Parameters of a card to issue."""

    authority: TestAuthority = field(repr=False)
    holder: Holder = field(repr=False)
    portrait_jp2: bytes | None = field(repr=False)
    pin: str | None = field(repr=False)
    tries_left: int | None
    today: date
    profile: CardProfile = field(repr=False)

    def issue(
        self,
        *,
        with_certificates: bool = True,
        code_tries_left: int | None = None,
        certificate_ends_on: date | None = None,
    ) -> CardImage:
        """Issue an ordinary card with the given deviations.

        Its issue date is six months ago, but not before the holder's birth. If the certificate had expired by then, the
        issue date is a year before the certificate's expiry.
        """
        issued_on = max(add_months(self.today, -6), self.holder.birth_date)
        ends = certificate_ends_on
        if ends is not None and ends <= issued_on:
            issued_on = add_months(ends, -12)
        return issue(
            self.authority,
            self.profile,
            self.portrait_jp2 if has_photo(self.holder.birth_date, issued_on) else None,
            holder=self.holder,
            pin=self.pin,
            issued_on=issued_on,
            pin_tries_left=self.tries_left,
            code_tries_left=code_tries_left,
            with_certificates=with_certificates,
            certificate_ends_on=ends,
        )


@dataclass(frozen=True, slots=True)
class SoftCardKind:
    description: str
    """One-line description."""
    make: Callable[[Order], CardImage]
    default_holder: Callable[[date], Holder]
    """Return the default holder for today's date."""
    refusal: Callable[[Holder, date], str] = lambda holder, today: ""
    """Return the reason why the holder cannot have this kind of card, or an empty string."""


def _adult(today: date) -> Holder:
    return Holder("模擬　太郎", _ADDRESS, date(today.year - 40, 6, 15), Sex.MALE)


def _child(today: date) -> Holder:
    return Holder("模擬　桃子", _ADDRESS, birthday_in(today.year - 10, today), Sex.FEMALE)


def _infant(today: date) -> Holder:
    return Holder("模擬　一", _ADDRESS, add_months(today, -7), Sex.MALE)


def _foreign(today: date) -> Holder:
    stay = LimitedStay(add_months(today, 24))
    return Holder("EXAMPLE　ALEX", _ADDRESS, date(today.year - 30, 2, 3), Sex.NOT_KNOWN, stay, western_birth_year=True)


def _requires_age(low: int, high: int) -> Callable[[Holder, date], str]:
    def refusal(holder: Holder, today: date) -> str:
        age = age_on(today, holder.birth_date)
        return "" if low <= age < high else f"this kind is for ages {low} to {high - 1}, not {age}"

    return refusal


def _foreign_resident(order: Order) -> CardImage:
    if not isinstance(order.holder.residence, LimitedStay):
        residence = LimitedStay(add_months(order.today, 24))
        order = replace(order, holder=replace(order.holder, residence=residence, western_birth_year=True))
    return order.issue()


def _forged_photo(order: Order) -> CardImage:
    """Issue a card with a replaced photo. The municipality's signature is for the original photo."""
    image = order.issue()
    content = image.files[File.FACE_RECORD]
    record = parse_face_record(content)
    digests = hashlib.sha256(record.group_1).digest(), record.group_2_digest, hashlib.sha256(b"another photo").digest()
    signature = order.authority.surface.sign_digest_info(three_group_digest_info(*digests))
    image.files[File.FACE_RECORD] = content.replace(record.signature, signature)
    return image


def _cloned_chip(order: Order) -> CardImage:
    """Issue a clone of a card. Private keys cannot be copied, so it signs with different keys."""
    image = order.issue()
    image.keys |= {key: dump_key(generate(order.profile.algorithm)) for key in image.keys}
    return image


def _mixed(order: Order) -> CardImage:
    other = Holder("模擬　次郎", _ADDRESS, date(order.today.year - 35, 3, 8), Sex.MALE)
    return mix(chip_source=order.issue(), certificate_source=replace(order, holder=other).issue())


KINDS: Final[Mapping[str, SoftCardKind]] = {
    "ordinary": SoftCardKind("an adult's card with PIN and valid certificates", lambda order: order.issue(), _adult),
    "child": SoftCardKind(
        "a child of 1 to 14: valid 5 years, no signature certificate",
        lambda order: order.issue(),
        _child,
        _requires_age(1, 15),
    ),
    "infant": SoftCardKind(
        "applied for under the age of one: no photo", lambda order: order.issue(), _infant, _requires_age(0, 1)
    ),
    "pinless": SoftCardKind(
        "issued without a PIN (顔認証マイナンバーカード)",
        lambda order: replace(order, pin=None).issue(),
        _adult,
    ),
    "without-certificates": SoftCardKind(
        "without certificates: not usable at a reception",
        lambda order: order.issue(with_certificates=False),
        _adult,
    ),
    "foreign-resident": SoftCardKind(
        "expires with the permitted stay; birth date printed with the Western year", _foreign_resident, _foreign
    ),
    "expiring": SoftCardKind(
        "the certificate expires in 30 days",
        lambda order: order.issue(certificate_ends_on=order.today + 30 * _DAY),
        _adult,
    ),
    "in-grace": SoftCardKind(
        "the certificate expired 30 days ago, within the grace period of three months",
        lambda order: order.issue(certificate_ends_on=order.today - 30 * _DAY),
        _adult,
    ),
    "expired": SoftCardKind(
        "the certificate expired 200 days ago, after the grace period",
        lambda order: order.issue(certificate_ends_on=order.today - 200 * _DAY),
        _adult,
    ),
    "pin-locked": SoftCardKind(
        "the PIN is locked; the chip responds like a pinless card",
        lambda order: replace(order, tries_left=0).issue(),
        _adult,
    ),
    "tries-left": SoftCardKind(
        "one PIN try left, or the number given by --tries-left",
        lambda order: replace(order, tries_left=1 if order.tries_left is None else order.tries_left).issue(),
        _adult,
    ),
    "code-locked": SoftCardKind(
        "the printed code (照合番号B) is locked", lambda order: order.issue(code_tries_left=0), _adult
    ),
    "forged-photo": SoftCardKind("a replaced photo with the signature of the original", _forged_photo, _adult),
    "cloned-chip": SoftCardKind("all files of a genuine card, but none of its keys", _cloned_chip, _adult),
    "mixed": SoftCardKind("chip and photo of one card, certificates and PIN of another", _mixed, _adult),
}


def _phone_kind(name: str) -> Callable[[Order], CardImage]:
    def make(order: Order) -> CardImage:
        return issue_phone(
            name,
            order.authority,
            holder=order.holder,
            pin=order.pin or "1234",
            tries_left=order.tries_left,
            issued_on=max(add_months(order.today, -6), order.holder.birth_date),
            certificate_ends_on=None,
        )

    return make


PHONE_KINDS: Final[Mapping[str, SoftCardKind]] = {
    ANDROID: SoftCardKind(
        "an Android phone: its certificate is readable only after its PIN", _phone_kind(ANDROID), _adult
    ),
    IPHONE: SoftCardKind("an iPhone, which verifies its owner before it signs", _phone_kind(IPHONE), _adult),
}


def issue_kind(
    name: str,
    authority: TestAuthority,
    *,
    holder: Holder | None = None,
    portrait_jp2: bytes | None = None,
    photo_kb: float | None = None,
    pin: str = "1234",
    tries_left: int | None = None,
    today: date | None = None,
    profile: CardProfile = RSA_2048,
) -> CardImage:
    """Issue a card of one of `KINDS`, `PHONE_KINDS` or `OTHER_KINDS`. Takes less than 0.5 s.

    `holder`: a fictitious person, by default one suitable for the kind; ignored for `OTHER_KINDS`. `portrait_jp2`: the
    photo, by default a placeholder without a face. `photo_kb`: recompress the photo to about this size. `tries_left`:
    tries left for the PIN. `today`: the date in Japan. Raises `ValueError` for an unknown kind or an invalid
    combination.
    """
    kind = KINDS.get(name) or PHONE_KINDS.get(name)
    if kind is None and name not in OTHER_KINDS:
        known = ", ".join((*KINDS, *PHONE_KINDS, *OTHER_KINDS))
        raise ValueError(f"unknown kind of card {name!r}; known: {known}")
    today = today or datetime.now(JAPAN).date()
    if kind is None:
        return issue_other(name, today)
    holder = holder or kind.default_holder(today)
    if why := kind.refusal(holder, today):
        raise ValueError(f"{name}: {why}")
    if portrait_jp2 is None or photo_kb is not None:
        portrait_jp2 = photo_of_size(portrait_jp2, photo_kb or _PHOTO_KB)
    if tries_left is not None and not 0 <= tries_left <= profile.password(Password.USER_PIN)[1].max_tries:
        raise ValueError("PIN tries left must be 0 to 3")
    return kind.make(Order(authority, holder, portrait_jp2, pin, tries_left, today, profile))
