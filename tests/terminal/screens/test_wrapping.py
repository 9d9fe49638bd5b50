"""Tests for wrapping text into short, balanced lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.screens.wrapping import cells, wrap

TEXT = st.text(alphabet="あいうのはをに漢字医師診療アイ、。（）ーっabc de0", min_size=0, max_size=80)


def test_japanese_breaks_after_particles_not_before_closing_marks() -> None:
    lines = wrap("あなたの情報を、この医院の医師に見せてもよいですか")
    assert lines == ("あなたの情報を、この医院の", "医師に見せてもよいですか")


def test_english_breaks_into_balanced_lines_between_words() -> None:
    assert wrap("May the doctor at this clinic see your past care and medicines?", 40) == (
        "May the doctor at this clinic",
        "see your past care and medicines?",
    )


def test_word_longer_than_a_line_is_split() -> None:
    assert wrap("abcdefghij klm", 4) == ("abcd", "efgh", "ij", "klm")


def test_full_width_characters_take_two_cells() -> None:
    assert (cells("受付"), cells("ab"), cells("ｶﾅ")) == (4, 2, 2)


@given(TEXT, st.integers(8, 60))
def test_lines_fit_the_width_and_keep_all_text(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(cells(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_lines_do_not_start_with_closing_marks_or_small_kana() -> None:
    lines = wrap("ああああああああああああああああああああ、いいいいいいいいいいいいいいいいいいいっうううう", 40)
    assert len(lines) > 1
    assert not any(line[0] in "、っ" for line in lines)


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_blank_text_is_wrapped_to_one_empty_line(text: str) -> None:
    assert set(wrap(text)) == {""}
