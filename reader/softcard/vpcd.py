"""Inserting a software card into the real pcscd through the virtual reader of vsmartcard (vpcd).

Messages in both directions consist of a two-byte length and a body. A one-byte body is a control code (vsmartcard,
`doc/api.txt`). The virtual reader listens on all interfaces, so keep it off real networks.
"""

import contextlib
import socket
import threading
import time
from typing import Final

from reader.softcard.card import Card, Vanished
from reader.softcard.slot import SimulatedScanner

VPCD_PORT: Final = 35963
"""Port of the first slot in Debian's configuration; the second listens on the next port."""

_NOTICED_AFTER: Final = 0.5
"""Minimum seconds between cards. pcscd polls every 0.4 s, and a card swapped between two polls cannot be used."""

_POWER_OFF: Final = b"\x00"
_POWER_ON: Final = b"\x01"
_RESET: Final = b"\x02"
_GET_ATR: Final = b"\x04"


class VirtualReaderUnavailable(RuntimeError):
    """Nothing listens on the virtual reader's port."""


class VpcdConnection:
    """One slot of the virtual reader. An open connection means that a card is in the slot."""

    def __init__(self, slot: int = 0, *, port: int = VPCD_PORT, timeout: float = 5.0) -> None:
        """`port`: port of the first slot. `timeout`: seconds to wait for a daemon that is starting."""
        self._address = ("127.0.0.1", port + slot)
        self._timeout = timeout
        self.reader = f"Virtual PCD 00 {slot:02}"
        """Name of the reader in PC/SC."""
        self._removed_at = -_NOTICED_AFTER
        self._card: Card | None = None
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._gone = threading.Event()
        self.scanner = SimulatedScanner(lambda: self._card)

    def insert(self, card: Card) -> None:
        """Insert a card, after giving the daemon time to notice the last removal.

        Raises `VirtualReaderUnavailable`, or `RuntimeError` if a card is already in the slot.
        """
        if self._socket is not None:
            raise RuntimeError("a card is already in the slot")
        time.sleep(max(0.0, self._removed_at + _NOTICED_AFTER - time.monotonic()))
        connection = self._connect()
        card.power_off()
        self._gone.clear()
        self._card, self._socket = card, connection
        self._thread = threading.Thread(target=self._serve, args=(connection, card), name="card in vpcd", daemon=True)
        self._thread.start()

    def remove(self) -> None:
        """Remove the card if there is one. A command in progress gets no response."""
        connection, card, thread = self._socket, self._card, self._thread
        self._socket = self._card = self._thread = None
        if connection is not None:
            # shut down before waiting, because the card may be processing a command
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
                        f"no virtual reader at {self._address[0]}:{self._address[1]} ({error.strerror or error}): "
                        "install the packages pcscd and vsmartcard-vpcd and start pcscd"
                    ) from None
                time.sleep(0.05)
                continue
            connection.settimeout(None)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection

    def _serve(self, connection: socket.socket, card: Card) -> None:
        # OSError means that the daemon ended or `remove` was called; in both cases the card is removed
        with contextlib.suppress(OSError):
            while (message := self._receive(connection)) is not None:
                try:
                    answer = _answer(card, message)
                except Vanished as fault:
                    if fault.mute:
                        continue
                    if fault.part:
                        # announce more bytes than are sent
                        connection.sendall((len(fault.part) * 2 + 2).to_bytes(2, "big") + fault.part)
                    connection.shutdown(socket.SHUT_RDWR)
                    break
                if answer is not None:
                    connection.sendall(len(answer).to_bytes(2, "big") + answer)
        card.power_off()
        self._gone.set()

    def gone(self, timeout: float) -> bool:
        """Return whether the daemon released the card or ended within `timeout` seconds. If so, call `remove`."""
        return self._gone.wait(timeout)

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
        # The daemon sends length and body in two segments. Without an immediate acknowledgement its kernel delays the
        # second one by 40 ms. The option does not persist, so it is set again after each receive.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        if not block:
            return None
        received += block
    return bytes(received)
