"""Personas at the page: real conductor, simulated card, synthetic patient, stub over HTTP, touches in Chromium."""

import asyncio

import pytest
from playwright.async_api import Page, async_playwright

from terminal.counter_web.program import patient_site
from terminal.counter_web.web_terminal import WebTerminal
from terminal.session.states import Idle
from terminal.simulated.demo.counter import DemoCounter
from terminal.simulated.personas.cast import AT_ONE_TERMINAL, BY_NAME
from terminal.simulated.personas.persona import Mishap, Persona
from terminal.talk.parts import Offer, Talk
from tests.terminal.counter_web.stage import ARGUMENTS, CHROMIUM, PAINTED
from tests.terminal.day import Day

BY_TOUCH = ("face-match", "pin-wrong-once", "unregistered-card", "removed-during-consent")
BY_KEYS = ("all-refused", "child-with-guardian")


class Fingers:
    """Touches offers on the page, or presses their keys, once they are painted and accept answers."""

    def __init__(self, day: Day, terminal: WebTerminal, page: Page, *, by_touch: bool) -> None:
        self._day, self._terminal, self._page, self._touch = day, terminal, page, by_touch
        self._todo: list[str] = []

    def type_pin(self, digits: str) -> bool:
        self._todo += [*(f"key:{digit}" for digit in digits), "key:enter"]
        return True

    def type_code(self, code: bytearray) -> None:
        raise AssertionError("the scanner reads the code")

    def authenticate_staff(self) -> None:
        """Authenticate staff directly; the staff page is tested elsewhere."""
        self._day.authenticate_staff()

    def leave(self) -> None:
        raise AssertionError("a patient does not end the terminal")

    def touch(self, talk: Talk, offer: Offer) -> bool:
        self._todo.append(f"offer:{offer.id}")
        return True

    def current_talk(self) -> Talk | None:
        return self._terminal.screen.talk

    async def wait_until_drawn(self) -> None:
        async with asyncio.timeout(60):
            while not await self._page.evaluate(PAINTED, self._terminal.screen.talk.serial):
                await asyncio.sleep(0.01)

    async def perform(self) -> None:
        todo, self._todo = self._todo, []
        for name in todo:
            kind, _, what = name.partition(":")
            if self._touch:
                await self._tap(name)
            elif kind == "key":
                await self._page.keyboard.press({"enter": "NumpadEnter"}.get(what, f"Numpad{what}"))
            else:
                offer = next(offer for offer in self._terminal.screen.talk.offers if offer.id == what)
                await self._page.keyboard.press(offer.key.capitalize() if len(offer.key) > 1 else offer.key)

    async def _tap(self, name: str) -> None:
        """Tap a target, turning the screen's pages until it is visible."""
        target = self._page.locator(f"[data-target='{name}']")
        for onward in ("page:1", "foot:1"):
            while not await target.is_visible():
                turn = self._page.locator(f"[data-target='{onward}']:enabled")
                if not await turn.is_visible():
                    break
                await turn.tap()
        await target.tap()


async def _play(
    counter: DemoCounter, personas: list[Persona], *, by_touch: bool, size: tuple[int, int], language: str = "ja"
) -> None:
    day, wrong = Day(counter), []
    terminal = WebTerminal(
        day.open, counter.settings, patient_site(counter.settings, 0, lambda _: None), simulated=True, settle_seconds=0
    )
    running = asyncio.create_task(terminal.run())
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        context = await browser.new_context(viewport={"width": size[0], "height": size[1]}, has_touch=True)
        page = await context.new_page()
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        await page.goto(terminal.site.address)
        await page.wait_for_selector(".offers")
        for persona in (one for first in personas for one in first.family):
            fingers = Fingers(day, terminal, page, by_touch=by_touch)
            state, chosen = day.conductor.state, persona.script.language or persona.expected.language
            if isinstance(state, Idle) and not chosen and state.display.language != language:
                await fingers.wait_until_drawn()
                await page.locator(f"[data-offer=language-{language}]").tap()
            await day.play(persona, fingers)
            if persona.script.mishap is Mishap.SERVICE_SILENT_AT_SUBMIT:
                await day.conductor.delivery.process_outbox()
            wrong += day.differences(persona)
        await browser.close()
    terminal.end()
    assert await running == 0
    assert not wrong


@pytest.mark.parametrize(("by_touch", "size"), [(True, (1280, 800)), (False, (800, 1280))], ids=["touch", "keyboard"])
def test_selected_personas(counter: DemoCounter, by_touch: bool, size: tuple[int, int]) -> None:
    chosen = [BY_NAME[name] for name in (BY_TOUCH if by_touch else BY_KEYS)]
    asyncio.run(_play(counter, chosen, by_touch=by_touch, size=size))


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("size", [(1280, 800), (800, 1280)], ids=["landscape", "portrait"])
def test_all_personas(counter: DemoCounter, size: tuple[int, int], language: str) -> None:
    plain = [
        persona
        for persona in AT_ONE_TERMINAL
        if not persona.card.kind and not persona.script.child and not persona.script.mishap.affects_reader
    ]
    asyncio.run(_play(counter, plain, by_touch=True, size=size, language=language))
