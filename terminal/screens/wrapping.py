"""Wrap sentences into balanced lines that end at phrase boundaries, following Japanese line-breaking rules."""

import unicodedata
from functools import lru_cache

LINE_CELLS = 40
"""Maximum line length for patients: twenty full-width characters."""

_NOT_FIRST = frozenset("、。，．・：；？！）」』】〉》〕］｝ーっゃゅょぁぃぅぇぉッャュョァィゥェォ々〜%℃,.;:?!)]}")
_NOT_LAST = frozenset("（「『【〈《〔［｛([{")
_BOUND = frozenset(("この", "その", "あの", "どの"))
"""Words that are not separated from the following word."""
_INSIDE_PHRASE = 400
"""Cost of a break within a Japanese phrase, in squared cells of deviation from the mean line length."""


def cells(text: str) -> int:
    """Return the width of the text in terminal cells: two per full-width and none per combining character."""
    return sum(_cell(character) for character in text)


def _cell(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


@lru_cache(maxsize=1024)
def wrap(text: str, width: int = LINE_CELLS) -> tuple[str, ...]:
    """Wrap the text into lines of at most `width` cells. Longer words are split."""
    return tuple(line for paragraph in text.split("\n") for line in _paragraph(paragraph, max(width, 2)))


def _paragraph(text: str, width: int) -> list[str]:
    text = text.strip()
    if cells(text) <= width:
        return [text]
    breaks = _breaks(text)
    count = _min_lines(text, breaks, width)
    if count is None:
        cut = _fitting_length(text, width)
        return [text[:cut], *_paragraph(text[cut:], width)]
    target = cells(text) / count
    return _balance(text, breaks, width, count, target)


def _breaks(text: str) -> dict[int, int]:
    """Return the cost of each possible line break, by the index of the next line's first character."""
    costs = {}
    for index in range(1, len(text)):
        before, after = text[index - 1], text[index]
        if after == " " or after in _NOT_FIRST or before in _NOT_LAST:
            continue
        if before == " " or before in "、。：":
            costs[index] = 0
        elif _cell(before) == 2 and _cell(after) == 2:
            bound = text[max(index - 2, 0) : index] in _BOUND or before in "おご"
            costs[index] = 0 if _ends_phrase(before, after) and not bound else _INSIDE_PHRASE
    return costs


def _ends_phrase(before: str, after: str) -> bool:
    """Return whether a phrase ends here: hiragana followed by kanji, katakana or a bracket."""
    return _is_hiragana(before) and not _is_hiragana(after)


def _is_hiragana(character: str) -> bool:
    return "ぁ" <= character <= "ん"


def _min_lines(text: str, breaks: dict[int, int], width: int) -> int | None:
    """Return the minimum number of lines, or None if a word is longer than a line."""
    start, count = 0, 1
    while cells(text[start:].strip()) > width:
        ends = [end for end in breaks if end > start and cells(text[start:end].strip()) <= width]
        if not ends:
            return None
        start, count = max(ends), count + 1
    return count


def _fitting_length(text: str, width: int) -> int:
    used = 0
    for index, character in enumerate(text):
        used += _cell(character)
        if used > width:
            return max(index, 1)
    return len(text)


def _balance(text: str, breaks: dict[int, int], width: int, count: int, target: float) -> list[str]:
    """Return the division of the text into exactly `count` lines with the lowest cost."""
    best: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}
    for line in range(count):
        next_best: dict[int, tuple[float, tuple[int, ...]]] = {}
        for start, (cost, cuts) in best.items():
            for end in [len(text)] if line == count - 1 else [end for end in breaks if end > start]:
                used = cells(text[start:end].strip())
                if used > width:
                    continue
                total = cost + (used - target) ** 2 + breaks.get(end, 0)
                if end not in next_best or total < next_best[end][0]:
                    next_best[end] = (total, (*cuts, end))
        best = next_best
    _, cuts = best[len(text)]
    return [text[start:end].strip() for start, end in zip((0, *cuts), cuts, strict=False)]
