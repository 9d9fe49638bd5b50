"""Receptions with the picture covered: keys of a numeric keypad and spoken sentences, nothing else."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from playwright.async_api import async_playwright

from config.settings import Settings
from terminal.counter_web.program import patient_site
from terminal.counter_web.web_terminal import WebTerminal
from terminal.front.opened import OpenedCounter
from terminal.session import states as st
from terminal.simulated.demo.counter import DemoCounter
from terminal.simulated.personas.cast import BY_NAME
from terminal.words.catalogue import LANGUAGES, speaker
from tests.terminal.counter_web.ear import LISTEN, Ear, short_sound
from tests.terminal.counter_web.stage import ARGUMENTS, CHROMIUM
from tests.terminal.day import Day


class Said:
    """What is listened for, as the language says it."""

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

Reception = Callable[[DemoCounter, Said], Coroutine[None, None, None]]


class Patient:
    """At a counter that cannot be seen. Put the card down, take it, look where the voice says: that is all besides."""

    def __init__(self, day: Day, ear: Ear, said: Said) -> None:
        self.day, self.ear, self.said = day, ear, said

    async def arrives(self, persona: str) -> None:
        """Any key tells how to begin."""
        ear = self.ear
        card = self.day.prepare(BY_NAME[persona])
        self.day.states.clear()
        await ear.press("Numpad5")
        await ear.hears("0を 押してください")
        await ear.press("Numpad0")
        await ear.hears("マイナンバーカードを置いてください")
        if self.said.language != "ja":
            await self._asks_for_the_language()
            await ear.hears(self.said.put_card)
        await ear.press()
        self.day.place.insert(card)

    async def _asks_for_the_language(self) -> None:
        """The first screen names two languages, and a way to all."""
        choose = speaker(Settings(), ruby=True)("ja")("language.choose")
        await self.ear.hears(choose)
        if self.said.name not in self.ear.since_key:
            await self.ear.choose(choose)
        await self.ear.choose(self.said.name)

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
async def _counter(counter: DemoCounter, said: Said) -> AsyncIterator[Patient]:
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
        yield Patient(day, ear, said)
        await browser.close()
    terminal.end()
    assert await running == 0
    assert not wrong


async def _pin(counter: DemoCounter, said: Said) -> None:
    """A wrong PIN first; everything shared; the card stays behind until the voice has called three times."""
    async with _counter(counter, said) as patient:
        ear = patient.ear
        await patient.arrives("pin-wrong-once")
        await ear.choose(said.by_pin)
        await ear.hears(said.pin, said.pad)
        await ear.type("9999")
        await ear.hears(said.wrong, said.two_left)
        await ear.type("1234")
        assert not ear.private
        await patient.answers(said.aloud, said.all, said.share)
        assert ear.private, "after it was asked, everything is said"
        await ear.hears(said.done, said.take_card)
        await ear.count(said.take_card, 3)
        await patient.takes_card()
        assert patient.day.ending() is st.Outcome.DONE
        flags = patient.day.flags()
        assert flags is not None
        assert set(flags.values()) == {1}
        assert not [one for one in ear.heard if "1234" in one or "9999" in one]


async def _face(counter: DemoCounter, said: Said) -> None:
    """Guided by the voice before the camera, then nothing is shared."""
    async with _counter(counter, said) as patient:
        ear = patient.ear
        await patient.arrives("face-match")
        await ear.choose(said.by_face)
        await ear.hears_one(*said.turn)
        await patient.answers(said.aloud, said.none, said.not_share)
        await ear.hears(said.take_card)
        await patient.takes_card()
        flags = patient.day.flags()
        assert flags
        assert not any(flags.values())


@pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed: make setup")
@pytest.mark.parametrize(
    ("language", "reception"),
    [("ja", _pin), ("ja", _face), pytest.param("en", _pin, marks=LONG), pytest.param("en", _face, marks=LONG)],
)
def test_a_reception_by_ear_and_ten_keys(counter: DemoCounter, language: str, reception: Reception) -> None:
    asyncio.run(reception(counter, Said(language)))


@pytest.mark.long
@pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed: make setup")
@pytest.mark.parametrize("language", [one for one in LANGUAGES if one not in ("ja", "en")])
def test_the_other_languages(counter: DemoCounter, language: str) -> None:
    asyncio.run(_pin(counter, Said(language)))
