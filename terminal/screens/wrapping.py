"""Break a sentence into lines as a person would: balanced, at phrase ends, never before a closing mark."""

import unicodedata
from functools import lru_cache

LINE_CELLS = 40
"""Twenty full-width characters: the longest line patients have to read."""

_NOT_FIRST = frozenset("、。，．・：；？！）」』】〉》〕］｝ーっゃゅょぁぃぅぇぉッャュョァィゥェォ々〜%℃,.;:?!)]}")
_NOT_LAST = frozenset("（「『【〈《〔［｛([{")
_LEADS_ON = frozenset(("この", "その", "あの", "どの"))
"""Words that must stay with the following word."""
_INSIDE_PHRASE = 400
"""Cost of a break in the middle of a Japanese phrase, in squared cells of ragged edge."""


def cells(text: str) -> int:
    """Return the number of terminal cells the text takes: two per full-width character, none per combining one."""
    return sum(_cell(character) for character in text)


def _cell(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


@lru_cache(maxsize=1024)
def wrap(text: str, width: int = LINE_CELLS) -> tuple[str, ...]:
    """Return the text in lines of at most `width` cells; a longer word is cut."""
    return tuple(line for paragraph in text.split("\n") for line in _paragraph(paragraph, max(width, 2)))


def _paragraph(text: str, width: int) -> list[str]:
    text = text.strip()
    if cells(text) <= width:
        return [text]
    breaks = _breaks(text)
    count = _fewest_lines(text, breaks, width)
    if count is None:
        cut = _fitting(text, width)
        return [text[:cut], *_paragraph(text[cut:], width)]
    target = cells(text) / count
    return _balanced(text, breaks, width, count, target)


def _breaks(text: str) -> dict[int, int]:
    """Return where a line may end (index of the next line's first character) and what that costs."""
    costs = {}
    for index in range(1, len(text)):
        before, after = text[index - 1], text[index]
        if after == " " or after in _NOT_FIRST or before in _NOT_LAST:
            continue
        if before == " " or before in "、。：":
            costs[index] = 0
        elif _cell(before) == 2 and _cell(after) == 2:
            leads_on = text[max(index - 2, 0) : index] in _LEADS_ON or before in "おご"
            costs[index] = 0 if _ends_phrase(before, after) and not leads_on else _INSIDE_PHRASE
    return costs


def _ends_phrase(before: str, after: str) -> bool:
    """Match a particle or ending in hiragana followed by a word in kanji, katakana or brackets."""
    return _is_hiragana(before) and not _is_hiragana(after)


def _is_hiragana(character: str) -> bool:
    return "ぁ" <= character <= "ん"


def _fewest_lines(text: str, breaks: dict[int, int], width: int) -> int | None:
    """Return the least number of lines, or None if a word is longer than a line."""
    start, count = 0, 1
    while cells(text[start:].strip()) > width:
        ends = [end for end in breaks if end > start and cells(text[start:end].strip()) <= width]
        if not ends:
            return None
        start, count = max(ends), count + 1
    return count


def _fitting(text: str, width: int) -> int:
    used = 0
    for index, character in enumerate(text):
        used += _cell(character)
        if used > width:
            return max(index, 1)
    return len(text)


def _balanced(text: str, breaks: dict[int, int], width: int, count: int, target: float) -> list[str]:
    """Return the cheapest division of the text into exactly `count` lines."""
    best: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}
    for line in range(count):
        following: dict[int, tuple[float, tuple[int, ...]]] = {}
        for start, (cost, cuts) in best.items():
            for end in [len(text)] if line == count - 1 else [end for end in breaks if end > start]:
                used = cells(text[start:end].strip())
                if used > width:
                    continue
                total = cost + (used - target) ** 2 + breaks.get(end, 0)
                if end not in following or total < following[end][0]:
                    following[end] = (total, (*cuts, end))
        best = following
    _, cuts = best[len(text)]
    return [text[start:end].strip() for start, end in zip((0, *cuts), cuts, strict=False)]
