"""Page object for tests by ear, which records spoken sentences and presses the keys they name."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

from playwright.async_api import Page

from config.settings import Settings
from terminal.counter_web.web_terminal import WebTerminal
from terminal.talk.question_numbers import SETTLE_SECONDS
from terminal.voice.tones import tone
from terminal.voice.utterance import Tone
from terminal.words.catalogue import speaker
from terminal.words.languages import LANGUAGES
from tests.terminal.counter_web.stage import PAINTED

LISTEN = """
  window.played = [];
  const begin = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () {
    this.addEventListener("playing", () => window.played.push(this.src.split("/").at(-1)), { once: true });
    return begin.call(this);
  };
  addEventListener("DOMContentLoaded", () => { document.documentElement.style.visibility = "hidden"; });
"""
"""Script that hides the page and records each sound that starts to play."""

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
"""Key codes by spoken key name, in every language."""
TIMEOUT_SECONDS = 60.0


async def short_sound(_text: str, _language: str, *, slow: bool = False) -> bytes:
    """Return a short tone for any sentence, because tests check only which sentence is played."""
    return tone(Tone.DIGIT)


class Ear:
    """Page object that uses only the voice and the numeric keypad."""

    def __init__(self, page: Page, terminal: WebTerminal) -> None:
        self._page, self._screen = page, terminal.screen
        self.sentences: list[str] = []
        """All sentences that started to play."""
        self.private: list[str] = []
        """Private sentences among `sentences`. The page reads them aloud only on request."""
        self._start = 0
        self._clips: dict[str, tuple[str, bool]] = {}
        voice = terminal.screen.voice
        send = voice._send

        def record(kind: str, **content: object) -> None:
            for clip, (utterance, index) in voice._clips.items():
                sentence = utterance.sentences[index]
                self._clips[clip] = (sentence.text, sentence.private)
            send(kind, **content)

        voice._send = record

    async def press(self, *keys: str) -> None:
        """Press keys and discard the sentences heard so far."""
        await self._wait_painted()
        await asyncio.sleep(SETTLE_SECONDS + 0.05)
        await self._listen()
        self._start = len(self.sentences)
        for key in keys:
            await self._page.keyboard.press(key)

    async def _wait_painted(self) -> None:
        """Wait until the page has painted the current question, which starts its settle time."""
        async with asyncio.timeout(TIMEOUT_SECONDS):
            while not await self._page.evaluate(PAINTED, self._screen.talk.serial):
                await asyncio.sleep(0.03)

    async def type(self, digits: str) -> None:
        await self.press(*(f"Numpad{digit}" for digit in digits), "NumpadEnter")

    async def wait_for(self, *texts: str) -> None:
        """Wait until all texts have been heard since the last key press."""
        await self._until(
            lambda heard: all(any(text in sentence for sentence in heard) for text in texts), " + ".join(texts)
        )

    async def wait_for_any(self, *texts: str) -> None:
        """Wait until one of the texts has been heard since the last key press."""
        await self._until(lambda heard: any(text in heard for text in texts), " or ".join(texts))

    @property
    def since_key_press(self) -> list[str]:
        """Sentences heard since the last key press."""
        return self.sentences[self._start :]

    async def choose(self, label: str) -> None:
        """Wait until the option is offered, then press its key."""
        await self._until(lambda heard: bool(_find_key(label, heard)), f"key of {label}")
        await self.press(_find_key(label, self.since_key_press))

    async def wait_for_count(self, text: str, times: int) -> None:
        """Wait until `text` has been heard `times` times since the last key press."""
        await self._until(lambda heard: sum(text in sentence for sentence in heard) >= times, f"{times} times {text}")

    async def _until(self, condition: Callable[[list[str]], bool], description: str) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                while not condition(self.since_key_press):
                    await asyncio.sleep(0.03)
                    await self._listen()
        except TimeoutError:
            raise AssertionError(f"not heard: {description}; heard: {self.since_key_press}") from None

    async def _listen(self) -> None:
        for clip in await self._page.evaluate("window.played.splice(0)"):
            text, private = self._clips[clip]
            self.sentences.append(text)
            if private:
                self.private.append(text)


def _find_key(label: str, heard: list[str]) -> str:
    """Return the key named directly before `label`, or an empty string."""
    return next((_KEYS[before] for before, sentence in pairwise(heard) if sentence == label and before in _KEYS), "")
