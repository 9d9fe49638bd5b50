"""Persona receptions on the page in Chromium, by touch and by keyboard."""

import asyncio

import pytest
from playwright.async_api import Page, async_playwright

from terminal.counter_web.program import patient_site
from terminal.counter_web.web_terminal import WebTerminal
from terminal.session.states import Idle
from terminal.simulated.demo.counter import DemoCounter
from terminal.simulated.personas.cast import AT_ONE_TERMINAL, BY_NAME
from terminal.simulated.personas.persona import Mishap, Persona
from terminal.talk.parts import Button, Talk
from tests.terminal.counter_web.stage import ARGUMENTS, CHROMIUM, PAINTED
from tests.terminal.day import Day

BY_TOUCH = ("face-match", "pin-wrong-once", "unregistered-card", "removed-during-consent")
BY_KEYS = ("all-refused", "child-with-guardian")


class PageHands:
    """Performs a script's actions on the page, by touch or by key."""

    def __init__(self, day: Day, terminal: WebTerminal, page: Page, *, by_touch: bool) -> None:
        self._day, self._terminal, self._page, self._touch = day, terminal, page, by_touch
        self._targets: list[str] = []

    def type_pin(self, digits: str) -> bool:
        self._targets += [*(f"key:{digit}" for digit in digits), "key:enter"]
        return True

    def type_code(self, code: bytearray) -> None:
        raise AssertionError("the patient typed the printed code")

    def authenticate_staff(self) -> None:
        """Authenticate staff without the staff page, which has its own tests."""
        self._day.authenticate_staff()

    def stop(self) -> None:
        raise AssertionError("the patient stopped the terminal")

    def touch(self, talk: Talk, button: Button) -> bool:
        self._targets.append(f"offer:{button.id}")
        return True

    def current_talk(self) -> Talk | None:
        return self._terminal.screen.talk

    async def wait_until_drawn(self) -> None:
        async with asyncio.timeout(60):
            while not await self._page.evaluate(PAINTED, self._terminal.screen.talk.serial):
                await asyncio.sleep(0.01)

    async def perform(self) -> None:
        targets, self._targets = self._targets, []
        for name in targets:
            kind, _, id = name.partition(":")
            if self._touch:
                await self._tap(name)
            elif kind == "key":
                await self._page.keyboard.press({"enter": "NumpadEnter"}.get(id, f"Numpad{id}"))
            else:
                button = next(button for button in self._terminal.screen.talk.buttons if button.id == id)
                await self._page.keyboard.press(button.key.capitalize() if len(button.key) > 1 else button.key)

    async def _tap(self, name: str) -> None:
        """Turn the pages of the screen until the target is visible, and tap it."""
        target = self._page.locator(f"[data-target='{name}']")
        for turner in ("page:1", "foot:1"):
            while not await target.is_visible():
                button = self._page.locator(f"[data-target='{turner}']:enabled")
                if not await button.is_visible():
                    break
                await button.tap()
        await target.tap()


async def _play(
    counter: DemoCounter, personas: list[Persona], *, by_touch: bool, size: tuple[int, int], language: str = "ja"
) -> None:
    day, errors = Day(counter), []
    terminal = WebTerminal(
        day.open, counter.settings, patient_site(counter.settings, 0, lambda _: None), simulated=True, settle_seconds=0
    )
    terminal_task = asyncio.create_task(terminal.run())
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        context = await browser.new_context(viewport={"width": size[0], "height": size[1]}, has_touch=True)
        page = await context.new_page()
        page.on("console", lambda message: errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(terminal.site.address)
        await page.wait_for_selector(".offers")
        for persona in [member for first in personas for member in first.family]:
            hands = PageHands(day, terminal, page, by_touch=by_touch)
            state, persona_language = day.conductor.state, persona.script.language or persona.expected.language
            if isinstance(state, Idle) and not persona_language and state.display.language != language:
                await hands.wait_until_drawn()
                await page.locator(f"[data-offer=language-{language}]").tap()
            await day.play(persona, hands)
            if persona.script.mishap is Mishap.SERVICE_SILENT_AT_SUBMIT:
                await day.conductor.delivery.process_outbox()
            errors += day.differences(persona)
        await browser.close()
    terminal.end()
    assert await terminal_task == 0
    assert not errors


@pytest.mark.parametrize(("by_touch", "size"), [(True, (1280, 800)), (False, (800, 1280))], ids=["touch", "keyboard"])
def test_selected_personas_end_as_expected(counter: DemoCounter, by_touch: bool, size: tuple[int, int]) -> None:
    personas = [BY_NAME[name] for name in (BY_TOUCH if by_touch else BY_KEYS)]
    asyncio.run(_play(counter, personas, by_touch=by_touch, size=size))


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("size", [(1280, 800), (800, 1280)], ids=["landscape", "portrait"])
def test_all_personas_end_as_expected(counter: DemoCounter, size: tuple[int, int], language: str) -> None:
    personas = [
        persona
        for persona in AT_ONE_TERMINAL
        if not persona.card.kind and not persona.script.child and not persona.script.mishap.affects_reader
    ]
    asyncio.run(_play(counter, personas, by_touch=True, size=size, language=language))
