"""The form for typing the printed code: fields, completion, corrections and wiping."""

import pytest

from terminal.front.code_form import CodeField, CodeForm


def type_digits(form: CodeForm, digits: str) -> CodeForm:
    for digit in digits:
        form.push(int(digit))
    return form


def test_expiry_year_read_from_the_card_is_not_requested() -> None:
    form = type_digits(CodeForm(2031), "6001021234")
    assert form.complete
    assert form.take() == bytearray(b"60010220311234")


def test_unknown_expiry_year_is_requested() -> None:
    form = CodeForm(None)
    assert form.parts == (CodeField.BIRTH_DATE, CodeField.EXPIRY_YEAR, CodeField.SECURITY_CODE)
    assert type_digits(form, "60010220311234").take() == bytearray(b"60010220311234")


def test_only_the_birth_date_is_visible() -> None:
    form = type_digits(CodeForm(2031), "6001")
    assert [form.birth_digit(index) for index in range(6)] == ["6", "0", "0", "1", "", ""]
    type_digits(form, "021234")
    assert form.birth_digit(6) == ""
    assert form.typed_count(CodeField.SECURITY_CODE) == 4


def test_incomplete_code_is_not_sent() -> None:
    form = type_digits(CodeForm(2031), "600102123")
    assert form.take() is None
    assert form.typed_count(CodeField.SECURITY_CODE) == 3


@pytest.mark.parametrize("digits", ["6013021234", "6000021234", "6001321234"])
def test_invalid_birth_date_is_cleared_and_not_sent(digits: str) -> None:
    form = type_digits(CodeForm(2031), digits)
    assert form.take() is None
    assert form.has_invalid_date
    assert form.typed_count(CodeField.BIRTH_DATE) == 0
    form.push(6)
    assert not form.has_invalid_date


def test_excess_digits_are_ignored_and_invalid_digits_raise() -> None:
    form = type_digits(CodeForm(2031), "60010212349999")
    assert form.take() == bytearray(b"60010220311234")
    with pytest.raises(ValueError, match="digit"):
        form.push(10)


def test_erasing_removes_one_digit() -> None:
    form = type_digits(CodeForm(2031), "61")
    form.pop()
    form.pop()
    form.pop()
    assert type_digits(form, "6001021234").take() == bytearray(b"60010220311234")


def test_wiping_overwrites_the_buffer() -> None:
    form = type_digits(CodeForm(2031), "6001021234")
    buffer = form._typed
    form.wipe()
    assert not any(buffer)
    assert "600102" not in repr(form)
    assert form.typed_count(CodeField.BIRTH_DATE) == 0


def test_scanned_digits_are_shown_as_dots_and_uncertain_digits_as_empty() -> None:
    form = CodeForm(2031, bytearray(b"6001022031 2 4"))

    assert form.filled(CodeField.BIRTH_DATE) == (True,) * 6
    assert form.filled(CodeField.SECURITY_CODE) == (False, True, False, True)
    assert form.birth_digit(0) == "●"

    type_digits(form, "13")
    assert form.complete
    form.pop()
    assert form.filled(CodeField.SECURITY_CODE) == (True, True, False, True)
    form.push(3)
    assert form.take() == b"60010220311234"


def test_erasing_before_typing_clears_the_scanned_code() -> None:
    form = CodeForm(2031, bytearray(b"6001022031 234"))

    form.pop()

    assert form.typed_count(CodeField.BIRTH_DATE) == 0
    assert type_digits(form, "6001021234").take() == b"60010220311234"
