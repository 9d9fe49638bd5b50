from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from config.settings import Settings
from tests.terminal.counter_web.stage import CHROMIUM, PageStage, chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, at most module-scoped: while it runs, asyncio considers the thread's event loop running."""
    if CHROMIUM is None:
        pytest.skip("Debian's chromium is not installed: make setup")
    with chromium() as started:
        yield started


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[PageStage]:
    """A page whose screens accept answers as soon as they are painted."""
    with PageStage(Settings(state_dir=tmp_path), settle_seconds=0) as started:
        yield started


@pytest.fixture
def settling(tmp_path: Path) -> Iterator[PageStage]:
    """A page that ignores answers for two seconds after a new screen or an answer, longer than four taps take."""
    with PageStage(Settings(state_dir=tmp_path), settle_seconds=2) as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a new browser context. Console messages and requests to other hosts fail the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, has_touch=True)
    wrong: list[str] = []
    opened = context.new_page()
    opened.on("console", lambda message: wrong.append(f"console: {message.text}"))
    opened.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    opened.on("request", lambda sent: None if sent.url.startswith("http://127.0.0.1:") else wrong.append(sent.url))
    yield opened
    context.close()
    assert not [line for line in wrong if "ERR_CONNECTION_REFUSED" not in line and "401" not in line]
