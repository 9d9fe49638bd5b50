"""Renders sentences in a process of its own: memory and work of the Japanese voice are not the terminal's.

Requests and answers go through pipes, one after the other: a length of four bytes, then JSON or a WAV file. An empty
answer says that there is no voice. Sentences never stand on a command line, in a file or in a log.
"""

import asyncio
import contextlib
import json
import logging
import os
import struct
import sys
from typing import BinaryIO

from terminal.voice.engines import NoVoice, Voice, voice_for

log = logging.getLogger(__name__)

_LENGTH = struct.Struct(">I")
_SECONDS = 30.0
"""A sentence that takes longer is given up, and the process with it."""
_NICENESS = 5


class Renderer:
    """Starts its process with the first sentence. From one event loop."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._one_at_a_time = asyncio.Lock()

    async def render(self, text: str, language: str, *, slow: bool = False) -> bytes:
        """Return a WAV file. Raises `NoVoice`."""
        async with self._one_at_a_time:
            try:
                async with asyncio.timeout(_SECONDS):
                    wav = await self._ask({"text": text, "language": language, "slow": slow})
            except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
                self.close()
                raise NoVoice(f"the voice does not answer ({type(error).__name__})") from None
            except asyncio.CancelledError:
                self.close()  # its answer would be taken for the next sentence's
                raise
        if not wav:
            raise NoVoice(f"there is no voice for {language}")
        return wav

    async def warm_up(self, language: str) -> None:
        """Load that language's voice, before a sentence that was not rendered ahead needs it."""
        with contextlib.suppress(NoVoice):
            await self.render("1", language)

    def close(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    async def _ask(self, request: dict[str, object]) -> bytes:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "terminal.voice.renderer",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(_framed(json.dumps(request).encode()))
        await process.stdin.drain()
        (length,) = _LENGTH.unpack(await process.stdout.readexactly(_LENGTH.size))
        return await process.stdout.readexactly(length)


def _framed(content: bytes) -> bytes:
    return _LENGTH.pack(len(content)) + content


# --- the process --------------------------------------------------------------------------------------------


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Until the requests end."""
    voices: dict[str, Voice] = {}
    while header := requests.read(_LENGTH.size):
        request = json.loads(requests.read(_LENGTH.unpack(header)[0]))
        answers.write(_framed(_spoken(voices, **request)))
        answers.flush()


def _spoken(voices: dict[str, Voice], text: str, language: str, slow: bool) -> bytes:
    try:
        if language not in voices:
            voices[language] = voice_for(language)
        return voices[language].speak(text, slow=slow)
    except Exception:  # whatever its text says: the sentence may be in it
        return b""


def main() -> None:
    from config.platform.chosen import system

    system.only_for_owner()
    system.forbid_dumps()
    with contextlib.suppress(OSError, AttributeError):
        os.nice(_NICENESS)
    # What a library prints must not get between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
