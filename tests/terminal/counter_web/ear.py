"""Somebody who sees nothing: hears what the page plays, presses keys of a numeric keypad, and knows no other way."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

from playwright.async_api import Page

from config.settings import Settings
from terminal.counter_web.web_terminal import WebTerminal
from terminal.talk.serial import SETTLE_SECONDS
from terminal.voice.saying import Tone
from terminal.voice.tones import tone
from terminal.words.catalogue import LANGUAGES, speaker
from tests.terminal.counter_web.stage import PAINTED

LISTEN = """
  window.heard = [];
  const begin = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () {
    this.addEventListener("playing", () => window.heard.push(this.src.split("/").at(-1)), { once: true });
    return begin.call(this);
  };
  addEventListener("DOMContentLoaded", () => { document.documentElement.style.visibility = "hidden"; });
"""
"""The picture is covered; what begins to play is written down."""

_NAMED = {"star": "Multiply", "point": "Decimal", "minus": "Subtract", "slash": "Divide", "plus": "Add"}
_KEYS = {
    text: f"Numpad{key}"
    for language in LANGUAGES
    for say in [speaker(Settings(), ruby=True)(language)]
    for text, key in [
        *((str(say(f"voice.key.{name}")), key) for name, key in _NAMED.items()),
        *((str(say("voice.key", key=digit)), str(digit)) for digit in range(1, 10)),
    ]
}
"""What a key is called, in every language."""
PATIENCE = 60.0


async def short_sound(_text: str, _language: str, *, slow: bool = False) -> bytes:
    """Every sentence is as long as a tone: what is listened to here is which one it is."""
    return tone(Tone.DIGIT)


class Ear:
    """`choose` presses the key that was named before what is wanted. Nothing is looked at."""

    def __init__(self, page: Page, terminal: WebTerminal) -> None:
        self._page, self._screen = page, terminal.screen
        self.heard: list[str] = []
        """Every sentence that began to play."""
        self.private: list[str] = []
        """Those among them that others must not hear unasked."""
        self._from = 0
        self._clips: dict[str, tuple[str, bool]] = {}
        voice = terminal.screen.voice
        tell = voice._tell

        def told(kind: str, **content: object) -> None:
            for clip, (saying, index) in voice._clips.items():
                one = saying.sentences[index]
                self._clips[clip] = (one.text, one.private)
            tell(kind, **content)

        voice._tell = told

    async def press(self, *keys: str) -> None:
        """What was said before does not count any more."""
        await self._painted()
        await asyncio.sleep(SETTLE_SECONDS + 0.05)
        await self._listen()
        self._from = len(self.heard)
        for key in keys:
            await self._page.keyboard.press(key)

    async def _painted(self) -> None:
        """Wait until the page has painted what the terminal asks: only from then on a screen settles."""
        async with asyncio.timeout(PATIENCE):
            while not await self._page.evaluate(PAINTED, self._screen.talk.serial):
                await asyncio.sleep(0.03)

    async def type(self, digits: str) -> None:
        await self.press(*(f"Numpad{digit}" for digit in digits), "NumpadEnter")

    async def hears(self, *texts: str) -> None:
        """Wait until all of them were said since the last key."""
        await self._until(lambda said: all(any(text in one for one in said) for text in texts), " + ".join(texts))

    async def hears_one(self, *texts: str) -> None:
        """Wait until one of them was said since the last key."""
        await self._until(lambda said: any(text in said for text in texts), " or ".join(texts))

    @property
    def since_key(self) -> list[str]:
        """What was said since the last key."""
        return self.heard[self._from :]

    async def choose(self, label: str) -> None:
        """Wait until it is offered, with its key; press that key."""
        await self._until(lambda said: bool(_key_of(label, said)), f"key of {label}")
        await self.press(_key_of(label, self.since_key))

    async def count(self, text: str, times: int) -> None:
        """Wait until it was said so often."""
        await self._until(lambda said: sum(text in one for one in said) >= times, f"{times} times {text}")

    async def _until(self, found: Callable[[list[str]], bool], what: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                while not found(self.since_key):
                    await asyncio.sleep(0.03)
                    await self._listen()
        except TimeoutError:
            raise AssertionError(f"not heard: {what}; heard: {self.since_key}") from None

    async def _listen(self) -> None:
        for clip in await self._page.evaluate("window.heard.splice(0)"):
            text, private = self._clips[clip]
            self.heard.append(text)
            if private:
                self.private.append(text)


def _key_of(label: str, said: list[str]) -> str:
    """The key named right before the label; empty where none was, yet."""
    return next((_KEYS[before] for before, one in pairwise(said) if one == label and before in _KEYS), "")
