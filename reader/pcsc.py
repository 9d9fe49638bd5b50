"""PC/SC service: listing readers and connecting to a card.

Only this module and `pcsc_slot` use pyscard, and only its low-level wrapper. Its connection classes report a removed
card as "no valid response", and its monitors stop permanently when the PC/SC service restarts.
"""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from smartcard import scard

from reader import raw_reader_names
from reader.competing_programs import likely_holders
from reader.diagnosis import CardDiagnosis, CardFailure, CardStage, diagnose, diagnosis_for, is_retryable
from reader.facts import (
    CardUnreadable,
    ConnectProblem,
    NoCard,
    NotMyNumberCard,
    ReaderBusy,
    ReaderLost,
    ReaderStatus,
)
from reader.link import CommandRefused, LinkLost

_BUSY_TIMEOUT: Final = 1.0
"""Seconds to wait for programs that briefly access every new card (gpg's scdaemon, PKCS#11 modules of browsers)."""
_POWER_ATTEMPTS: Final = 3
_POWER_PAUSE: Final = 0.15
"""Seconds between attempts to power up a card."""
_REMOVAL_DELAY: Final = 0.5
"""Seconds until a removal is detected. Drivers without events are polled every 0.4 s."""

MUTE_AFTER: Final = 10.0
"""Seconds without an answer after which a card counts as mute.

At 106 kbit/s, a long file takes 3 s and a signature 1 s.
"""
_CLOSE_TIMEOUT: Final = 1.0
_TOO_LONG: Final = (
    scard.SCARD_E_NOT_TRANSACTED,
    scard.SCARD_E_INSUFFICIENT_BUFFER,
    scard.SCARD_E_INVALID_PARAMETER,
)
"""Driver errors for commands longer than the reader supports."""
_Answer = TypeVar("_Answer")


class PcscUnavailable(RuntimeError):
    """The PC/SC service does not answer."""

    def __init__(self, text: str, *, denied: bool = False) -> None:
        """`denied`: whether the service is running but refuses access."""
        super().__init__(text)
        self.denied = denied


class ServiceGone(Exception):
    """The PC/SC service failed, and its context is invalid."""

    def __init__(self, hresult: int) -> None:
        super().__init__(f"PC/SC service: {message(hresult)}")
        self.code = unsigned(hresult)


def unsigned(hresult: int) -> int:
    return hresult & 0xFFFFFFFF


def message(hresult: int) -> str:
    return f"{scard.SCardGetErrorMessage(hresult).strip().rstrip('.')} (0x{unsigned(hresult):08X})"


def list_readers() -> list[str]:
    """Return the names of the connected readers. Raises `PcscUnavailable`."""
    try:
        context = establish()
        try:
            return readers(context)
        finally:
            scard.SCardReleaseContext(context)
    except ServiceGone as gone:
        denied = diagnosis_for(CardFailure(CardStage.SERVICE, gone.code)) is CardDiagnosis.ACCESS_DENIED
        raise PcscUnavailable(str(gone), denied=denied) from None


def establish() -> int:
    """Return a new context. Raises `ServiceGone`."""
    hresult, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if hresult != scard.SCARD_S_SUCCESS:
        raise ServiceGone(hresult)
    return context


def readers(context: int) -> list[str]:
    """Return the names of the connected readers, including non-ASCII names. Raises `ServiceGone`."""
    try:
        hresult, names = scard.SCardListReaders(context, [])
    except (UnicodeDecodeError, SystemError):
        hresult, names = raw_reader_names.list_readers(context)
    if hresult == scard.SCARD_E_NO_READERS_AVAILABLE:
        return []
    if hresult != scard.SCARD_S_SUCCESS:
        raise ServiceGone(hresult)
    return [name for name in names if name and usable(name)]


def usable(name: str) -> bool:
    """Return whether readers with this name are supported on this system; see `raw_reader_names`."""
    return name.isascii() or raw_reader_names.usable()


class _Driver:
    """Thread that runs the driver calls of a connection in sequence.

    A driver call for a mute card may take minutes. The caller stops waiting earlier, and queued calls, including the
    final power-off, run after the driver call returns.
    """

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], Any] | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._stuck = False
        threading.Thread(target=self._run, name="PC/SC card", daemon=True).start()

    def call(self, function: Callable[[], _Answer], timeout: float) -> _Answer | None:
        """Return the result of the call, or None after `timeout` seconds. After a timeout, later calls return None
        immediately.
        """
        self._calls.put(function)
        if self._stuck:
            return None
        try:
            answer = self._answers.get(timeout=timeout)
        except queue.Empty:
            self._stuck = True
            return None
        if isinstance(answer, Exception):
            raise answer
        return cast(_Answer, answer)

    def end(self) -> None:
        self._calls.put(None)

    def _run(self) -> None:
        while (function := self._calls.get()) is not None:
            try:
                self._answers.put(function())
            except Exception as error:
                self._answers.put(error)
            del function  # the command may contain a secret


@dataclass(frozen=True, slots=True)
class _Connection:
    context: int
    card: int
    protocol: int

    def release(self) -> bool:
        scard.SCardDisconnect(self.card, scard.SCARD_UNPOWER_CARD)
        scard.SCardReleaseContext(self.context)
        return True


