"""Hypothesis strategies for messages, built from the message classes."""

from datetime import date, datetime
from functools import cache
from typing import Any

from hypothesis import strategies as st

from config.japan import JAPAN
from terminal.handover.parts import ConsentElements, ConsentPart, Element, Part, part_fields
from terminal.handover.values import (
    COUNT,
    KANA,
    MONTH,
    NAME,
    POST_NUMBER,
    CodeKind,
    DateKind,
    InsurerNumberKind,
    PatternKind,
    TextKind,
    TimestampKind,
    ValueKind,
)

CP932_TEXT = "あ亜漢字髙﨑ｱｲｳﾞﾟＡ１－・a1<>&\"'\\;表ソ能"
"""CP932 characters, including markup and characters whose second byte is a backslash."""

days = st.dates(date(1, 1, 1), date(9999, 12, 31))
timestamps = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59)).map(
    lambda timestamp: timestamp.replace(microsecond=0, tzinfo=JAPAN)
)
_PATTERNS = {
    MONTH: "[0-9]{4}(0[1-9]|1[0-2])",
    POST_NUMBER: "[0-9]{3}-[0-9]{4}",
    COUNT: "[1-9][0-9]{0,8}",
    NAME: "[髙﨑模擬]{1,5}　[花子太郎]{1,5}",
    KANA: "[ｱ-ﾝ]{1,9}",
}


def text(max_length: int = 30) -> st.SearchStrategy[str]:
    return st.text(CP932_TEXT + "　 ", min_size=1, max_size=max_length).filter(
        lambda text: text == text.strip(" ") != ""
    )


def values(kind: ValueKind) -> st.SearchStrategy[Any]:
    match kind:
        case DateKind():
            return days
        case TimestampKind():
            return timestamps
        case InsurerNumberKind():
            return st.from_regex("[1-9][0-9]{0,7}", fullmatch=True)
        case CodeKind(codes=codes):
            return st.sampled_from([value for value, _ in codes.values])
        case PatternKind(pattern=pattern):
            return st.from_regex(_PATTERNS.get(kind, pattern), fullmatch=True)
        case TextKind(max_length=longest):
            return text(longest or 30)
        case _:
            raise AssertionError(f"no values for {kind}")


def consents(marker: ConsentElements) -> st.SearchStrategy[ConsentPart]:
    until = st.none() | timestamps if marker.has_available_time else st.none()
    return st.builds(
        ConsentPart, flag=st.sampled_from("0123"), consent_time=st.none() | timestamps, available_time=until
    )


@cache
def parts(part: type[Part]) -> st.SearchStrategy[Any]:
    strategies: dict[str, st.SearchStrategy[Any]] = {}
    for field in part_fields(part):
        marker = field.marker
        if isinstance(marker, ConsentElements):
            strategies[field.attribute] = st.none() | consents(marker)
            continue
        assert isinstance(marker, Element)
        if field.part is None:
            assert marker.kind is not None
            strategy = values(marker.kind)
        else:
            strategy = parts(field.part)
        if field.repeated:
            # An entry without elements is written as an empty element and read as an entry.
            strategies[field.attribute] = st.lists(strategy, min_size=int(field.required), max_size=3).map(tuple)
        else:
            strategies[field.attribute] = strategy if field.required else st.none() | strategy
    return st.builds(part, **strategies)
