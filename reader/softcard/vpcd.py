"""Client for vsmartcard's virtual reader (vpcd), which inserts a software card into the real pcscd.

Messages consist of a two-byte length and a body. A one-byte body is a control code (`doc/api.txt` in vsmartcard). The
virtual reader listens on all interfaces, so do not use it on real networks.
"""

import contextlib
import socket
import threading
import time
from typing import Final

from reader.softcard.card import Card, CardVanished
from reader.softcard.slot import SimulatedScanner

VPCD_PORT: Final = 35963
"""Port of the first slot in Debian's configuration. The second slot uses the next port."""

_SWAP_SECONDS: Final = 0.5
"""Minimum seconds between cards. pcscd polls every 0.4 s, and a card swapped between two polls is unusable."""

_POWER_OFF: Final = b"\x00"
_POWER_ON: Final = b"\x01"
_RESET: Final = b"\x02"
_GET_ATR: Final = b"\x04"


class VirtualReaderUnavailable(RuntimeError):
    """The virtual reader's port refuses connections."""


class VpcdConnection:
    """Slot of the virtual reader, which contains a card while the connection is open."""

    def __init__(self, slot: int = 0, *, port: int = VPCD_PORT, timeout: float = 5.0) -> None:
        """`port`: port of the first slot. `timeout`: seconds to wait for a daemon that is starting."""
        self._address = ("127.0.0.1", port + slot)
        self._timeout = timeout
        self.reader = f"Virtual PCD 00 {slot:02}"
        """Reader name in PC/SC."""
        self._removed_at = -_SWAP_SECONDS
        self._card: Card | None = None
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._released = threading.Event()
        self.scanner = SimulatedScanner(lambda: self._card)

    def insert(self, card: Card) -> None:
        """Insert a card after the daemon has had time to detect the last removal.

        Raises `VirtualReaderUnavailable`, or `RuntimeError` if the slot contains a card.
        """
        if self._socket is not None:
            raise RuntimeError("a card is already in the slot")
        time.sleep(max(0.0, self._removed_at + _SWAP_SECONDS - time.monotonic()))
        connection = self._connect()
        card.power_off()
        self._released.clear()
        self._card, self._socket = card, connection
        self._thread = threading.Thread(target=self._serve, args=(connection, card), name="card in vpcd", daemon=True)
        self._thread.start()

    def remove(self) -> None:
        """Remove the card, if any. A command in progress gets no response."""
        connection, card, thread = self._socket, self._card, self._thread
        self._socket = self._card = self._thread = None
        if connection is not None:
            # shut down before joining the thread, which may be executing a command
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        if thread is not None and thread is not threading.current_thread():
            thread.join()
        if connection is not None:
            connection.close()
            self._removed_at = time.monotonic()
        if card is not None:
            card.power_off()

    def _connect(self) -> socket.socket:
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                connection = socket.create_connection(self._address, timeout=max(self._timeout, 1.0))
            except OSError as error:
                if time.monotonic() >= deadline:
                    raise VirtualReaderUnavailable(
                        f"no virtual reader at {self._address[0]}:{self._address[1]} ({error.strerror or error}). "
                        "Install the packages pcscd and vsmartcard-vpcd and start pcscd."
                    ) from None
                time.sleep(0.05)
                continue
            connection.settimeout(None)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection

    def _serve(self, connection: socket.socket, card: Card) -> None:
        # OSError: the daemon ended, or `remove` was called
        with contextlib.suppress(OSError):
            while (message := self._receive(connection)) is not None:
                try:
                    answer = _answer(card, message)
                except CardVanished as fault:
                    if fault.mute:
                        continue
                    if fault.part:
                        # send fewer bytes than announced
                        connection.sendall((len(fault.part) * 2 + 2).to_bytes(2, "big") + fault.part)
                    connection.shutdown(socket.SHUT_RDWR)
                    break
                if answer is not None:
                    connection.sendall(len(answer).to_bytes(2, "big") + answer)
        card.power_off()
        self._released.set()

    def wait_for_release(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds until the daemon releases the card or ends. Return whether it did.

        Call `remove` afterwards.
        """
        return self._released.wait(timeout)

    def _receive(self, connection: socket.socket) -> bytes | None:
        header = _receive_exactly(connection, 2)
        return None if header is None else _receive_exactly(connection, int.from_bytes(header, "big"))


def _answer(card: Card, message: bytes) -> bytes | None:
    if message == _POWER_OFF:
        card.power_off()
    elif message == _POWER_ON:
        card.power_on()
    elif message == _RESET:
        card.reset()
    elif message == _GET_ATR:
        return card.atr
    else:
        return card.transmit(message)
    return None


def _receive_exactly(connection: socket.socket, length: int) -> bytes | None:
    received = bytearray()
    while len(received) < length:
        block = connection.recv(length - len(received))
        # The daemon sends length and body in two segments. Without an immediate acknowledgement, its kernel delays the
        # second segment by 40 ms. The option does not persist, so set it after each receive.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        if not block:
            return None
        received += block
    return bytes(received)
