"""Compare the main screens with reviewed reference screenshots.

To renew them: `python -m tests.terminal.counter_web.pictures --looks`.
"""

from collections.abc import Iterator
from itertools import combinations

import pytest
from playwright.sync_api import Browser, Page

from config.settings import Settings
from tests.terminal.counter_web.likeness import LOOKS, alike, differences, has_our_font, reference, shot
from tests.terminal.counter_web.stage import PageStage

pytestmark = pytest.mark.skipif(not has_our_font(), reason="BIZ UDPGothic is not installed: text looks different")


@pytest.fixture(scope="module")
def shown(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PageStage, Page]]:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    with PageStage(Settings(state_dir=tmp_path_factory.mktemp("likeness"))) as stage:
        yield stage, stage.open(page)
    page.close()


@pytest.mark.parametrize("look", LOOKS)
def test_screen_matches_its_reference(shown: tuple[PageStage, Page], look: str) -> None:
    stage, page = shown
    taken = shot(stage, page, look)
    assert alike(taken, reference(look)), f"{look} differs: {differences(taken, reference(look))}"


def test_references_differ_from_each_other() -> None:
    assert not [pair for pair in combinations(LOOKS, 2) if alike(reference(pair[0]), reference(pair[1]))]
