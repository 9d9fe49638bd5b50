"""Screens in every look: nothing cut off, nothing overlapping, and no accessibility violations found by axe."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page

from config.settings import Settings
from terminal.words.languages import LANGUAGES
from tests.terminal.counter_web.overflow import ALL, LOOKS, SIZES, TOGETHER, measured
from tests.terminal.counter_web.stage import PageStage
from tests.terminal.screens.stand_in import StandIn
from tests.terminal.talk.gallery import ALL_LANGUAGES, state_of

FULLEST = (
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
LONGEST = ("idle", "consent-child", "languages", "pin-changes")
"""Fullest screens in the languages with the longest words and with readings above kanji."""


@pytest.fixture(scope="module")
def shown(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PageStage, Page]]:
    page = browser.new_page()
    with PageStage(
        Settings(state_dir=tmp_path_factory.mktemp("looks")), StandIn(ALL_LANGUAGES), settle_seconds=0
    ) as stage:
        yield stage, stage.open(page)
    page.close()


def troubles(page: Page, size: tuple[int, int], names: tuple[str, ...], language: str, look: str) -> list[str]:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    return measured(page, names, language, look)[1]


@pytest.mark.parametrize("look", LOOKS | TOGETHER)
def test_nothing_is_cut_off_on_the_fullest_screens(shown: tuple[PageStage, Page], look: str) -> None:
    _, page = shown
    found = troubles(page, (1280, 800), FULLEST, "ja", look)
    found += troubles(page, (800, 1280), FULLEST, "en", look)
    found += troubles(page, (1024, 600), LONGEST, "es", look)
    found += troubles(page, (800, 1280), LONGEST, "ja-easy", look)
    assert not found


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("look", LOOKS | TOGETHER)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_nothing_is_cut_off_on_any_screen(shown: tuple[PageStage, Page], size: tuple[int, int], look: str) -> None:
    """Every screen in every language, size and look."""
    _, page = shown
    assert not [trouble for language in LANGUAGES for trouble in troubles(page, size, ALL, language, look)]


STANDARDS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "wcag2aaa", "best-practice"]
LETTERS = """names => {
    const shown = element => element.checkVisibility({visibilityProperty: true});
    const sizes = names.map(name => [name, [...document.querySelectorAll(name)].filter(shown)
        .map(found => parseFloat(getComputedStyle(found).fontSize))]);
    const found = sizes.filter(([, them]) => them.length);
    return Object.fromEntries(found.map(([name, them]) => [name, Math.min(...them)]));
}"""
DOUBLED = [
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


def letters(page: Page) -> dict[str, float]:
    """Return the smallest font size of each part over all pages of a screen, in CSS pixels."""
    smallest: dict[str, float] = {}
    while True:
        for part, size in page.evaluate(LETTERS, DOUBLED).items():
            smallest[part] = min(size, smallest.get(part, size))
        onward = page.query_selector(".turner .onward")
        if onward is None or onward.is_disabled():
            return smallest
        onward.click()


@pytest.mark.parametrize(("look", "size"), [("largest", (1280, 800)), ("largest, low", (800, 1280))])
def test_largest_text_is_twice_the_usual_size(shown: tuple[PageStage, Page], look: str, size: tuple[int, int]) -> None:
    """Long questions continue on another page, and the keypad gets its own page."""
    stage, page = shown
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for name, language in (("pin-wrong", "ja"), ("code-wrong", "es"), ("face-turn", "ja"), ("consent-elderly", "pt")):
        stage.turn_to(page, state_of(name, language))
        usual = letters(page)
        stage.turn_to(page, state_of(name, language, **(LOOKS | TOGETHER)[look]))
        largest = letters(page)
        assert {"h1"} <= usual.keys() <= largest.keys()
        # the usual question is 44 units high instead of 52 on crowded screens
        smaller = {part for part in usual if largest[part] < 2 * usual[part]}
        assert not smaller, (name, usual, largest)
        assert largest["h1"] == 104


OFFERED = """() => [...document.querySelectorAll(".offers button")].filter(one => one.checkVisibility())
    .map(one => one.dataset.offer)"""


@pytest.mark.parametrize("size", [(1280, 800), (800, 1280), (1024, 600)])
def test_consent_answers_share_one_page_at_every_size(shown: tuple[PageStage, Page], size: tuple[int, int]) -> None:
    """Yes must not be on an earlier page than no."""
    stage, page = shown
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for name, language in (("consent", "ja"), ("consent", "es"), ("consent-one", "vi"), ("consent-elderly", "pt")):
        stage.turn_to(page, state_of(name, language, **LOOKS["largest"]))
        together: set[frozenset[str]] = set()
        while True:
            on_page = page.evaluate(OFFERED)
            together.add(frozenset(one for one in on_page if one in ("none", "one-by-one", "all", "no", "yes")))
            onward = page.query_selector(".turner .onward")
            if onward is None or onward.is_disabled():
                break
            onward.click()
        assert len([some for some in together if some]) == 1, (name, language, together)


@pytest.mark.parametrize("size", [(1280, 800), (800, 1280)])
def test_nothing_asked_in_letters_of_usual_size_takes_a_second_page(
    shown: tuple[PageStage, Page], size: tuple[int, int]
) -> None:
    """A page to turn would be a touch more than docs/accessibility.md counts."""
    stage, page = shown
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for name in ("pin-wrong", "pin-proxy", "code-wrong", "consent-child", "consent-proxy"):
        for language in ("ja-easy", "en", "pt"):
            stage.turn_to(page, state_of(name, language))
            assert page.query_selector(".turner") is None, (name, language)


LINES = """() => [...document.querySelectorAll("h1, p, .answer > span, .quiet > span, li > span")].flatMap(element => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT), lines = [];
    let bottom = -Infinity;
    for (let node; (node = walker.nextNode());) {
        if (!node.parentElement.checkVisibility({visibilityProperty: true})) continue;
        for (let place = 0; place < node.data.length; place += 1) {
            const range = document.createRange();
            range.setStart(node, place);
            range.setEnd(node, place + 1);
            const box = range.getBoundingClientRect();
            if (box.top + box.height / 2 > bottom) { lines.push(""); bottom = box.bottom; }
            lines[lines.length - 1] += node.data[place];
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
    shown: tuple[PageStage, Page], look: str, size: tuple[int, int]
) -> None:
    stage, page = shown
    page.set_viewport_size({"width": size[0], "height": size[1]})
    broken = [f"{word[:place]}/{word[place:]}" for word in WORDS for place in range(1, len(word))]
    for name in ("idle", "consent", "pin-wrong", "face-turn", "dispensing", "complete-not-valid", "method-phone"):
        stage.turn_to(page, state_of(name, **LOOKS[look]))
        lines = page.evaluate(LINES)
        found = [line for line in lines if any(one in line for one in broken)]
        assert not found


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_no_violations(shown: tuple[PageStage, Page], look: str) -> None:
    stage, page = shown
    page.set_viewport_size({"width": 1280, "height": 800})
    found = []
    for name in ("idle", "pin-wrong", "face-turn", "consent", "complete"):
        stage.turn_to(page, state_of(name, **LOOKS[look]))
        result = Axe().run(page, options={"runOnly": STANDARDS})
        found += [
            f"{name}: {one['id']}: {[node['html'][:120] for node in one['nodes']]}"
            for one in result.response["violations"]
        ]
    assert not found
