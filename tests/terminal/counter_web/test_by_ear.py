"""Receptions with only the voice and the numeric keypad, while the page is hidden."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace
from playwright.async_api import async_playwright

from config.settings import Settings
from terminal.counter_web.program import patient_site
from terminal.counter_web.web_terminal import WebTerminal
from terminal.front.assembled import AssembledCounter
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
        self.wrong_pin, self.two_left = say("pin.wrong"), say("pin.tries-left", left=2)
        self.turn = (say("guidance.turn-left"), say("guidance.turn-right"))
        self.aloud = say("voice.aloud.yes")
        self.all, self.none = say("consent.all"), say("consent.none")
        self.share, self.do_not_share = say("answer.share"), say("answer.do-not-share")
        self.done, self.take_card = say("complete.done"), say("complete.take-card")


LONG = pytest.mark.long

Reception = Callable[[DemoCounter, Texts], Coroutine[None, None, None]]


class Patient:
    """Blind patient, who listens to the voice and uses the card and the numeric keypad."""

    def __init__(self, day: Day, ear: Ear, texts: Texts) -> None:
        self.day, self.ear, self.texts = day, ear, texts

    async def arrive(self, persona: str) -> None:
        """Press a key to hear the instructions, choose the language and insert the card."""
        ear = self.ear
        card = self.day.prepare(BY_NAME[persona])
        self.day.states.clear()
        await ear.press("Numpad5")
        await ear.wait_for("0を 押してください")
        await ear.press("Numpad0")
        await ear.wait_for("マイナンバーカードを置いてください")
        if self.texts.language != "ja":
            await self._choose_language()
            await ear.wait_for(self.texts.put_card)
        await ear.press()
        self.day.readers.insert(card)

    async def _choose_language(self) -> None:
        """Choose the language on the idle screen, or in the full list if the screen does not offer it."""
        choose = speaker(Settings(), ruby=True)("ja")("language.choose")
        await self.ear.wait_for(choose)
        if self.texts.name not in self.ear.since_key_press:
            await self.ear.choose(choose)
        await self.ear.choose(self.texts.name)

    async def remove_card(self) -> None:
        self.day.readers.remove()
        async with asyncio.timeout(60):
            while not isinstance(self.day.conductor.state, st.Idle):
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)

    async def answer(self, *labels: str) -> None:
        for label in labels:
            await self.ear.choose(label)


@asynccontextmanager
async def _open_page(counter: DemoCounter, texts: Texts) -> AsyncIterator[Patient]:
    day, page_errors = Day(counter), []

    async def open_counter() -> AssembledCounter:
        opened = await day.open()
        day.conductor.rules = replace(day.conductor.rules, remind_every=1.0, voices=LANGUAGES)
        return opened

    terminal = WebTerminal(
        open_counter, counter.settings, patient_site(counter.settings, 0, lambda _: None), simulated=True
    )
    terminal.screen.guide.library._render = short_sound
    terminal_task = asyncio.create_task(terminal.run())
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        page.on("console", lambda message: page_errors.append(message.text))
        page.on("pageerror", lambda error: page_errors.append(str(error)))
        await page.add_init_script(LISTEN)
        ear = Ear(page, terminal)
        await page.goto(terminal.site.address)
        await page.wait_for_selector(".offers", state="attached")
        await asyncio.sleep(0.5)
        yield Patient(day, ear, texts)
        await browser.close()
    terminal.end()
    assert await terminal_task == 0
    assert not page_errors


async def _play_reception_by_pin(counter: DemoCounter, texts: Texts) -> None:
    """Enter a wrong PIN first, share everything, and remove the card after the third reminder."""
    async with _open_page(counter, texts) as patient:
        ear = patient.ear
        await patient.arrive("pin-wrong-once")
        await ear.choose(texts.by_pin)
        await ear.wait_for(texts.pin, texts.pad)
        await ear.type("9999")
        await ear.wait_for(texts.wrong_pin, texts.two_left)
        await ear.type("1234")
        assert not ear.private
        await patient.answer(texts.aloud, texts.all, texts.share)
        assert ear.private, "private sentences were not read aloud after the patient agreed"
        await ear.wait_for(texts.done, texts.take_card)
        await ear.wait_for_count(texts.take_card, 3)
        await patient.remove_card()
        assert patient.day.outcome() is st.Outcome.DONE
        flags = patient.day.flags()
        assert flags is not None
        assert set(flags.values()) == {1}
        assert not [sentence for sentence in ear.sentences if "1234" in sentence or "9999" in sentence]


async def _play_reception_by_face(counter: DemoCounter, texts: Texts) -> None:
    """Follow the spoken guidance in front of the camera, then share nothing."""
    async with _open_page(counter, texts) as patient:
        ear = patient.ear
        await patient.arrive("face-match")
        await ear.choose(texts.by_face)
        await ear.wait_for_any(*texts.turn)
        await patient.answer(texts.aloud, texts.none, texts.do_not_share)
        await ear.wait_for(texts.take_card)
        await patient.remove_card()
        flags = patient.day.flags()
        assert flags
        assert not any(flags.values())


@pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed: make setup")
@pytest.mark.parametrize(
    ("language", "reception"),
    [
        ("ja", _play_reception_by_pin),
        pytest.param("ja", _play_reception_by_face, marks=LONG),
        pytest.param("en", _play_reception_by_pin, marks=LONG),
        pytest.param("en", _play_reception_by_face, marks=LONG),
    ],
)
def test_reception_by_voice_and_numeric_keypad(counter: DemoCounter, language: str, reception: Reception) -> None:
    asyncio.run(reception(counter, Texts(language)))


@pytest.mark.long
@pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed: make setup")
@pytest.mark.parametrize("language", [language for language in LANGUAGES if language not in ("ja", "en")])
def test_reception_by_voice_in_every_language(counter: DemoCounter, language: str) -> None:
    asyncio.run(_play_reception_by_pin(counter, Texts(language)))
