"""Sound output through `aplay` (Debian's alsa-utils) for the terminal window. Plays in the background."""

import asyncio
import contextlib
import shutil
from collections.abc import Awaitable, Callable

from terminal.voice.saying import Saying
from terminal.voice.tones import tone
from terminal.voice.wav import louder

Sound = Callable[[Saying, int], Awaitable[bytes | None]]


class Aplay:
    """Plays sayings. `sound` returns the WAV file of a sentence. `bell` is rung if `aplay` is not installed."""

    def __init__(self, sound: Sound, device: str, bell: Callable[[], None]) -> None:
        self._sound, self._bell = sound, bell
        program = shutil.which("aplay")
        self._command = None if program is None else (program, "-q", *(("-D", device) if device else ()), "-")
        self._playing: asyncio.Task[None] | None = None

    def say(self, saying: Saying) -> None:
        busy = self._playing is not None and not self._playing.done()
        if busy and not saying.cuts:
            return
        self.stop()
        if self._command is None:
            if saying.tone is not None:
                self._bell()
            return
        self._playing = asyncio.create_task(self._play(saying, self._command), name="aplay")

    def stop(self) -> None:
        if self._playing is not None:
            self._playing.cancel()

    async def close(self) -> None:
        self.stop()
        if self._playing is not None:
            await asyncio.wait({self._playing}, timeout=2)

    async def _play(self, saying: Saying, command: tuple[str, ...]) -> None:
        if saying.tone is not None:
            await _run(command, tone(saying.tone))
        following = self._ahead(saying, 0)
        for index in range(len(saying.sentences)):
            wav = await following
            following = self._ahead(saying, index + 1)
            if wav:
                await _run(command, louder(wav, saying.volume))

    def _ahead(self, saying: Saying, index: int) -> "asyncio.Task[bytes | None]":
        """Fetch the sound of a sentence in the background, while the previous one is playing."""

        async def fetched() -> bytes | None:
            return await self._sound(saying, index) if index < len(saying.sentences) else None

        return asyncio.create_task(fetched())


async def _run(command: tuple[str, ...], wav: bytes) -> None:
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=nothing, stderr=nothing)
    try:
        await process.communicate(wav)
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
