"""Test that やさしい日本語 (easy Japanese) has readings for kanji not taught in primary school."""

import re
import unicodedata

from terminal.words.catalogue import catalogue
from terminal.words.ruby import RUBY, plain
from tests.terminal.words.primary_school_kanji import BY_GRADE, PRIMARY_SCHOOL_KANJI

KANA = re.compile(r"[ぁ-ゖァ-ヺー]+")


def is_kanji(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("CJK UNIFIED IDEOGRAPH")


def sentences() -> dict[str, str]:
    texts = {}
    for message in catalogue("ja-easy"):
        if message.id:
            forms = message.string if isinstance(message.string, list | tuple) else (message.string or "",)
            texts[str(message.id)] = " ".join(forms)
    return texts


def test_table_contains_all_grades() -> None:
    assert [len(grade) for grade in BY_GRADE] == [80, 160, 200, 202, 193, 191]
    assert len(PRIMARY_SCHOOL_KANJI) == 1026


def test_kanji_not_taught_in_primary_school_have_readings() -> None:
    without_readings = {message_id: RUBY.sub("", text) for message_id, text in sentences().items()}
    missing = {
        message_id: letters
        for message_id, text in without_readings.items()
        if (letters := [letter for letter in text if is_kanji(letter) and letter not in PRIMARY_SCHOOL_KANJI])
    }
    assert not missing


def test_readings_are_kana_for_kanji() -> None:
    for message_id, text in sentences().items():
        for written, reading in RUBY.findall(text):
            assert any(map(is_kanji, written)), (message_id, written)
            assert KANA.fullmatch(reading), (message_id, reading)


def test_plain_text_contains_no_readings() -> None:
    assert plain("{情報|じょうほう}を {left}回") == "情報を {left}回"
    assert not [text for text in map(plain, sentences().values()) if "|" in text]
