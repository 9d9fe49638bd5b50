"""Terminal with a simulated card and the stub over HTTP, and its staff page in Chromium."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from argon2 import PasswordHasher
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Browser, Page, async_playwright
from pydantic import SecretStr

from config.settings import Settings
from terminal.counter_web.program import patient_site
from terminal.counter_web.web_terminal import WebTerminal
from terminal.session import events as ev
from terminal.session import states as st
from terminal.simulated.demo.counter import DemoCounter
from terminal.simulated.personas.cast import BY_NAME
from terminal.staff_web.pages import StaffPages
from tests.terminal.counter_web.stage import ARGUMENTS, CHROMIUM
from tests.terminal.day import Day

PASSWORD = "door 27"
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def with_staff(settings: Settings, **changes: Any) -> Settings:
    """Return `settings` with a staff password and the staff settings `changes`."""
    staff = settings.staff.model_copy(update={"password_hash": SecretStr(HASH), **changes})
    return settings.model_copy(update={"staff": staff})


class Office:
    """Running terminal with its staff page, and methods that operate both."""

    def __init__(self, counter: DemoCounter, **staff: Any) -> None:
        counter.settings = with_staff(counter.settings, **staff)
        self.counter, self.day = counter, Day(counter)
        self.messages: list[str] = []
        self.faults: list[str] = []
        self.browser: Browser
        self.pages: StaffPages
        self.terminal: WebTerminal

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Office"]:
        self.pages = StaffPages(self.counter.settings, 0, self.messages.append, lan=True)
        site = patient_site(self.counter.settings, 0, self.messages.append)
        self.terminal = WebTerminal(self.day.open, self.counter.settings, site, simulated=True, staff=self.pages)
        running = asyncio.create_task(self.terminal.run())
        await self.wait_until(lambda: hasattr(self.day, "conductor") and self.day.conductor.reader_name is not None)
        async with async_playwright() as playwright:
            self.browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
            try:
                yield self
            finally:
                await self.browser.close()
                self.terminal.end()
                exit_code = await running
        assert exit_code == 0
        assert not self.faults, self.faults

    @property
    def address(self) -> str:
        return self.pages.sites[0].address

    @property
    def state(self) -> st.State:
        return self.day.conductor.state

    async def page(self, width: int = 1280, height: int = 800, language: str = "ja-JP") -> Page:
        """Open the page in a new context. The test fails on console messages and on requests to other hosts."""
        context = await self.browser.new_context(viewport={"width": width, "height": height}, locale=language)
        page = await context.new_page()
        page.on(
            "console",
            lambda message: (
                None if " 401 " in message.text or " 429 " in message.text else self.faults.append(message.text)
            ),
        )
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None
                if "127.0.0.1" in request.url or request.url.startswith("blob:")
                else self.faults.append(request.url)
            ),
        )
        await page.goto(self.address)
        await page.locator("#password").wait_for()
        return page

    async def signed_in_page(self, **kwargs: Any) -> Page:
        page = await self.page(**kwargs)
        await self.sign_in(page)
        return page

    async def sign_in(self, page: Page, password: str = PASSWORD) -> None:
        await page.locator("#password").fill(password)
        await page.locator("#password").press("Enter")
        if password == PASSWORD:
            await page.locator("#day").wait_for()

    async def wait_until(self, condition: Callable[[], object] | type, seconds: float = 60) -> None:
        async with asyncio.timeout(seconds):
            while not (isinstance(self.state, condition) if isinstance(condition, type) else condition()):
                await asyncio.sleep(0.01)

    async def axe(self, page: Page) -> list[str]:
        result = await Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
        return [f"{fault['id']}: {fault['nodes'][0]['html']}" for fault in result.response["violations"]]

    # --- at the counter -------------------------------------------------------------------------------------

    def touch(self, kind: type, *args: Any) -> None:
        assert not isinstance(self.state, st.Idle)
        self.day.conductor.post(kind(self.state.reception.id, *args))

    async def insert_card(self, persona: str = "pin-right") -> None:
        self.day.readers.insert(self.day.prepare(BY_NAME[persona]))
        await self.wait_until(st.ChoosingMethod)

    async def go_to_consent(self, persona: str = "pin-right") -> None:
        await self.insert_card(persona)
        await self.confirm_by_pin()

    async def confirm_by_pin(self) -> None:
        self.touch(ev.PinChosen)
        await self.wait_until(lambda: self.terminal.screen.talk.state == "PinEntry")  # earlier digits are wiped
        patient = self.day.conductor.patient
        assert patient is not None
        for digit in "1234":
            patient.pin.push(int(digit))
        self.day.conductor.enter_pin()
        await self.wait_until(st.Consent)

    async def check_in(self, persona: str = "pin-right") -> None:
        await self.go_to_consent(persona)
        self.touch(ev.ShareAll)
        await self.wait_until(st.Limit)
        self.touch(ev.QuestionAnswered, "limit", True)
        await self.wait_until(st.Complete)

    async def remove_card(self) -> None:
        self.day.readers.remove()
        await self.wait_until(st.Idle)