class PcscLink:
    """Exclusive connection to a card, with its own PC/SC context. Powers the card off on close."""

    def __init__(self, driver: _Driver, connection: _Connection, timeout: float) -> None:
        self._driver = driver
        self._connection = connection
        self._card = connection.card
        self._t0 = connection.protocol == scard.SCARD_PROTOCOL_T0
        self._timeout = timeout
        self._lost = False
        self._closed = False

    @property
    def atr(self) -> bytes:
        if self._closed:
            return b""
        status = self._driver.call(lambda: _status(self._card), self._timeout)
        return b"" if status is None or status[0] != scard.SCARD_S_SUCCESS else status[1]

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        if self._closed or self._lost:
            raise LinkLost("the link is closed")
        extended = len(apdu) >= 7 and apdu[4] == 0
        if extended and self._t0:
            raise CommandRefused("T=0 does not support extended commands")
        numbers = list(apdu)
        pci = scard.SCARD_PCI_T0 if self._t0 else scard.SCARD_PCI_T1
        try:
            answer = self._driver.call(lambda: scard.SCardTransmit(self._card, pci, numbers), self._timeout)
        finally:
            numbers[:] = [0] * len(numbers)
        if answer is None:
            self._lost = True
            raise LinkLost("the card is mute")
        hresult, response = answer
        if hresult == scard.SCARD_S_SUCCESS and len(response) >= 2:
            return bytes(response)
        raise self._error_for(hresult, special_form=extended or len(apdu) == 4)

    def _error_for(self, hresult: int, *, special_form: bool) -> LinkLost:
        """Return the error for a failed command. PC/SC may report a removed card as success without a response."""
        failed = hresult != scard.SCARD_S_SUCCESS
        text, code = (message(hresult), unsigned(hresult)) if failed else ("no response", None)
        too_long = hresult in _TOO_LONG
        present = self._is_card_present(0.0 if special_form and too_long else _REMOVAL_DELAY)
        if special_form and present:
            return CommandRefused(text, code=code, ambiguous=not too_long)
        # the card may have been reset and have lost its VERIFY state, so stop using the link
        self._lost = True
        return LinkLost(text, code=code, card_present=present)

    def _is_card_present(self, seconds: float) -> bool:
        """Return True if the card stays present for `seconds`, or False as soon as it is removed."""
        deadline = time.monotonic() + seconds
        while True:
            status = self._driver.call(lambda: _status(self._card), self._timeout)
            if status is None or status[0] != scard.SCARD_S_SUCCESS:
                return False
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return True
            time.sleep(min(0.05, remaining))

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._driver.call(self._connection.release, _CLOSE_TIMEOUT)
            self._driver.end()


def _status(card: int) -> tuple[int, bytes]:
    """Return the result code of SCardStatus and the card's ATR."""
    try:
        hresult, _reader, _state, _protocol, atr = scard.SCardStatus(card)
    except UnicodeDecodeError:  # the call succeeded, but the reader name is not UTF-8
        return scard.SCARD_S_SUCCESS, b""
    return hresult, bytes(atr)


def connect(reader: str, mute_after: float = MUTE_AFTER) -> PcscLink | ConnectProblem:
    """Connect exclusively, so that other programs cannot use a key unlocked by the PIN.

    `mute_after`: seconds after which a card that does not answer is considered mute.
    """
    driver = _Driver()
    opened: list[_Connection] = []
    outcome = driver.call(lambda: _connect(reader, opened), mute_after)
    if isinstance(outcome, _Connection):
        return PcscLink(driver, outcome, mute_after)
    if outcome is None:
        # release the card if the driver returns later
        driver.call(lambda: [connection.release() for connection in opened], 0)
        outcome = CardUnreadable(None, "connect: mute")
    driver.end()
    return outcome


def _connect(reader: str, opened: list[_Connection]) -> _Connection | ConnectProblem:
    try:
        context = establish()
    except ServiceGone as gone:
        diagnose(CardFailure(CardStage.SERVICE, gone.code), "connect")
        return ReaderLost(str(gone), ReaderStatus.NO_SERVICE)
    busy_until = time.monotonic() + _BUSY_TIMEOUT
    protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
    call = scard.SCardConnect if reader.isascii() else raw_reader_names.connect
    attempts = 0
    while True:
        hresult, card, protocol = call(context, reader, scard.SCARD_SHARE_EXCLUSIVE, protocols)
        if hresult == scard.SCARD_S_SUCCESS:
            opened.append(_Connection(context, card, protocol))
            return opened[0]
        failure = CardFailure(CardStage.CONNECT, unsigned(hresult))
        if hresult == scard.SCARD_E_SHARING_VIOLATION and time.monotonic() <= busy_until:
            time.sleep(0.05)
        elif is_retryable(failure) and (attempts := attempts + 1) < _POWER_ATTEMPTS:
            time.sleep(_POWER_PAUSE)
        else:
            break
    scard.SCardReleaseContext(context)
    return _problem(reader, failure, message(hresult))


def _problem(reader: str, failure: CardFailure, text: str) -> ConnectProblem:
    match diagnose(failure):
        case CardDiagnosis.HELD:
            return ReaderBusy(reader, likely_holders())
        case CardDiagnosis.TAKEN_AWAY:
            return NoCard()
        case CardDiagnosis.OTHER_CARD:
            return NotMyNumberCard()
        case CardDiagnosis.ACCESS_DENIED:
            return ReaderLost(text, ReaderStatus.NO_SERVICE)
        case CardDiagnosis.READER_LOST:
            return ReaderLost(text)
        case CardDiagnosis.UNREADABLE:
            return CardUnreadable(None, "connect")
