"""Tests for the validity periods of cards and certificates, from the municipal guides."""

from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.months import add_months
from reader.profile import EC_384_ANNOUNCED, RSA_2048, File, Key
from reader.softcard.authority import TestAuthority
from reader.softcard.issue import Holder, issue
from reader.softcard.validity import (
    PERMANENT,
    LimitedStay,
    Residence,
    TransitionalStay,
    card_expiry_date,
    certificate_expiry_date,
    end_of_day,
    has_photo,
    has_signature_certificate,
    nth_birthday_after,
)

pytestmark = pytest.mark.usefixtures("ready_made_keys")


@dataclass(frozen=True)
class Case:
    rule: str
    birth_date: date
    issued: date
    card: date
    certificate: date
    applied: date | None = None
    residence: Residence = PERMANENT


CASES = [
    Case("10th and 5th birthday", date(1985, 6, 15), date(2025, 4, 1), date(2034, 6, 15), date(2029, 6, 15)),
    Case("the day before a birthday", date(1985, 6, 15), date(2025, 6, 14), date(2034, 6, 15), date(2029, 6, 15)),
    Case("issued on a birthday", date(1985, 6, 15), date(2025, 6, 15), date(2035, 6, 15), date(2030, 6, 15)),
    Case("18 today", date(2007, 6, 15), date(2025, 6, 15), date(2035, 6, 15), date(2030, 6, 15)),
    Case("18 tomorrow", date(2007, 6, 16), date(2025, 6, 15), date(2029, 6, 16), date(2029, 6, 16)),
    Case("newborn", date(2025, 3, 3), date(2025, 8, 1), date(2030, 3, 3), date(2030, 3, 3)),
    Case(
        "19, applied on the last day of the old age limit: a minor",
        date(2002, 8, 1),
        date(2022, 5, 10),
        date(2026, 8, 1),
        date(2026, 8, 1),
        applied=date(2022, 3, 31),
    ),
    Case(
        "19, applied on the first day of the new age limit: an adult",
        date(2002, 8, 1),
        date(2022, 5, 10),
        date(2031, 8, 1),
        date(2026, 8, 1),
        applied=date(2022, 4, 1),
    ),
    Case(
        "20, old age limit",
        date(2001, 8, 1),
        date(2022, 2, 10),
        date(2031, 8, 1),
        date(2026, 8, 1),
        applied=date(2022, 1, 10),
    ),
    Case(
        "certificate expires with the permitted stay",
        date(1990, 5, 5),
        date(2025, 4, 1),
        date(2027, 9, 30),
        date(2027, 9, 30),
        residence=LimitedStay(date(2027, 9, 30)),
    ),
    Case(
        "stay longer than the certificate",
        date(1990, 5, 5),
        date(2025, 4, 1),
        date(2031, 9, 30),
        date(2029, 5, 5),
        residence=LimitedStay(date(2031, 9, 30)),
    ),
    Case(
        "stay longer than the card",
        date(1990, 5, 5),
        date(2025, 4, 1),
        date(2034, 5, 5),
        date(2029, 5, 5),
        residence=LimitedStay(date(2040, 1, 1)),
    ),
    Case(
        "renewal pending: two months longer",
        date(1990, 5, 5),
        date(2025, 4, 1),
        date(2025, 11, 30),
        date(2025, 11, 30),
        residence=LimitedStay(date(2025, 9, 30), renewal_pending=True),
    ),
    Case(
        "renewal pending on 31 December: until 28 February",
        date(1990, 5, 5),
        date(2025, 4, 1),
        date(2026, 2, 28),
        date(2026, 2, 28),
        residence=LimitedStay(date(2025, 12, 31), renewal_pending=True),
    ),
    Case(
        "born in Japan without a residence permit: 60 days",
        date(2025, 7, 1),
        date(2025, 7, 20),
        date(2025, 8, 30),
        date(2025, 8, 30),
        residence=TransitionalStay(date(2025, 7, 1)),
    ),
    Case("leap day, common years", date(1988, 2, 29), date(2025, 1, 10), date(2034, 2, 28), date(2029, 2, 28)),
    Case("leap day, a leap year", date(1988, 2, 29), date(2023, 3, 1), date(2033, 2, 28), date(2028, 2, 29)),
    Case("leap day, issued on the 28th", date(1988, 2, 29), date(2025, 2, 28), date(2035, 2, 28), date(2030, 2, 28)),
    Case("leap day, 18 on 28 February", date(2008, 2, 29), date(2026, 2, 28), date(2036, 2, 29), date(2031, 2, 28)),
    Case("leap day, 17 on 27 February", date(2008, 2, 29), date(2026, 2, 27), date(2030, 2, 28), date(2030, 2, 28)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_card_and_certificate_expiry(case: Case) -> None:
    card = card_expiry_date(case.birth_date, case.issued, applied_on=case.applied, residence=case.residence)
    assert (card, certificate_expiry_date(case.birth_date, case.issued, card)) == (case.card, case.certificate)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_issued_card_contains_same_dates(case: Case, authority: TestAuthority) -> None:
    from cryptography import x509

    from reader.face_record import parse_face_record

    holder = Holder("試験　花子", "東京都模擬区１－２－３", case.birth_date, residence=case.residence)
    image = issue(authority, RSA_2048, None, holder=holder, pin="1234", issued_on=case.issued, applied_on=case.applied)
    certificate = x509.load_der_x509_certificate(image.files[File.USER_CERTIFICATE])
    assert (image.expires_on, image.certificate_ends_on) == (case.card, case.certificate)
    assert certificate.not_valid_after_utc == end_of_day(case.certificate)
    assert image.files[File.CARD_EXPIRY].endswith(f"{case.card:%Y%m%d}".encode())
    assert parse_face_record(image.files[File.FACE_RECORD]).expiry == case.card


@pytest.mark.parametrize(
    ("birth_date", "issued", "expected"),
    [
        (date(2010, 6, 15), date(2025, 6, 15), True),
        (date(2010, 6, 15), date(2025, 6, 14), False),
        (date(2012, 2, 29), date(2027, 2, 28), True),
        (date(2012, 2, 29), date(2027, 2, 27), False),
    ],
)
def test_no_signature_certificate_under_15(
    birth_date: date, issued: date, expected: bool, authority: TestAuthority
) -> None:
    assert has_signature_certificate(birth_date, issued) is expected
    holder = Holder("試験　花子", "東京都模擬区１－２－３", birth_date)
    image = issue(authority, RSA_2048, None, holder=holder, pin="1234", issued_on=issued)
    assert (File.SIGNATURE_CERTIFICATE in image.files, Key.SIGNATURE in image.keys) == (expected, expected)
    assert image.files[File.CERTIFICATE_FLAGS] == (b"\x8f\x8f\x00" if expected else b"\x00\x8f\x00")


@pytest.mark.parametrize(
    ("birth_date", "applied", "expected"),
    [
        (date(2025, 3, 3), date(2026, 3, 2), False),
        (date(2025, 3, 3), date(2026, 3, 3), True),
        (date(2024, 6, 1), date(2024, 12, 1), True),
        (date(2024, 6, 1), date(2024, 12, 2), False),
    ],
)
def test_infant_cards_issued_since_december_2024_have_no_photo(birth_date: date, applied: date, expected: bool) -> None:
    assert has_photo(birth_date, applied) is expected


def test_invalid_details_are_refused(authority: TestAuthority, photo: bytes) -> None:
    baby = Holder("試験　赤子", "東京都模擬区１－２－３", date(2025, 3, 3))
    with pytest.raises(ValueError, match="under the age of one"):
        issue(authority, RSA_2048, photo, holder=baby, pin="1234", issued_on=date(2025, 8, 1))
    visitor = Holder("SMITH　JOHN", "東京都模擬区１－２－３", date(1990, 5, 5), residence=LimitedStay(date(2024, 1, 1)))
    with pytest.raises(ValueError, match="stay"):
        issue(authority, RSA_2048, photo, holder=visitor, pin="1234", issued_on=date(2025, 8, 1))
    adult = Holder("試験　花子", "東京都模擬区１－２－３", date(1985, 6, 15))
    with pytest.raises(ValueError, match="expires after the card"):
        issue(
            authority,
            RSA_2048,
            photo,
            holder=adult,
            pin="1234",
            issued_on=date(2025, 8, 1),
            expires_on=date(2026, 1, 1),
            certificate_ends_on=date(2026, 1, 2),
        )


def test_announced_generation_cards_are_valid_longer(authority: TestAuthority, photo: bytes) -> None:
    holder = Holder("試験　花子", "東京都模擬区１－２－３", date(1985, 6, 15))
    image = issue(authority, EC_384_ANNOUNCED, photo, holder=holder, pin="1234", issued_on=date(2028, 10, 1))
    assert (image.expires_on, image.certificate_ends_on) == (date(2038, 7, 15), date(2038, 6, 15))


@given(st.dates(date(1900, 1, 1), date(2040, 1, 1)), st.dates(date(2016, 1, 1), date(2045, 1, 1)))
def test_certificate_ends_after_issue_and_not_after_card(birth_date: date, issued: date) -> None:
    if birth_date > issued:
        return
    card = card_expiry_date(birth_date, issued)
    certificate = certificate_expiry_date(birth_date, issued, card)
    assert issued < certificate <= card
    assert card <= nth_birthday_after(birth_date, issued, 10)


@given(st.dates(date(2016, 1, 1), date(2090, 1, 1)), st.integers(0, 24))
def test_adding_months(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later.month != add_months(later, 1).month))
