"""A trainer at the dock in Chromium: the whole demo behind it, the patient's screen within its page."""

import asyncio
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Page, async_playwright

from config.settings import Settings
from terminal.counter_web.program import WebTerminal
from terminal.simulated.demo.dock_site import DockSite
from terminal.simulated.demo.live import LiveDemo
from terminal.simulated.personas.cast import PERSONAS
from terminal.simulated.personas.persona import Persona
from terminal.simulated.personas.tales import Language, steps_of, tale_of
from tests.terminal.counter_web.stage import ARGUMENTS, CHROMIUM


async def _follow_hana(settings: Settings) -> None:
    demo = LiveDemo(settings)
    dock = DockSite(settings, 0, lambda _: None)
    terminal = WebTerminal(
        demo.open, settings, port=0, simulated=True, open_browser=False, tell=lambda _: None, companion=dock
    )
    running = asyncio.create_task(terminal.run())
    wrong: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        page = await browser.new_page(viewport={"width": 1600, "height": 900}, locale="ja-JP")
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text))
        await page.goto(dock.site.address)
        await _by_pin(page)
        axe = await Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"], "iframes": False})
        wrong += [violation["id"] for violation in axe.response["violations"]]
        await browser.close()
    terminal.end()
    assert await running == 0
    demo.close()
    assert not wrong


async def _by_pin(page: Page) -> None:
    await page.get_by_role("button", name="カードを置く").click()
    counter = page.frame_locator("iframe")
    await counter.locator("[data-offer=pin]").wait_for()
    await page.wait_for_timeout(450)
    await counter.locator("[data-offer=pin]").click()
    await counter.locator(".pad").wait_for()
    await page.wait_for_timeout(450)
    for digit in "1234":
        await counter.locator(f"[data-target='key:{digit}']").click()
    await counter.locator("[data-target='key:enter']").click()
    for offer in ("all", "yes"):
        await counter.locator(f"[data-offer={offer}]").wait_for()
        await page.wait_for_timeout(450)
        await counter.locator(f"[data-offer={offer}]").click()
    await counter.locator(".call").wait_for()
    await page.get_by_role("button", name="カードを取る").click()
    await page.locator(".people button[aria-current] .mark", has_text="✓").wait_for()
    await page.locator("summary").click()
    assert await page.locator("dd").count() == 2


def test_a_trainer_follows_hana(tmp_path: Path) -> None:
    asyncio.run(_follow_hana(Settings(state_dir=tmp_path)))


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: persona.name)
def test_every_persona_is_told_in_both_languages(persona: Persona) -> None:
    languages: tuple[Language, ...] = ("ja", "en")
    for language in languages:
        assert tale_of(persona, language).staff
        assert language == "en" or tale_of(persona, language).who != persona.story
        assert len(steps_of(persona, language)) >= 2
