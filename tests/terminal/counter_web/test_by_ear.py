"""Receptions by voice and numeric keypad alone, with the page hidden."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace
from playwright.async_api import async_playwright

from config.settings import Settings
from terminal.counter_web.program import patient_site
from terminal.counter_web.web_terminal import WebTerminal
from terminal.front.opened import OpenedCounter
from terminal.session import states as st
from terminal.simulated.demo.counter import DemoCounter
from terminal.simulated.personas.cast import BY_NAME
from terminal.words.catalogue import speaker
from terminal.words.languages import LANGUAGES
from tests.terminal.counter_web.ear import LISTEN, Ear, short_sound
from tests.terminal.counter_web.stage import ARGUMENTS, CHROMIUM
from tests.terminal.day import Day


class Texts:
    """Expected sentences in one language."""

    def __init__(self, language: str) -> None:
        say = speaker(Settings(), ruby=True)(language)
        self.language = language
        self.name = say("language.name")
        self.put_card = say("idle.question")
        self.by_pin, self.by_face = say("method.pin"), say("method.face")
        self.pin, self.pad = say("pin.question"), say("voice.pad")
        self.wrong, self.two_left = say("pin.wrong"), say("pin.tries-left", left=2)
        self.turn = (say("guidance.turn-left"), say("guidance.turn-right"))
        self.aloud = say("voice.aloud.yes")
        self.all, self.none = say("consent.all"), say("consent.none")
        self.share, self.not_share = say("answer.share"), say("answer.not-share")
        self.done, self.take_card = say("complete.done"), say("complete.take-card")


LONG = pytest.mark.long

Reception = Callable[[DemoCounter, Texts], Coroutine[None, None, None]]


class Patient:
    """A blind patient at the counter, who puts down and takes the card and otherwise only listens and presses keys."""

    def __init__(self, day: Day, ear: Ear, texts: Texts) -> None:
        self.day, self.ear, self.texts = day, ear, texts

    async def arrives(self, persona: str) -> None:
        """Press a key to hear how to begin, choose the language and put the card down."""
        ear = self.ear
        card = self.day.prepare(BY_NAME[persona])
        self.day.states.clear()
        await ear.press("Numpad5")
        await ear.hears("0を 押してください")
        await ear.press("Numpad0")
        await ear.hears("マイナンバーカードを置いてください")
        if self.texts.language != "ja":
            await self._choose_language()
            await ear.hears(self.texts.put_card)
        await ear.press()
        self.day.place.insert(card)

    async def _choose_language(self) -> None:
        """Choose the language on the idle screen, opening the full list if it is not named there."""
        choose = speaker(Settings(), ruby=True)("ja")("language.choose")
        await self.ear.hears(choose)
        if self.texts.name not in self.ear.since_key:
            await self.ear.choose(choose)
        await self.ear.choose(self.texts.name)

    async def takes_card(self) -> None:
        self.day.place.remove()
        async with asyncio.timeout(60):
            while not isinstance(self.day.conductor.state, st.Idle):
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)

    async def answers(self, *labels: str) -> None:
        for label in labels:
            await self.ear.choose(label)


@asynccontextmanager
async def _counter(counter: DemoCounter, texts: Texts) -> AsyncIterator[Patient]:
    day, wrong = Day(counter), []

    async def opening() -> OpenedCounter:
        opened = await day.open()
        day.conductor.rules = replace(day.conductor.rules, remind_every=1.0, voices=LANGUAGES)
        return opened

    terminal = WebTerminal(opening, counter.settings, patient_site(counter.settings, 0, lambda _: None), simulated=True)
    terminal.screen.guide.library._render = short_sound
    running = asyncio.create_task(terminal.run())
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        await page.add_init_script(LISTEN)
        ear = Ear(page, terminal)
        await page.goto(terminal.site.address)
        await page.wait_for_selector(".offers", state="attached")
        await asyncio.sleep(0.5)
        yield Patient(day, ear, texts)
        await browser.close()
    terminal.end()
    assert await running == 0
    assert not wrong


async def _pin(counter: DemoCounter, texts: Texts) -> None:
    """Enter a wrong PIN first, share everything, and leave the card until the third reminder."""
    async with _counter(counter, texts) as patient:
        ear = patient.ear
        await patient.arrives("pin-wrong-once")
        await ear.choose(texts.by_pin)
        await ear.hears(texts.pin, texts.pad)
        await ear.type("9999")
        await ear.hears(texts.wrong, texts.two_left)
        await ear.type("1234")
        assert not ear.private
        await patient.answers(texts.aloud, texts.all, texts.share)
        assert ear.private, "private sentences are read aloud after the patient agreed"
        await ear.hears(texts.done, texts.take_card)
        await ear.count(texts.take_card, 3)
        await patient.takes_card()
        assert patient.day.outcome() is st.Outcome.DONE
        flags = patient.day.flags()
        assert flags is not None
        assert set(flags.values()) == {1}
        assert not [one for one in ear.heard if "1234" in one or "9999" in one]


async def _face(counter: DemoCounter, texts: Texts) -> None:
    """Follow the spoken guidance in front of the camera, then share nothing."""
    async with _counter(counter, texts) as patient:
        ear = patient.ear
        await patient.arrives("face-match")
        await ear.choose(texts.by_face)
        await ear.hears_one(*texts.turn)
        await patient.answers(texts.aloud, texts.none, texts.not_share)
        await ear.hears(texts.take_card)
        await patient.takes_card()
        flags = patient.day.flags()
        assert flags
        assert not any(flags.values())


@pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed: make setup")
@pytest.mark.parametrize(
    ("language", "reception"),
    [("ja", _pin), ("ja", _face), pytest.param("en", _pin, marks=LONG), pytest.param("en", _face, marks=LONG)],
)
def test_reception_by_voice_and_numeric_keypad(counter: DemoCounter, language: str, reception: Reception) -> None:
    asyncio.run(reception(counter, Texts(language)))


@pytest.mark.long
@pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed: make setup")
@pytest.mark.parametrize("language", [one for one in LANGUAGES if one not in ("ja", "en")])
def test_reception_by_voice_in_every_language(counter: DemoCounter, language: str) -> None:
    asyncio.run(_pin(counter, Texts(language)))
