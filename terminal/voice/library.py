"""Cache for rendered sentences without patient data. Sentences with patient data are never stored."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from config.files import private_folder, write_atomically
from terminal.voice.utterance import SpokenSentence

log = logging.getLogger(__name__)

_CACHE_VERSION = "2"
"""Version of the cached files. Increment it when readings or voices change."""

Render = Callable[..., Awaitable[bytes]]


class Library:
    """Cache in `folder`, readable by its owner only. Files are named by a hash of sentence, language and speed."""

    def __init__(self, folder: Path, render: Render) -> None:
        self._folder, self._render = folder, render
        self._rendering: dict[Path, asyncio.Task[bytes]] = {}

    def path(self, sentence: SpokenSentence, *, slow: bool = False) -> Path:
        key = "\0".join((_CACHE_VERSION, sentence.language, "slow" if slow else "", sentence.text))
        return self._folder / sentence.language / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.wav"

    def has(self, sentence: SpokenSentence, *, slow: bool = False) -> bool:
        return sentence.cacheable and self.path(sentence, slow=slow).exists()

    async def wav(self, sentence: SpokenSentence, *, slow: bool = False) -> bytes:
        """Return the sentence as WAV data. Raises `NoVoice`."""
        if not sentence.cacheable:
            return await self._render(sentence.text, sentence.language, slow=slow)
        path = self.path(sentence, slow=slow)
        cached = _read(path)
        if cached:
            return cached
        # concurrent requests share a rendering task, which continues if a request is cancelled
        task = self._rendering.get(path)
        if task is None:
            task = self._rendering[path] = asyncio.create_task(self._render_and_store(sentence, path, slow=slow))
            task.add_done_callback(lambda done: self._remove_task(path, done))
        return await asyncio.shield(task)

    def _remove_task(self, path: Path, done: "asyncio.Task[bytes]") -> None:
        self._rendering.pop(path, None)
        if not done.cancelled():
            done.exception()  # mark the exception as retrieved in case all requests were cancelled

    async def _render_and_store(self, sentence: SpokenSentence, path: Path, *, slow: bool) -> bytes:
        wav = await self._render(sentence.text, sentence.language, slow=slow)
        try:
            private_folder(path.parent)
            write_atomically(path, wav)
        except OSError as error:
            log.warning("cannot cache a rendered sentence: %s", error.strerror)
        return wav


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


async def fill(library: Library, sentences: tuple[SpokenSentence, ...]) -> int:
    """Render missing sentences sequentially. Return how many were missing. Raises `NoVoice`."""
    missing = [sentence for sentence in sentences if not library.has(sentence)]
    for sentence in missing:
        await library.wav(sentence)
    return len(missing)
