"""Render speech in a separate process, because the Japanese voice uses a lot of memory and CPU time.

Requests and answers are sent through pipes: a four-byte length followed by JSON or WAV data. An empty answer means that
no voice is available. Sentences never appear on a command line, in a file or in a log.
"""

import asyncio
import contextlib
import json
import os
import struct
import subprocess
import sys
from typing import IO, BinaryIO

from terminal.conductor.worker import Worker
from terminal.voice.engines import NoVoice, Voice, voice_for

_LENGTH = struct.Struct(">I")
_TIMEOUT_SECONDS = 30.0
"""Timeout in seconds for rendering a sentence, after which the process is killed."""
_NICENESS = 5


class Renderer:
    """Renderer client. It starts the process for the first sentence. Use it on a single event loop."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._worker: Worker | None = None

    async def render(self, text: str, language: str, *, slow: bool = False) -> bytes:
        """Return the speech as WAV data. Raises `NoVoice`."""
        if self._worker is None:
            self._worker = Worker("voice")
        request = json.dumps({"text": text, "language": language, "slow": slow}).encode()
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                wav = await self._worker.run(self._request, request)
        except (TimeoutError, OSError, EOFError) as error:
            self._kill()
            raise NoVoice(f"the voice does not respond ({type(error).__name__})") from None
        if not wav:
            raise NoVoice(f"no voice for {language} is available")
        return wav

    def close(self) -> None:
        self._kill()
        if self._worker is not None:
            self._worker.close()

    def _request(self, request: bytes) -> bytes:
        process = self._process
        if process is None or process.poll() is not None:
            command = [sys.executable, "-m", "terminal.voice.renderer"]
            process = self._process = subprocess.Popen(  # noqa: S603
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(_frame(request))
        process.stdin.flush()
        (length,) = _LENGTH.unpack(_read_exactly(process.stdout, _LENGTH.size))
        return _read_exactly(process.stdout, length)

    def _kill(self) -> None:
        """Kill the process. Pending requests fail with EOFError."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()


def _read_exactly(stream: IO[bytes], length: int) -> bytes:
    content = stream.read(length)
    if len(content) < length:
        raise EOFError
    return content


def _frame(content: bytes) -> bytes:
    return _LENGTH.pack(len(content)) + content


# --- renderer process ---------------------------------------------------------------------------------------


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until the end of the stream."""
    voices: dict[str, Voice] = {}
    while header := requests.read(_LENGTH.size):
        request = json.loads(requests.read(_LENGTH.unpack(header)[0]))
        answers.write(_frame(_render(voices, **request)))
        answers.flush()


def _render(voices: dict[str, Voice], text: str, language: str, slow: bool) -> bytes:
    try:
        if language not in voices:
            voices[language] = voice_for(language)
        return voices[language].speak(text, slow=slow)
    except Exception:  # do not log it: its message may contain the sentence
        return b""


def main() -> None:
    from config.platform.current import system

    system.restrict_to_owner()
    system.forbid_dumps()
    with contextlib.suppress(OSError, AttributeError):
        os.nice(_NICENESS)
    # redirect stdout to stderr, so that output printed by libraries does not corrupt the answers
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
