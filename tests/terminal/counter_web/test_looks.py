"""Layout of every look: fit, text sizes, answers on one page, line breaks and accessibility violations."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page

from config.settings import Settings
from terminal.words.languages import LANGUAGES
from tests.terminal.counter_web.overflow import ALL_SCREENS, COMBINED_LOOKS, LOOKS, SIZES, measure
from tests.terminal.counter_web.stage import PageStage
from tests.terminal.screens.stand_in import StandIn
from tests.terminal.talk.gallery import ALL_LANGUAGES, state_for

CROWDED = (
    "idle",
    "method",
    "code-wrong",
    "face-turn",
    "pin-warned",
    "consent",
    "summary",
    "complete",
    "problem-expired",
)
"""Screens with the most text."""
CROWDED_BY_LANGUAGE = ("idle", "consent-child", "languages", "pin-changes")
"""Crowded screens in languages with long words or with readings above kanji."""


@pytest.fixture(scope="module")
def stage_and_page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PageStage, Page]]:
    page = browser.new_page()
    with PageStage(
        Settings(state_dir=tmp_path_factory.mktemp("looks")), StandIn(ALL_LANGUAGES), settle_seconds=0
    ) as stage:
        yield stage, stage.open(page)
    page.close()


def layout_problems(page: Page, size: tuple[int, int], names: tuple[str, ...], language: str, look: str) -> list[str]:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    return measure(page, names, language, look)[1]


@pytest.mark.parametrize("look", LOOKS | COMBINED_LOOKS)
def test_crowded_screens_fit(stage_and_page: tuple[PageStage, Page], look: str) -> None:
    _, page = stage_and_page
    problems = layout_problems(page, (1280, 800), CROWDED, "ja", look)
    problems += layout_problems(page, (800, 1280), CROWDED, "en", look)
    problems += layout_problems(page, (1024, 600), CROWDED_BY_LANGUAGE, "es", look)
    problems += layout_problems(page, (800, 1280), CROWDED_BY_LANGUAGE, "ja-easy", look)
    assert not problems


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("look", LOOKS | COMBINED_LOOKS)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_screen_fits(stage_and_page: tuple[PageStage, Page], size: tuple[int, int], look: str) -> None:
    """Measure every screen in every language, size and look."""
    _, page = stage_and_page
    assert not [
        problem for language in LANGUAGES for problem in layout_problems(page, size, ALL_SCREENS, language, look)
    ]


STANDARDS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "wcag2aaa", "best-practice"]
FONT_SIZES = """selectors => {
    const visible = element => element.checkVisibility({visibilityProperty: true});
    const sizes = selectors.map(selector => [selector, [...document.querySelectorAll(selector)].filter(visible)
        .map(element => parseFloat(getComputedStyle(element).fontSize))]);
    return Object.fromEntries(sizes.filter(([, values]) => values.length)
        .map(([selector, values]) => [selector, Math.min(...values)]));
}"""
SCALED_PARTS = [
    "h1",
    ".hint",
    ".reason",
    ".answer",
    ".answer small",
    ".parts p",
    ".pad button:not(.word)",
    ".pad .word",
    ".turner button",
    "#foot .quiet",
    "#foot .state",
    ".answer kbd",
    "#foot kbd",
]


def font_sizes(page: Page) -> dict[str, float]:
    """Return each part's smallest font size in CSS pixels over all pages of a screen."""
    smallest: dict[str, float] = {}
    while True:
        for part, size in page.evaluate(FONT_SIZES, SCALED_PARTS).items():
            smallest[part] = min(size, smallest.get(part, size))
        next_button = page.query_selector(".turner .onward")
        if next_button is None or next_button.is_disabled():
            return smallest
        next_button.click()


@pytest.mark.parametrize(("look", "size"), [("largest", (1280, 800)), ("largest, low", (800, 1280))])
def test_largest_text_is_twice_the_normal_size(
    stage_and_page: tuple[PageStage, Page], look: str, size: tuple[int, int]
) -> None:
    """Long questions continue on a second page, and the keypad has a separate page."""
    stage, page = stage_and_page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for name, language in (("pin-wrong", "ja"), ("code-wrong", "es"), ("face-turn", "ja"), ("consent-elderly", "pt")):
        stage.show(page, state_for(name, language))
        normal = font_sizes(page)
        stage.show(page, state_for(name, language, **(LOOKS | COMBINED_LOOKS)[look]))
        largest = font_sizes(page)
        assert {"h1"} <= normal.keys() <= largest.keys()
        # on crowded screens, the heading is 44 units high instead of 52
        smaller = {part for part in normal if largest[part] < 2 * normal[part]}
        assert not smaller, (name, normal, largest)
        assert largest["h1"] == 104


