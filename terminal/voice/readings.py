"""Prepare written sentences for speech synthesis."""

import re

from terminal.words.ruby import RUBY

_READINGS = (
    ("お困りの方", "お困りのかた"),
    ("むずかしい方", "むずかしいかた"),
    ("保護者の方", "保護者のかた"),
    ("などの方", "などのかた"),
    ("したい方", "したいかた"),
    ("カードの表", "カードのおもて"),
    ("上が", "うえが"),
    ("年（4けた）", "ねん、4けた"),
    ("下2けた", "しも2けた"),
    ("／", "、"),
)
"""Correct readings of expressions that the Japanese dictionary misreads."""

_PHONE = re.compile(r"[0-9]+(?:-[0-9]+)+")
_NUMBER_OF_DAY = re.compile(r"(番号 ?)([0-9]{1,3})$")
_DIGITS = ("ゼロ", "イチ", "ニー", "サン", "ヨン", "ゴー", "ロク", "ナナ", "ハチ", "キュー")


def japanese(text: str) -> str:
    """Prepare a text for the Japanese voice: use ruby readings instead of kanji, and remove visual marks."""
    text = RUBY.sub(r"\2", text)
    for written, read in _READINGS:
        text = text.replace(written, read)
    text = _PHONE.sub(lambda number: "、".join(map(_spell_out, number[0].split("-"))), text)
    text = _NUMBER_OF_DAY.sub(r"\1、\2番", text)
    return re.sub(r"[「」（）・、\s　]+", "、", text).strip("、")


def _spell_out(digits: str) -> str:
    return "".join(_DIGITS[int(digit)] for digit in digits)


def chinese(text: str) -> str:
    """Convert Chinese text to pinyin with tone numbers for espeak-ng. The neutral tone is 5."""
    from pypinyin import Style, lazy_pinyin

    return " ".join(lazy_pinyin(default(text), style=Style.TONE3, neutral_tone_with_five=True))


def default(text: str) -> str:
    """Prepare a text for all other voices: use ruby readings and normalise spaces."""
    return re.sub(r"\s+", " ", RUBY.sub(r"\2", text)).strip()
