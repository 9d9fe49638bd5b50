"""A trainer at the dock in Chromium: the whole demo behind it, the patient's screen within its page."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import FrameLocator, Page, async_playwright, expect

from config.settings import Settings
from terminal.counter_web.program import patient_site
from terminal.counter_web.web_terminal import WebTerminal
from terminal.simulated.demo.dock_door import dock_sites
from terminal.simulated.demo.dock_site import DockSite
from terminal.simulated.demo.live import LiveDemo, with_staff_password
from terminal.simulated.personas.cast import BY_NAME
from terminal.simulated.personas.drills import DRILLS
from terminal.simulated.personas.steps import steps_of
from terminal.simulated.personas.tales import Language, tale_of
from terminal.staff_web.pages import StaffPages
from terminal.words.catalogue import LANGUAGES, words
from tests.terminal.counter_web.stage import ARGUMENTS, CHROMIUM

SETTLED = 450


@dataclass
class Trainer:
    """At the dock's page, with the patient's fingers on the screen within it."""

    page: Page
    dock: DockSite

    @property
    def counter(self) -> FrameLocator:
        return self.page.frame_locator("iframe.patient")

    async def hand(self, name: str) -> None:
        await self.page.locator(f"[data-hand={name}]").click()

    async def choose(self, persona: str) -> None:
        await self.page.locator(f"[data-person={persona}]").click()
        await expect(self.page.locator(f"[data-person={persona}][aria-current]")).to_be_visible()

    async def open(self, drill: str) -> None:
        await self.page.select_option("#list", drill)
        first = next(one for one in DRILLS if one.id == drill).personas[0]
        await expect(self.page.locator(f"[data-person={first}][aria-current]")).to_be_visible()

    async def touch(self, *offers: str) -> None:
        for offer in offers:
            target = self.counter.locator(f"[data-offer='{offer}']")
            await target.wait_for()
            await self.page.wait_for_timeout(SETTLED)
            await target.click()

    async def by_pin(self, pin: str = "1234") -> None:
        await self.touch("pin")
        await self.counter.locator(".pad").wait_for()
        await self.page.wait_for_timeout(SETTLED)
        for digit in pin:
            await self.counter.locator(f"[data-target='key:{digit}']").click()
        await self.counter.locator("[data-target='key:enter']").click()

    async def marked(self, persona: str, mark: str = "done") -> None:
        await expect(self.page.locator(f"[data-person={persona}] .mark.{mark}")).to_be_visible()


@asynccontextmanager
async def at_the_dock(settings: Settings) -> AsyncIterator[Trainer]:
    settings = with_staff_password(settings)
    demo = LiveDemo(settings)
    dock = DockSite(dock_sites(settings, 0, lambda _: None, second_device="127.0.0.2"))
    staff = StaffPages(settings, 0, lambda _: None)
    dock.show_staff(staff.sites[0])
    site = patient_site(settings, 0, lambda _: None)
    terminal = WebTerminal(demo.open, settings, site, simulated=True, companion=dock, staff=staff)
    running = asyncio.create_task(terminal.run())
    wrong: list[str] = []
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
            page = await browser.new_page(viewport={"width": 1600, "height": 900}, locale="ja-JP")
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("console", lambda message: wrong.append(message.text))
            await page.goto(dock.site.address)
            await page.locator("[data-hand=card]").wait_for()
            yield Trainer(page, dock)
            axe = await Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"], "iframes": False})
            wrong += [violation["id"] for violation in axe.response["violations"]]
            await browser.close()
    finally:
        terminal.end()
        assert await running == 0
        demo.close()
    assert not wrong


def trains(day: Callable[[Trainer], Awaitable[None]], folder: Path) -> None:
    async def run() -> None:
        async with at_the_dock(Settings(state_dir=folder)) as trainer:
            await day(trainer)

    asyncio.run(run())


def test_a_trainer_follows_hana(tmp_path: Path) -> None:
    async def day(trainer: Trainer) -> None:
        page = trainer.page
        assert words("ja")("dock.invitation") in await page.inner_text(".now h2")
        await trainer.hand("staff")  # beside the patient's screen
        staff = page.frame_locator("iframe.staff")
        await staff.locator("input[type=password]").wait_for()
        await trainer.hand("staff")
        await trainer.open("all")
        await trainer.hand("card")
        await trainer.by_pin()
        await trainer.touch("all", "yes")
        await trainer.counter.locator(".call").wait_for()
        await trainer.hand("card")
        await trainer.marked("pin-right")
        assert not await page.locator("dd").first.is_visible()  # the answer is hidden until asked
        await page.get_by_text(words("ja")("dock.answer")).click()
        assert await page.locator("dd").count() == 3
        tablet = await page.context.browser.new_page()  # type: ignore[union-attr]
        await tablet.goto(trainer.dock.sites[1].address)
        await tablet.locator("[data-hand=next]").click()
        assert not await tablet.locator("iframe").count()
        await tablet.close()
        await expect(page.locator("[data-person=pin-wrong-once][aria-current]")).to_be_visible()
        await expect(page.locator("dd").first).not_to_be_visible()

    trains(day, tmp_path)


def test_a_trainers_lists_at_a_pharmacy_with_a_family_and_in_a_power_cut(tmp_path: Path) -> None:
    async def day(trainer: Trainer) -> None:
        page, counter = trainer.page, trainer.counter
        await trainer.open("pharmacy")
        await trainer.hand("card")
        await trainer.by_pin()
        await expect(counter.locator("h1")).to_have_text(words("ja", profile="pharmacy")("consent.question"))
        await trainer.hand("card")  # too early
        await trainer.marked("pharmacy", "otherwise")
        await trainer.open("family")
        for name in BY_NAME["family-of-three"].family:
            await trainer.hand("card" if name.name == "family-of-three" else "next-card")
            await trainer.by_pin()
            await trainer.touch("all", "yes")
            if name.script.next_family:
                await trainer.touch("next")
            await trainer.hand("card")
        await trainer.marked("family-of-three")
        await page.locator("summary", has_text=words("ja")("dock.more")).click()
        await trainer.hand("other")
        await counter.locator("header .code").filter(has_text="U-103").wait_for()
        await trainer.hand("card")
        await trainer.open("power-cut")
        await trainer.hand("card")
        await trainer.by_pin()
        await counter.locator("[data-offer=all]").wait_for()
        await trainer.hand("power")
        await trainer.marked("power-cut")
        await expect(counter.locator("[data-offer=help]")).to_be_visible()
        await trainer.choose("clock-wrong")
        await trainer.hand("late")
        await trainer.hand("card")
        await trainer.by_pin()
        await trainer.marked("clock-wrong")
        await trainer.hand("service-slow")
        await trainer.hand("reset")
        await expect(page.locator(".mark.done, .mark.otherwise")).to_have_count(0)
        await expect(page.locator("[data-hand=late]")).to_have_attribute("aria-pressed", "false")
        await expect(page.locator("[data-hand=service-normal]")).to_have_attribute("aria-pressed", "true")

    trains(day, tmp_path)


@pytest.mark.parametrize("name", BY_NAME)
def test_every_persona_is_told_in_both_languages(name: str) -> None:
    persona = BY_NAME[name]
    languages: tuple[Language, ...] = ("ja", "en")
    for language in languages:
        tale = tale_of(persona, language)
        assert tale.who
        assert tale.staff
        assert tale.says
        assert tale.end
        assert len(steps_of(persona, language)) >= 2
    assert tale_of(persona, "ja") != tale_of(persona, "en")


def test_the_lists_name_people_there_are_and_languages_there_are() -> None:
    assert {name for drill in DRILLS for name in drill.personas} <= BY_NAME.keys()
    assert len(next(drill for drill in DRILLS if drill.id == "first-day").personas) == 8
    assert {one.script.language for one in BY_NAME.values() if one.script.language} <= set(LANGUAGES)
