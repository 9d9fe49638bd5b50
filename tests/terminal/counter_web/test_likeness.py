"""Comparison of the main screens with reviewed reference screenshots.

To update the references: `python -m tests.terminal.counter_web.pictures --looks`.
"""

from collections.abc import Iterator
from itertools import combinations

import pytest
from playwright.sync_api import Browser, Page

from config.settings import Settings
from tests.terminal.counter_web.likeness import (
    LOOKS,
    differences,
    has_page_font,
    is_similar,
    reference,
    take_screenshot,
)
from tests.terminal.counter_web.stage import PageStage

pytestmark = pytest.mark.skipif(not has_page_font(), reason="BIZ UDPGothic is not installed: text looks different")


@pytest.fixture(scope="module")
def stage_and_page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PageStage, Page]]:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    with PageStage(Settings(state_dir=tmp_path_factory.mktemp("likeness"))) as stage:
        yield stage, stage.open(page)
    page.close()


@pytest.mark.parametrize("look", LOOKS)
def test_screen_matches_its_reference(stage_and_page: tuple[PageStage, Page], look: str) -> None:
    stage, page = stage_and_page
    screenshot = take_screenshot(stage, page, look)
    assert is_similar(screenshot, reference(look)), f"{look} differs: {differences(screenshot, reference(look))}"


def test_references_differ_from_each_other() -> None:
    assert not [pair for pair in combinations(LOOKS, 2) if is_similar(reference(pair[0]), reference(pair[1]))]
