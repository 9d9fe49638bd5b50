"""Fixtures for the patient page: Chromium, served pages and browser tabs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from config.settings import Settings
from tests.terminal.counter_web.stage import CHROMIUM, PageStage, chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Chromium. At most module-scoped, because asyncio.run fails in this thread while Playwright is active."""
    if CHROMIUM is None:
        pytest.skip("Debian's chromium is not installed: make setup")
    with chromium() as browser:
        yield browser


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[PageStage]:
    """Terminal whose screens accept answers as soon as they are painted."""
    with PageStage(Settings(state_dir=tmp_path), settle_seconds=0) as stage:
        yield stage


@pytest.fixture
def settling_stage(tmp_path: Path) -> Iterator[PageStage]:
    """Terminal that ignores answers for two seconds after a new screen or an answer, longer than four taps take."""
    with PageStage(Settings(state_dir=tmp_path), settle_seconds=2) as stage:
        yield stage


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Tab in a new browser context. Console messages and requests to other hosts fail the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, has_touch=True)
    messages: list[str] = []
    tab = context.new_page()
    tab.on("console", lambda message: messages.append(f"console: {message.text}"))
    tab.on("pageerror", lambda error: messages.append(f"error: {error}"))
    tab.on(
        "request", lambda request: None if request.url.startswith("http://127.0.0.1:") else messages.append(request.url)
    )
    yield tab
    context.close()
    assert not [line for line in messages if "ERR_CONNECTION_REFUSED" not in line and "401" not in line]
