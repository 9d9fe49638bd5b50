"""Background sound output for the terminal window through `aplay` (Debian's alsa-utils)."""

import asyncio
import contextlib
import shutil
from collections.abc import Awaitable, Callable

from terminal.voice.tones import tone
from terminal.voice.utterance import Utterance
from terminal.voice.wav import scale_volume

Sound = Callable[[Utterance, int], Awaitable[bytes | None]]


class Aplay:
    """Plays utterances. `sound` returns a sentence's WAV data. `bell` is called if `aplay` is not installed."""

    def __init__(self, sound: Sound, device: str, bell: Callable[[], None]) -> None:
        self._sound, self._bell = sound, bell
        program = shutil.which("aplay")
        self._command = None if program is None else (program, "-q", *(("-D", device) if device else ()), "-")
        self._playing: asyncio.Task[None] | None = None

    def say(self, utterance: Utterance) -> None:
        busy = self._playing is not None and not self._playing.done()
        if busy and not utterance.interrupts:
            return
        self.stop()
        if self._command is None:
            if utterance.tone is not None:
                self._bell()
            return
        self._playing = asyncio.create_task(self._play(utterance, self._command), name="aplay")

    def stop(self) -> None:
        if self._playing is not None:
            self._playing.cancel()

    async def close(self) -> None:
        self.stop()
        if self._playing is not None:
            await asyncio.wait({self._playing}, timeout=2)

    async def _play(self, utterance: Utterance, command: tuple[str, ...]) -> None:
        if utterance.tone is not None:
            await _run(command, tone(utterance.tone))
        fetching = self._fetch(utterance, 0)
        for index in range(len(utterance.sentences)):
            wav = await fetching
            fetching = self._fetch(utterance, index + 1)
            if wav:
                await _run(command, scale_volume(wav, utterance.volume))

    def _fetch(self, utterance: Utterance, index: int) -> "asyncio.Task[bytes | None]":
        """Start fetching a sentence's sound while the previous sentence is played."""

        async def fetch() -> bytes | None:
            return await self._sound(utterance, index) if index < len(utterance.sentences) else None

        return asyncio.create_task(fetch())


async def _run(command: tuple[str, ...], wav: bytes) -> None:
    pipe, devnull = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=devnull, stderr=devnull)
    try:
        await process.communicate(wav)
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
