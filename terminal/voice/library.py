"""Cache for the sound of sentences that are the same for all patients. Other sentences are never stored."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from config.files import private_folder, write_atomically
from terminal.voice.saying import SpokenSentence

log = logging.getLogger(__name__)

_EDITION = "2"
"""Increase this when readings or voices change, so that cached sentences are rendered again."""

Render = Callable[..., Awaitable[bytes]]


class Library:
    """Cache in `folder`, accessible to its owner only. Files are named by a hash of sentence, language and speed."""

    def __init__(self, folder: Path, render: Render) -> None:
        self._folder, self._render = folder, render
        self._asked: dict[Path, asyncio.Task[bytes]] = {}

    def path(self, sentence: SpokenSentence, *, slow: bool = False) -> Path:
        named = "\0".join((_EDITION, sentence.language, "slow" if slow else "", sentence.text))
        return self._folder / sentence.language / f"{hashlib.sha256(named.encode()).hexdigest()[:32]}.wav"

    def has(self, sentence: SpokenSentence, *, slow: bool = False) -> bool:
        return sentence.kept and self.path(sentence, slow=slow).exists()

    async def wav(self, sentence: SpokenSentence, *, slow: bool = False) -> bytes:
        """Return the sentence as a WAV file. Raises `NoVoice`."""
        if not sentence.kept:
            return await self._render(sentence.text, sentence.language, slow=slow)
        path = self.path(sentence, slow=slow)
        kept = _read(path)
        if kept:
            return kept
        # concurrent requests share one rendering, which continues if a request is cancelled
        task = self._asked.get(path)
        if task is None:
            task = self._asked[path] = asyncio.create_task(self._render_and_store(sentence, path, slow=slow))
            task.add_done_callback(lambda done: self._forget(path, done))
        return await asyncio.shield(task)

    def _forget(self, path: Path, done: "asyncio.Task[bytes]") -> None:
        self._asked.pop(path, None)
        if not done.cancelled():
            done.exception()  # mark it as retrieved, because the requests may have been cancelled

    async def _render_and_store(self, sentence: SpokenSentence, path: Path, *, slow: bool) -> bytes:
        wav = await self._render(sentence.text, sentence.language, slow=slow)
        try:
            private_folder(path.parent)
            write_atomically(path, wav)
        except OSError as error:
            log.warning("rendered sentence not stored: %s", error.strerror)
        return wav


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


async def fill(library: Library, sentences: tuple[SpokenSentence, ...]) -> int:
    """Render missing sentences one after the other. Return how many were missing. Raises `NoVoice`."""
    missing = [sentence for sentence in sentences if not library.has(sentence)]
    for sentence in missing:
        await library.wav(sentence)
    return len(missing)
