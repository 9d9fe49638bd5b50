"""Receptions with the picture covered: keys of a numeric keypad and spoken sentences, nothing else."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest
from playwright.async_api import async_playwright

from terminal.counter_web.program import WebTerminal
from terminal.front.opened import Opened
from terminal.session import states as st
from terminal.simulated.demo.counter import Counter
from terminal.simulated.personas.cast import BY_NAME
from tests.terminal.counter_web.ear import LISTEN, Ear, short_sound
from tests.terminal.counter_web.stage import ARGUMENTS, CHROMIUM
from tests.terminal.day import Day


@dataclass(frozen=True, slots=True)
class Said:
    """What is listened for, as the language says it."""

    language: str
    by_pin: str
    by_face: str
    pin: str
    wrong: str
    two_left: str
    aloud: str
    all: str
    none: str
    share: str
    not_share: str
    done: str
    take_card: str
    look: str
    pad: str


WORDS = {
    "ja": Said(
        language="",
        by_pin="暗証番号で確認する",
        by_face="顔で確認する",
        pin="暗証番号（4けた）を入れてください",
        wrong="暗証番号がちがいます",
        two_left="あと2回",
        aloud="声に出す",
        all="すべて提供する",
        none="すべて提供しない",
        share="提供する",
        not_share="提供しない",
        done="受付が完了しました",
        take_card="カードをお取りください",
        look="を向いてください",
        pad="エンターで 決めます",
    ),
    "en": Said(
        language="English",
        by_pin="By my PIN",
        by_face="By my face",
        pin="Please enter your PIN (4 digits)",
        wrong="That PIN is not right",
        two_left="2 tries left",
        aloud="Say it",
        all="Share all",
        none="Share nothing",
        share="Share",
        not_share="Do not share",
        done="You're checked in",
        take_card="Please take your card",
        look="turn your head",
        pad="then Enter",
    ),
}


Reception = Callable[[Counter, Said], Coroutine[None, None, None]]


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
        if self.said.language:
            await ear.choose(self.said.language)
            await ear.hears("put your My Number Card on the reader")
        await ear.press()
        self.day.place.insert(card)

    async def takes_card(self) -> None:
        self.day.place.remove()
        async with asyncio.timeout(10):
            while not isinstance(self.day.conductor.state, st.Idle):
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)

    async def answers(self, *labels: str) -> None:
        for label in labels:
            await self.ear.choose(label)


@asynccontextmanager
async def _counter(counter: Counter, said: Said) -> AsyncIterator[Patient]:
    day, wrong = Day(counter), []

    async def opening() -> Opened:
        opened = await day.open()
        day.conductor.rules = replace(day.conductor.rules, remind_every=1.0, voices=("ja", "en"))
        return opened

    terminal = WebTerminal(opening, counter.settings, port=0, simulated=True, open_browser=False, tell=lambda _: None)
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


async def _pin(counter: Counter, said: Said) -> None:
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


async def _face(counter: Counter, said: Said) -> None:
    """Guided by the voice before the camera, then nothing is shared."""
    async with _counter(counter, said) as patient:
        ear = patient.ear
        await patient.arrives("face-match")
        await ear.choose(said.by_face)
        await ear.hears(said.look)
        await patient.answers(said.aloud, said.none, said.not_share)
        await ear.hears(said.take_card)
        await patient.takes_card()
        flags = patient.day.flags()
        assert flags
        assert not any(flags.values())


@pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed: make setup")
@pytest.mark.parametrize(
    ("language", "reception"),
    [("ja", _pin), ("ja", _face), ("en", _pin), pytest.param("en", _face, marks=pytest.mark.long)],
)
def test_a_reception_by_ear_and_ten_keys(counter: Counter, language: str, reception: Reception) -> None:
    asyncio.run(reception(counter, WORDS[language]))