VISIBLE_BUTTONS = """() => [...document.querySelectorAll(".offers button")].filter(button => button.checkVisibility())
    .map(button => button.dataset.offer)"""


@pytest.mark.parametrize("size", [(1280, 800), (800, 1280), (1024, 600)])
def test_consent_answers_are_on_one_page_at_every_size(
    stage_and_page: tuple[PageStage, Page], size: tuple[int, int]
) -> None:
    """Otherwise patients would tend to choose the answer on the first page."""
    stage, page = stage_and_page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for name, language in (("consent", "ja"), ("consent", "es"), ("consent-one", "vi"), ("consent-elderly", "pt")):
        stage.show(page, state_for(name, language, **LOOKS["largest"]))
        pages: set[frozenset[str]] = set()
        while True:
            buttons = page.evaluate(VISIBLE_BUTTONS)
            pages.add(frozenset(button for button in buttons if button in ("none", "one-by-one", "all", "no", "yes")))
            next_button = page.query_selector(".turner .onward")
            if next_button is None or next_button.is_disabled():
                break
            next_button.click()
        assert len([answers for answers in pages if answers]) == 1, (name, language, pages)


@pytest.mark.parametrize("size", [(1280, 800), (800, 1280)])
def test_questions_in_normal_text_size_fit_on_one_page(
    stage_and_page: tuple[PageStage, Page], size: tuple[int, int]
) -> None:
    """The touch counts in docs/accessibility.md assume that no page is turned."""
    stage, page = stage_and_page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for name in ("pin-wrong", "pin-proxy", "code-wrong", "consent-child", "consent-proxy"):
        for language in ("ja-easy", "en", "pt"):
            stage.show(page, state_for(name, language))
            assert page.query_selector(".turner") is None, (name, language)


LINES = """() => [...document.querySelectorAll("h1, p, .answer > span, .quiet > span, li > span")].flatMap(element => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT), lines = [];
    let bottom = -Infinity;
    for (let node; (node = walker.nextNode());) {
        if (!node.parentElement.checkVisibility({visibilityProperty: true})) continue;
        for (let index = 0; index < node.data.length; index += 1) {
            const range = document.createRange();
            range.setStart(node, index);
            range.setEnd(node, index + 1);
            const box = range.getBoundingClientRect();
            if (box.top + box.height / 2 > bottom) { lines.push(""); bottom = box.bottom; }
            lines[lines.length - 1] += node.data[index];
        }
    }
    return lines.length > 1 ? [lines.join("/")] : [];
})"""
WORDS = (
    "ひとつずつ",
    "選ぶ",
    "ください",
    "います",
    "ました",
    "ません",
    "です",
    "もう一度",
    "処方せん",
    "スマート",
    "マイナンバー",
    "カード",
)


@pytest.mark.parametrize(("look", "size"), [("normal", (1280, 800)), ("largest", (800, 1280))])
def test_japanese_lines_do_not_break_within_words(
    stage_and_page: tuple[PageStage, Page], look: str, size: tuple[int, int]
) -> None:
    stage, page = stage_and_page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    splits = [f"{word[:index]}/{word[index:]}" for word in WORDS for index in range(1, len(word))]
    for name in ("idle", "consent", "pin-wrong", "face-turn", "dispensing", "complete-not-valid", "method-phone"):
        stage.show(page, state_for(name, **LOOKS[look]))
        lines = page.evaluate(LINES)
        assert not [line for line in lines if any(split in line for split in splits)]


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_no_violations(stage_and_page: tuple[PageStage, Page], look: str) -> None:
    stage, page = stage_and_page
    page.set_viewport_size({"width": 1280, "height": 800})
    violations = []
    for name in ("idle", "pin-wrong", "face-turn", "consent", "complete"):
        stage.show(page, state_for(name, **LOOKS[look]))
        result = Axe().run(page, options={"runOnly": STANDARDS})
        violations += [
            f"{name}: {violation['id']}: {[node['html'][:120] for node in violation['nodes']]}"
            for violation in result.response["violations"]
        ]
    assert not violations
