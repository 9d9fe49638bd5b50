"""Tests for building and checking the printed code."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.printed_code import (
    CodeFault,
    CodePart,
    Era,
    EraDate,
    WesternDate,
    build_printed_code,
    check_printed_code,
)


def code(birth_date: EraDate | WesternDate, year: int = 2033, security: bytes = b"1234") -> bytearray | CodeFault:
    return build_printed_code(birth_date, year, bytearray(security))


@pytest.mark.parametrize(
    ("birth_date", "era", "digits"),
    [
        (date(2020, 2, 24), Era.REIWA, b"020224"),
        (date(2019, 5, 1), Era.REIWA, b"010501"),
        (date(2019, 4, 30), Era.HEISEI, b"310430"),
        (date(1989, 1, 8), Era.HEISEI, b"010108"),
        (date(1989, 1, 7), Era.SHOWA, b"640107"),
        (date(1926, 12, 25), Era.SHOWA, b"011225"),
        (date(1926, 12, 24), Era.TAISHO, b"151224"),
        (date(1912, 7, 30), Era.TAISHO, b"010730"),
        (date(1912, 7, 29), Era.MEIJI, b"450729"),
    ],
)
def test_birth_date_is_written_in_its_era(birth_date: date, era: Era, digits: bytes) -> None:
    assert EraDate.from_date(birth_date).era is era
    assert code(EraDate.from_date(birth_date)) == digits + b"20331234"


def test_day_of_era_change_is_accepted_in_both_eras() -> None:
    assert EraDate(Era.MEIJI, 45, 7, 30).to_date() == EraDate(Era.TAISHO, 1, 7, 30).to_date() == date(1912, 7, 30)
    assert EraDate(Era.TAISHO, 15, 12, 25).to_date() == EraDate(Era.SHOWA, 1, 12, 25).to_date() == date(1926, 12, 25)


def test_western_birth_date_is_sent_as_printed() -> None:
    assert code(WesternDate(1990, 3, 4)) == b"90030420331234"
    assert code(WesternDate(2001, 3, 4)) == b"01030420331234"


@pytest.mark.parametrize(
    "birth_date",
    [
        EraDate(Era.SHOWA, 64, 1, 8),
        EraDate(Era.HEISEI, 1, 1, 7),
        EraDate(Era.HEISEI, 31, 5, 1),
        EraDate(Era.REIWA, 1, 4, 30),
        EraDate(Era.SHOWA, 60, 2, 29),
        EraDate(Era.SHOWA, 60, 13, 1),
        EraDate(Era.SHOWA, 0, 1, 1),
        WesternDate(85, 6, 15),
        WesternDate(1985, 2, 29),
    ],
)
def test_impossible_birth_date_is_refused(birth_date: EraDate | WesternDate) -> None:
    fault = code(birth_date)
    assert isinstance(fault, CodeFault)
    assert fault.part is CodePart.BIRTH_DATE
    assert fault.reason
    assert fault.next_step


def test_expiry_year_and_security_code_are_checked() -> None:
    birth_date = EraDate(Era.SHOWA, 60, 6, 15)
    for year in (33, 2015, 2100):
        fault = code(birth_date, year)
        assert isinstance(fault, CodeFault)
        assert fault.part is CodePart.EXPIRY_YEAR
    for security in (b"", b"123", b"12345", b"12a4", "１２３４".encode()):
        fault = code(birth_date, security=security)
        assert isinstance(fault, CodeFault)
        assert fault.part is CodePart.SECURITY_CODE
    fault = code(EraDate(Era.REIWA, 20, 1, 1))
    assert isinstance(fault, CodeFault)
    assert fault.part is CodePart.BIRTH_DATE


@given(st.dates(date(1868, 1, 25), date(2030, 1, 1)))
def test_era_dates_round_trip(birth_date: date) -> None:
    era_date = EraDate.from_date(birth_date)
    assert era_date.to_date() == birth_date
    result = code(era_date)
    assert isinstance(result, bytearray)
    assert check_printed_code(result) is None


@given(st.sampled_from(Era), st.integers(-1, 120), st.integers(-1, 14), st.integers(-1, 33))
def test_any_typed_date_gives_code_or_fault(era: Era, year: int, month: int, day: int) -> None:
    result = code(EraDate(era, year, month, day), 2099)
    assert isinstance(result, CodeFault) or (len(result) == 14 and result.isdigit())


@pytest.mark.parametrize("scanned", [b"", b"1234", b"60061520331234 ", b"60134520331234", b"600615203312E4"])
def test_misread_code_is_not_sent_to_card(scanned: bytes) -> None:
    fault = check_printed_code(bytearray(scanned))
    assert fault is not None
    assert scanned.decode().strip() not in fault.reason or not scanned


def test_repr_has_no_birth_date() -> None:
    # The text after "at 0x" is an address, which can contain any digits.
    assert "60" not in repr(EraDate(Era.SHOWA, 60, 6, 15)).partition(" at 0x")[0]
    assert "1990" not in repr(WesternDate(1990, 3, 4)).partition(" at 0x")[0]
