"""WCAG contrast ratios of the style sheet's colours, for text and controls in every look."""

import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[3] / "terminal" / "counter_web" / "page" / "css"
AAA, CONTROL = 7.0, 3.0
"""Minimum contrast ratios for text (level AAA) and for controls."""
COLOUR = re.compile(r"--([a-z-]+): (#[0-9a-f]{3,6});")

TEXT_PAIRS = (
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
CONTROL_PAIRS = (
    ("edge of a button", "edge", "card"),
    ("edge of a button on paper", "edge", "paper"),
    ("answer on paper", "main", "paper"),
    ("focus", "focus", "paper"),
    ("focus on a card", "focus", "card"),
    ("completed step", "good", "card"),
)


def css_colours(name: str, selector: str) -> dict[str, str]:
    sheet = (CSS / name).read_text(encoding="utf-8")
    start = sheet.index(selector + " {")
    return dict(COLOUR.findall(sheet[start : sheet.index("}", start)]))


NORMAL = css_colours("base.css", ":root")
LOOKS = {"normal": NORMAL, "contrast": NORMAL | css_colours("looks.css", ":root[data-contrast]")}
"""The other looks do not change colours."""


def luminance(colour: str) -> float:
    """Return the relative luminance as defined by WCAG 2.2."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    channels = [int(digits[index : index + 2], 16) / 255 for index in (0, 2, 4)]
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(first: str, second: str) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_ratio_matches_known_wcag_values() -> None:
    assert ratio("#000", "#ffffff") == pytest.approx(21)
    assert ratio("#767676", "#fff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(("part", "colour", "background"), TEXT_PAIRS)
def test_text_contrast_meets_aaa(look: str, part: str, colour: str, background: str) -> None:
    assert ratio(LOOKS[look][colour], LOOKS[look][background]) >= AAA


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(("part", "colour", "background"), CONTROL_PAIRS)
def test_control_contrast_meets_wcag(look: str, part: str, colour: str, background: str) -> None:
    assert ratio(LOOKS[look][colour], LOOKS[look][background]) >= CONTROL
