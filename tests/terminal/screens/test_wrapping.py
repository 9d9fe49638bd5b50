"""Lines a tired person can read: short, balanced, broken between phrases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.screens.wrapping import cells, wrap

TEXT = st.text(alphabet="あいうのはをに漢字医師診療アイ、。（）ーっabc de0", min_size=0, max_size=80)


def test_japanese_breaks_after_a_particle_and_not_before_a_closing_mark() -> None:
    lines = wrap("あなたの情報を、この医院の医師に見せてもよいですか")
    assert lines == ("あなたの情報を、この医院の", "医師に見せてもよいですか")


def test_english_breaks_between_words_and_in_balance() -> None:
    assert wrap("May the doctor of this clinic see your past care and medicines?", 40) == (
        "May the doctor of this clinic",
        "see your past care and medicines?",
    )


def test_a_word_longer_than_a_line_is_cut() -> None:
    assert wrap("abcdefghij klm", 4) == ("abcd", "efgh", "ij", "klm")


def test_a_full_width_character_takes_two_cells() -> None:
    assert (cells("受付"), cells("ab"), cells("ｶﾅ")) == (4, 2, 2)


@given(TEXT, st.integers(8, 60))
def test_no_line_is_wider_than_allowed_and_nothing_is_lost(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(cells(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_no_line_begins_with_a_closing_mark_or_a_small_letter() -> None:
    lines = wrap("ああああああああああああああああああああ、いいいいいいいいいいいいいいいいいいいっうううう", 40)
    assert len(lines) > 1
    assert not any(line[0] in "、っ" for line in lines)


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_nothing_to_say_is_still_a_line(text: str) -> None:
    assert set(wrap(text)) == {""}
