"""Trace of commands and responses on a link for support, without personal data.

The trace contains headers, lengths, status words, times and the first bytes of freely readable files. It omits the data
of VERIFY and CHANGE REFERENCE DATA, password-protected data, and data that identifies a card.
"""

import time
from collections.abc import Callable
from typing import Final

from reader.apdu import INS, ApduError, Command, parse_command, parse_response
from reader.facts import ConnectProblem, SlotEvent
from reader.link import CardLink, CardSlot, LinkLost
from reader.profile import RSA_2048, Application, CardProfile, File

_BYTES_TO_SHOW: Final = 8
"""Number of bytes to show of a freely readable file: enough for a tag and a length."""
_NAMES: Final = {ins.value: ins.name.replace("_", " ") for ins in INS}
_REFUSAL: Final = "card traces are not allowed on a terminal that serves patients. Use a test terminal."
_SELECT_BY_NAME, _SELECT_EF = 0x04, 0x02
# These files begin with a tag and a length. Later bytes may identify the card.
_READABLE_FILES: Final = frozenset(
    {
        File.USER_CERTIFICATE,
        File.USER_CA_CERTIFICATE,
        File.SIGNATURE_CA_CERTIFICATE,
        File.TOKEN_INFO,
        File.CERTIFICATE_FLAGS,
        File.SURFACE_CV_CERTIFICATE,
        File.TEXT_CV_CERTIFICATE,
    }
)


class TraceRefused(RuntimeError):
    """A trace was requested on a terminal that serves patients."""


class TracedLink:
    """Link that writes a line for each command and response. The caller adds the time of day."""

    def __init__(
        self,
        link: CardLink,
        write: Callable[[str], None],
        *,
        production: bool,
        profile: CardProfile = RSA_2048,
    ) -> None:
        """`production`: whether the terminal serves patients. Raises `TraceRefused` in this case."""
        if production:
            raise TraceRefused(_REFUSAL)
        self._link = link
        self._write = write
        self._profile = profile
        self._application: Application | None = None
        self._readable = False

    @property
    def atr(self) -> bytes:
        return self._link.atr

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        try:
            command: Command | None = parse_command(apdu)
        except ApduError:
            command = None
        self._write(f"> invalid command of {len(apdu)} bytes" if command is None else f"> {_show(command)}")
        started = time.perf_counter()
        try:
            raw = self._link.transmit(apdu)
        except LinkLost as lost:
            self._write(f"< no response after {_ms(started)} ({lost})")
            raise
        self._write(f"< {self._show_response(command, raw)}  {_ms(started)}")
        return raw

    def close(self) -> None:
        self._link.close()
        self._write("power off")

    def _show_response(self, command: Command | None, raw: bytes) -> str:
        try:
            response = parse_response(raw)
        except ApduError:
            return f"invalid response of {len(raw)} bytes"
        if command is not None and response.ok:
            self._track_selection(command)
        if not response.data:
            return f"{response.sw:04X}"
        length = f"{len(response.data)} bytes"
        readable = self._readable and command is not None and command.ins == INS.READ_BINARY and _at_start(command)
        start = f"{response.data[:_BYTES_TO_SHOW].hex()}.. " if readable else ""
        return f"{start}{length} {response.sw:04X}"

    def _track_selection(self, command: Command) -> None:
        """Track the file selected by the command."""
        if command.ins == INS.SELECT and command.p1 == _SELECT_BY_NAME:
            self._application = next((app for app in self._profile.applications if app.aid == command.data), None)
            self._readable = False
        elif command.ins == INS.SELECT and command.p1 == _SELECT_EF:
            self._readable = self._is_readable(int.from_bytes(command.data, "big"))
        elif command.ins == INS.READ_BINARY and command.p1 & 0x80:
            self._readable = self._is_readable(command.p1 & 0x1F)

    def _is_readable(self, fid: int) -> bool:
        application = self._application
        return application is not None and any(
            entry.fid == fid and file in _READABLE_FILES for file, entry in application.files.items()
        )


class TracedSlot:
    """Slot that returns traced links."""

    def __init__(self, slot: CardSlot, write: Callable[[str], None], *, production: bool) -> None:
        """`production`: see `TracedLink`. Raises `TraceRefused` here instead of in `connect`."""
        if production:
            raise TraceRefused(_REFUSAL)
        self._slot = slot
        self._write = write

    @property
    def name(self) -> str:
        return self._slot.name

    @property
    def in_use(self) -> str:
        return self._slot.in_use

    def watch(self, on_event: Callable[[SlotEvent], None]) -> None:
        self._slot.watch(on_event)

    def connect(self) -> CardLink | ConnectProblem:
        outcome = self._slot.connect()
        if isinstance(outcome, ConnectProblem):
            self._write(f"connect: {type(outcome).__name__}")
            return outcome
        return TracedLink(outcome, self._write, production=False)

    def close(self) -> None:
        self._slot.close()


def _at_start(command: Command) -> bool:
    return command.p2 == 0 and (command.p1 == 0 or bool(command.p1 & 0x80))


def _show(command: Command) -> str:
    text = bytes((command.cla, command.ins, command.p1, command.p2)).hex().upper()
    if command.data:
        # show no data except the identifier of an application or file
        data = bytes(command.data).hex().upper() if command.ins == INS.SELECT else f"[{len(command.data)} bytes]"
        text += f" {data}"
    if command.le is not None:
        text += f" Le {command.le}"
    return f"{text}  {_NAMES.get(command.ins, 'unknown instruction')}"


def _ms(started: float) -> str:
    return f"{(time.perf_counter() - started) * 1000:.1f} ms"
