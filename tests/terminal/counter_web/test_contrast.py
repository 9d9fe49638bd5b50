"""WCAG contrast ratios of the style sheet colours, for text and controls in every look."""

import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[3] / "terminal" / "counter_web" / "page" / "css"
AAA, EDGE = 7.0, 3.0
COLOUR = re.compile(r"--([a-z-]+): (#[0-9a-f]{3,6});")

READ = (
    ("question, answers on paper", "ink", "paper"),
    ("buttons", "ink", "card"),
    ("hints", "quiet", "paper"),
    ("hints on a card", "quiet", "card"),
    ("reason", "bad", "bad-soft"),
    ("answer", "main-ink", "main"),
    ("answer, pressed", "main-ink", "main-dark"),
    ("staff", "main", "card"),
    ("call", "call-ink", "call"),
)
SEEN = (
    ("edge of a button", "edge", "card"),
    ("edge of a button on paper", "edge", "paper"),
    ("answer on paper", "main", "paper"),
    ("focus", "focus", "paper"),
    ("focus on a card", "focus", "card"),
    ("step that is done", "good", "card"),
)


def block(name: str, selector: str) -> dict[str, str]:
    sheet = (CSS / name).read_text(encoding="utf-8")
    start = sheet.index(selector + " {")
    return dict(COLOUR.findall(sheet[start : sheet.index("}", start)]))


NORMAL = block("base.css", ":root")
LOOKS = {"normal": NORMAL, "contrast": NORMAL | block("looks.css", ":root[data-contrast]")}
"""Larger text and low targets change no colours."""


def luminance(colour: str) -> float:
    """Return the relative luminance as defined by WCAG 2.2."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_ratio_matches_known_wcag_values() -> None:
    assert ratio("#000", "#ffffff") == pytest.approx(21)
    assert ratio("#767676", "#fff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(("what", "colour", "ground"), READ)
def test_text_contrast_meets_aaa(look: str, what: str, colour: str, ground: str) -> None:
    assert ratio(LOOKS[look][colour], LOOKS[look][ground]) >= AAA


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(("what", "colour", "ground"), SEEN)
def test_control_contrast_meets_wcag(look: str, what: str, colour: str, ground: str) -> None:
    assert ratio(LOOKS[look][colour], LOOKS[look][ground]) >= EDGE
