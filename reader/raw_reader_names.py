"""Direct PC/SC calls for readers with non-ASCII names, which pyscard does not support.

pyscard 2.3.1 encodes names for SCardGetStatusChange as ASCII and, if this fails, frees invalid pointers (`helpers.c`,
`_ReaderStateFromTuple`), which aborts the process. It decodes listed names as strict UTF-8, so one invalid name hides
all readers. This module calls the library directly, with pyscard's context and card handles. Remove it when pyscard
encodes names as UTF-8 and frees `aszReaderNames[j]`.

Linux only: other systems use different structures and wide-character names.
"""

import ctypes
import functools
import sys
from typing import Any, Final

_ATR_LENGTH: Final = 33
_INSUFFICIENT_BUFFER: Final = 0x80100008
_NO_READERS: Final = 0x8010002E

State = tuple[str, int, list[int]]
"""Reader name, state word and ATR, as returned by pyscard."""


class _ReaderState(ctypes.Structure):
    """SCARD_READERSTATE of pcsc-lite."""

    _fields_ = (
        ("reader", ctypes.c_char_p),
        ("user_data", ctypes.c_void_p),
        ("current_state", ctypes.c_ulong),
        ("event_state", ctypes.c_ulong),
        ("atr_length", ctypes.c_ulong),
        ("atr", ctypes.c_ubyte * _ATR_LENGTH),
    )


def usable() -> bool:
    """Return whether this system supports the calls."""
    return sys.platform == "linux"


@functools.cache
def _library() -> Any:
    library = ctypes.CDLL("libpcsclite.so.1")
    for name in ("SCardListReaders", "SCardGetStatusChange", "SCardConnect"):
        getattr(library, name).restype = ctypes.c_long
    return library


def list_readers(context: int) -> tuple[int, list[str]]:
    """Call SCardListReaders. Bytes that are not UTF-8 become lone surrogates."""
    library = _library()
    length = ctypes.c_ulong(0)
    while True:
        result = library.SCardListReaders(ctypes.c_long(context), None, None, ctypes.byref(length))
        if result != 0:
            return _unsigned(result), []
        buffer = ctypes.create_string_buffer(max(1, length.value))
        result = library.SCardListReaders(ctypes.c_long(context), None, buffer, ctypes.byref(length))
        if _unsigned(result) == _INSUFFICIENT_BUFFER:  # a reader was added between the two calls
            continue
        names = [name.decode("utf-8", "surrogateescape") for name in buffer.raw[: length.value].split(b"\0") if name]
        return _unsigned(result), names


def status_change(context: int, timeout: int, states: list[tuple[str, int]]) -> tuple[int, list[State]]:
    """Call SCardGetStatusChange, with `timeout` in milliseconds. Releases the GIL while waiting."""
    encoded = [name.encode("utf-8", "surrogateescape") for name, _ in states]
    array = (_ReaderState * len(states))(
        *(_ReaderState(reader=name, current_state=state) for name, (_, state) in zip(encoded, states, strict=True))
    )
    result = _library().SCardGetStatusChange(
        ctypes.c_long(context), ctypes.c_ulong(timeout), array, ctypes.c_ulong(len(states))
    )
    changed = [
        (name, int(state.event_state), list(state.atr[: min(state.atr_length, _ATR_LENGTH)]))
        for (name, _), state in zip(states, array, strict=True)
    ]
    return _unsigned(result), changed


def connect(context: int, name: str, share: int, protocols: int) -> tuple[int, int, int]:
    """Call SCardConnect. Return the result, the card handle and the protocol."""
    card, protocol = ctypes.c_long(0), ctypes.c_ulong(0)
    result = _library().SCardConnect(
        ctypes.c_long(context),
        name.encode("utf-8", "surrogateescape"),
        ctypes.c_ulong(share),
        ctypes.c_ulong(protocols),
        ctypes.byref(card),
        ctypes.byref(protocol),
    )
    return _unsigned(result), card.value, protocol.value


def _unsigned(result: int) -> int:
    return result & 0xFFFFFFFF
