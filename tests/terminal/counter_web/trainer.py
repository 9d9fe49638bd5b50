"""Page object for the demo in Chromium, with actions for trainer, patient and staff."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import FrameLocator, Page, async_playwright, expect

from config.settings import Settings
from terminal.counter_web.program import patient_site
from terminal.counter_web.web_terminal import WebTerminal
from terminal.simulated.demo.dock_door import dock_sites
from terminal.simulated.demo.dock_site import DockSite
from terminal.simulated.demo.live import STAFF_PASSWORD, LiveDemo, with_staff_password
from terminal.simulated.personas.drills import DRILLS
from terminal.staff_web.pages import StaffPages
from terminal.talk.parts import PadKind, Talk
from terminal.words.catalogue import words
from tests.terminal.counter_web.stage import ARGUMENTS, CHROMIUM

SERVICE_SECONDS = 10.0
"""Service timeout, long enough for a busy computer."""
TIMEOUT_SECONDS = 60


@dataclass
class Trainer:
    """Page object for the dock page and the patient's screen in it."""

    page: Page
    dock: DockSite
    terminal: WebTerminal

    @property
    def counter(self) -> FrameLocator:
        return self.page.frame_locator("iframe.patient")

    async def press(self, name: str) -> None:
        await self.page.locator(f"[data-hand={name}]").click()

    async def expand(self, name: str) -> None:
        details = self.page.locator("details", has=self.page.locator("summary", has_text=words("ja")(f"dock.{name}")))
        if await details.get_attribute("open") is None:
            await details.locator("summary").click()

    async def open_staff_page(self) -> FrameLocator:
        """Sign in to the staff page next to the patient's screen and return it."""
        if not await self.page.locator("iframe.staff").count():
            await self.press("staff")
        frame = self.page.frame_locator("iframe.staff")
        await frame.locator("#password").fill(STAFF_PASSWORD)
        await frame.locator("#password").press("Enter")
        await frame.locator("#day").wait_for()
        return frame

    async def choose(self, persona: str) -> None:
        await self.page.locator(f"[data-person={persona}]").click()
        await expect(self.page.locator(f"[data-person={persona}][aria-current]")).to_be_visible()

    async def open_drill(self, drill: str) -> None:
        await self.page.select_option("#list", drill)
        first = next(candidate for candidate in DRILLS if candidate.id == drill).personas[0]
        await expect(self.page.locator(f"[data-person={first}][aria-current]")).to_be_visible()

    async def touch(self, *buttons: str) -> None:
        """Touch each button after the page has painted it."""
        for button in buttons:
            serial = await self._wait_painted(lambda talk, id=button: id in {item.id for item in talk.buttons})  # type: ignore[misc]
            await self.counter.locator(f"[data-offer='{button}']").click()
            await self._until(lambda serial=serial: self.talk.serial != serial)  # type: ignore[misc]

    async def touch_footer(self, button: str) -> None:
        """Touch a button that does not change the question."""
        await self._wait_painted(lambda talk: talk.state == "ChoosingMethod")
        await self.counter.locator(f"[data-offer='{button}']").click()

    async def choose_pin(self, pin: str = "1234") -> None:
        await self.touch("pin")
        await self.type_pin(pin)

    async def type_pin(self, pin: str = "1234") -> None:
        serial = await self._wait_painted(lambda talk: talk.body.pad is PadKind.PIN)
        for digit in pin:
            await self.counter.locator(f"[data-target='key:{digit}']").click()
        await self.counter.locator("[data-target='key:enter']").click()
        await self._until(lambda: self.talk.serial != serial)

    async def wait_for_state(self, state: str) -> None:
        """Wait until the patient's screen shows `state`."""
        await self._wait_painted(lambda talk: talk.state == state)

    @property
    def talk(self) -> Talk:
        return self.terminal.screen.talk

    async def _wait_painted(self, condition: Callable[[Talk], bool]) -> int:
        """Wait until the page has painted a question that meets `condition`, and return its serial."""
        while True:
            await self._until(lambda: condition(self.talk))
            serial = self.talk.serial
            painted = f"() => performance.getEntriesByName('painted').some(mark => mark.detail >= {serial})"
            while self.talk.serial == serial and not await self.counter.locator("body").evaluate(painted):
                await asyncio.sleep(0.01)
            if self.talk.serial == serial:
                return serial

    async def _until(self, condition: Callable[[], bool]) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                while not condition():
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"timed out; the patient's screen shows {self.talk.state}") from None

    async def expect_mark(self, persona: str, mark: str = "done") -> None:
        await expect(self.page.locator(f"[data-person={persona}] .mark.{mark}")).to_be_visible()


@asynccontextmanager
async def open_dock(settings: Settings, *, pcsc: bool = False) -> AsyncIterator[Trainer]:
    settings = with_staff_password(settings)
    demo = LiveDemo(settings, pcsc=pcsc, timeout_seconds=SERVICE_SECONDS)
    dock = DockSite(dock_sites(settings, 0, lambda _: None, second_device="127.0.0.2"))
    staff = StaffPages(settings, 0, lambda _: None)
    dock.show_staff(staff.sites[0])
    site = patient_site(settings, 0, lambda _: None)
    terminal = WebTerminal(demo.open, settings, site, simulated=True, companion=dock, staff=staff, settle_seconds=0)
    terminal_task = asyncio.create_task(terminal.run())
    page_errors: list[str] = []
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
            page = await browser.new_page(viewport={"width": 1600, "height": 900}, locale="ja-JP")
            page.on("pageerror", lambda error: page_errors.append(str(error)))
            page.on("console", lambda message: page_errors.append(message.text))
            await page.goto(dock.site.address)
            await page.locator("[data-hand=card]").wait_for()
            yield Trainer(page, dock, terminal)
            axe = await Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"], "iframes": False})
            page_errors += [violation["id"] for violation in axe.response["violations"]]
            await browser.close()
    finally:
        terminal.end()
        assert await terminal_task == 0
        demo.close()
    assert not page_errors


def run_lesson(day: Callable[[Trainer], Awaitable[None]], folder: Path, *, pcsc: bool = False) -> None:
    async def run() -> None:
        async with open_dock(Settings(state_dir=folder), pcsc=pcsc) as trainer:
            await day(trainer)

    asyncio.run(run())
