"""Every screen in every look: nothing cut off, nothing overlapping, and nothing that axe objects to."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page

from config.settings import Settings
from terminal.words.catalogue import LANGUAGES
from tests.terminal.counter_web.overflow import ALL, LOOKS, SIZES, TOGETHER, measured
from tests.terminal.counter_web.stage import PageStage
from tests.terminal.screens.stand_in import StandIn
from tests.terminal.talk.gallery import EIGHT, state_of

TELLING = (
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
"""Screens with the most to say."""
LONGEST = ("idle", "consent-child", "languages", "pin-changes")
"""The same in the languages with the longest words, and with readings above them."""


@pytest.fixture(scope="module")
def shown(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PageStage, Page]]:
    page = browser.new_page()
    with PageStage(Settings(state_dir=tmp_path_factory.mktemp("looks")), StandIn(EIGHT), settle_seconds=0) as stage:
        yield stage, stage.open(page)
    page.close()


def troubles(page: Page, size: tuple[int, int], names: tuple[str, ...], language: str, look: str) -> list[str]:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    return measured(page, names, language, look)[1]


@pytest.mark.parametrize("look", LOOKS | TOGETHER)
def test_nothing_is_cut_off_where_most_is_said(shown: tuple[PageStage, Page], look: str) -> None:
    _, page = shown
    found = troubles(page, (1280, 800), TELLING, "ja", look)
    found += troubles(page, (800, 1280), TELLING, "en", look)
    found += troubles(page, (1024, 600), LONGEST, "es", look)
    found += troubles(page, (800, 1280), LONGEST, "ja-easy", look)
    assert not found


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("look", LOOKS | TOGETHER)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_nothing_is_cut_off(shown: tuple[PageStage, Page], size: tuple[int, int], look: str) -> None:
    """Every screen in every language: with sizes and looks, the whole matrix."""
    _, page = shown
    assert not [trouble for language in LANGUAGES for trouble in troubles(page, size, ALL, language, look)]


STANDARDS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "wcag2aaa", "best-practice"]
LETTERS = """() => Object.fromEntries(
    ["h1:not(.long)", ".hint", ".reason", ".answer", ".answer small", "#foot .quiet", "#foot .state", ".pad button"]
    .map((name) => [name, document.querySelector(name)]).filter(([, found]) => found)
    .map(([name, found]) => [name, parseFloat(getComputedStyle(found).fontSize)]))"""


def test_the_largest_letters_are_twice_the_usual_ones(shown: tuple[PageStage, Page]) -> None:
    stage, page = shown
    page.set_viewport_size({"width": 1280, "height": 800})
    for name in ("method", "pin-wrong", "consent-one", "limit", "problem-gone"):
        sizes = []
        for look in ("normal", "largest"):
            stage.turn_to(page, state_of(name, **LOOKS[look]))
            sizes.append(page.evaluate(LETTERS))
        usual, largest = sizes
        assert "h1:not(.long)" in largest or name == "pin-wrong", "beside a pad a long question has less room"
        small = {part for part in usual if part in largest and largest[part] < 2 * usual[part]}
        assert not small, (name, sizes)


@pytest.mark.parametrize("look", LOOKS)
def test_axe_objects_to_nothing(shown: tuple[PageStage, Page], look: str) -> None:
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
