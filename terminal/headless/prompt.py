"""Answer the terminal's questions at a prompt, for setup and for tests with real devices."""

import asyncio
import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import TextIO

from config.platform.current import system
from reader.printed_code import CodeFault, Era, EraDate, WesternDate, build_printed_code
from terminal.headless.runner import Controls
from terminal.headless.transcript import Transcript, WriteLine
from terminal.session import states as st
from terminal.talk.parts import PadKind, Talk
from terminal.words.catalogue import Speak

PIN_LENGTH = 4


class TypedLines:
    """Queue of typed lines, read in a separate thread so that waiting for a line can be cancelled."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, name="prompt", daemon=True).start()

    def _read(self) -> None:
        try:
            for line in self._stream:
                self._put(line.rstrip("\n"))
        except (ValueError, OSError):
            pass  # invalid text or closed terminal: treat as end of input
        self._put(None)

    def _put(self, line: str | None) -> None:
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._lines.put_nowait, line)

    async def read_line(self) -> str:
        """Return the next line. Raises EOFError at the end of input."""
        line = await self._lines.get()
        if line is None:
            self._lines.put_nowait(None)
            raise EOFError
        return line

    @property
    def unread(self) -> int:
        """Number of unread lines. The end of input counts as one."""
        return self._lines.qsize()

    def discard_pending(self) -> None:
        """Discard input typed before the question, so that a late PIN is not used for the next patient.

        Input that does not come from a terminal is kept, because scripts provide all lines at the start.
        """
        if not self._stream.isatty():
            return
        system.discard_input(self._stream)
        at_end = False
        while not self._lines.empty():
            at_end = self._lines.get_nowait() is None or at_end
        if at_end:
            self._lines.put_nowait(None)

    @contextlib.contextmanager
    def echo_disabled(self) -> Iterator[None]:
        """Disable echo if the input is a terminal."""
        if not self._stream.isatty():
            yield
            return
        with system.hidden_input(self._stream):
            yield


_PROMPT_KEYS = {"escape": "esc"}
"""Names at the prompt for screen keys that have a different name there."""


def prompt_key(key: str) -> str:
    """Return the name at the prompt for a button's key."""
    return _PROMPT_KEYS.get(key, key)


class PromptOperator:
    """Prints each Talk with the keys of its buttons, and reads the PIN and the printed code without echo.

    Stops the terminal at the end of input.
    """

    def __init__(self, speak: Speak, write_line: WriteLine, stream: TextIO = sys.stdin) -> None:
        self._speak = speak
        self._write_line = write_line
        self._transcript = Transcript(write_line)
        self._lines = TypedLines(stream)

    def on_talk(self, talk: Talk) -> None:
        self._transcript.show(talk)

    async def act(self, talk: Talk, state: st.State, controls: Controls) -> None:
        self._lines.discard_pending()
        for button in talk.buttons:
            self._write_line(f"    {prompt_key(button.key):>3}  {': '.join(filter(None, (button.label, button.hint)))}")
        try:
            while True:
                if isinstance(state, st.PrintedCodeEntry) and talk.body.pad is PadKind.CODE:
                    done = await self._printed_code(talk, state, controls)
                else:
                    done = await self._line(talk, controls)
                if done:
                    return
        except EOFError:
            controls.stop()

    async def _line(self, talk: Talk, controls: Controls) -> bool:
        """Read one line with a button's key or the PIN. Return whether it was accepted."""
        pin = talk.body.pad is PadKind.PIN
        with self._lines.echo_disabled() if pin else contextlib.nullcontext():
            typed = (await self._lines.read_line()).strip()
        if self._touch_button(talk, typed, controls):
            return True
        if pin and len(typed) == PIN_LENGTH and typed.isascii() and typed.isdecimal():
            return controls.type_pin(typed)
        self._show_choices(talk)
        return False

    def _touch_button(self, talk: Talk, typed: str, controls: Controls) -> bool:
        matching = [button for button in talk.buttons if prompt_key(button.key) == typed.lower()]
        return bool(matching) and controls.touch(talk, matching[0])

    def _show_choices(self, talk: Talk) -> None:
        keys = ", ".join(prompt_key(button.key) for button in talk.buttons)
        self._write_line(f"    {talk.body.question}  ({keys})" if talk.body.pad is PadKind.PIN else f"    ({keys})")

    async def _printed_code(self, talk: Talk, state: st.PrintedCodeEntry, controls: Controls) -> bool:
        say = self._speak(talk.language)
        self._write_line("    " + say("code.birth-date") + " (S55.3.1 / 1980-03-01)")
        typed = (await self._lines.read_line()).strip()
        if self._touch_button(talk, typed, controls):
            return True
        birth_date = _birth_date(typed)
        self._write_line("    " + say("code.security-code"))
        with self._lines.echo_disabled():
            security_code = bytearray((await self._lines.read_line()).strip(), "ascii", "replace")
        year = state.card_expiry_year
        if year is None or birth_date is None:
            self._write_line("    " + say("code.wrong"))
            return False
        code = build_printed_code(birth_date, year, security_code)
        if isinstance(code, CodeFault):
            self._write_line(f"    {code.part}: {code.reason} {code.next_step}")
            return False
        controls.type_code(code)
        return True


def _birth_date(typed: str) -> EraDate | WesternDate | None:
    """Parse a birth date with an era as printed on the card (S55.3.1) or with a Western year (1980-03-01)."""
    western = typed[:1].isdecimal()
    parts = (typed if western else typed[1:]).replace("-", ".").replace("/", ".").split(".")
    try:
        year, month, day = (int(part) for part in parts)
        if western:
            return WesternDate(year, month, day)
        return EraDate(next(era for era in Era if era.name[0] == typed[:1].upper()), year, month, day)
    except (ValueError, StopIteration):
        return None
