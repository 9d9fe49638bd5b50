"""PC/SC service, its readers, and the connection to a card.

Only this module and `pcsc_slot` use pyscard. They use its low-level wrapper, because its connections report a removed
card as "no valid response" and its monitors stop permanently when the PC/SC service restarts.
"""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from smartcard import scard

from reader import raw_names
from reader.diagnosis import CardDiagnosis, CardFailure, CardStage, diagnose, diagnosis_of, is_retryable
from reader.facts import (
    CardUnreadable,
    ConnectProblem,
    NoCard,
    NotMyNumberCard,
    ReaderBusy,
    ReaderLost,
    ReaderStanding,
)
from reader.holders import likely_holders
from reader.link import CommandRefused, LinkLost

_BUSY_PATIENCE: Final = 1.0
"""Seconds to wait for programs that briefly examine every new card (scdaemon of gpg, PKCS#11 modules of browsers)."""
_POWER_ATTEMPTS: Final = 3
_POWER_PAUSE: Final = 0.15
"""Seconds between attempts to power up a card."""
_REMOVAL_SEEN_AFTER: Final = 0.5
"""Seconds after which a removal is detected. Drivers without events are polled every 0.4 s."""

MUTE_AFTER: Final = 10.0
"""Seconds without an answer after which a card counts as mute. A long file at 106 kbit/s takes 3, a signature 1."""
_CLOSE_PATIENCE: Final = 1.0
_TOO_LONG: Final = (
    scard.SCARD_E_NOT_TRANSACTED,
    scard.SCARD_E_INSUFFICIENT_BUFFER,
    scard.SCARD_E_INVALID_PARAMETER,
)
"""Driver errors for commands that are longer than the reader supports."""
_Answer = TypeVar("_Answer")


class PcscUnavailable(RuntimeError):
    """The PC/SC service does not answer."""

    def __init__(self, text: str, *, denied: bool = False) -> None:
        """`denied`: the service is running but refuses this user."""
        super().__init__(text)
        self.denied = denied


class ServiceGone(Exception):
    """Error after which the context can no longer be used."""

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
        denied = diagnosis_of(CardFailure(CardStage.SERVICE, gone.code)) is CardDiagnosis.ACCESS_DENIED
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
        hresult, names = raw_names.list_readers(context)
    if hresult == scard.SCARD_E_NO_READERS_AVAILABLE:
        return []
    if hresult != scard.SCARD_S_SUCCESS:
        raise ServiceGone(hresult)
    return [name for name in names if name and usable(name)]


def usable(name: str) -> bool:
    """Return whether this system supports readers with that name; see `raw_names`."""
    return name.isascii() or raw_names.usable()


class _Driver:
    """Thread that runs the calls of one connection, one after the other.

    A driver with a mute card may not return for minutes. The caller stops waiting earlier. Queued calls, including
    the final power-off, run when the driver returns.
    """

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], Any] | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._stuck = False
        threading.Thread(target=self._run, name="PC/SC card", daemon=True).start()

    def call(self, do: Callable[[], _Answer], timeout: float) -> _Answer | None:
        """Return the result of the call, or None if it takes longer than `timeout`. Later calls are not waited for
        either.
        """
        self._calls.put(do)
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
        while (do := self._calls.get()) is not None:
            try:
                self._answers.put(do())
            except Exception as error:
                self._answers.put(error)
            del do  # the command may contain a secret


@dataclass(frozen=True, slots=True)
class _Connected:
    context: int
    card: int
    protocol: int

    def release(self) -> bool:
        scard.SCardDisconnect(self.card, scard.SCARD_UNPOWER_CARD)
        scard.SCardReleaseContext(self.context)
        return True


class PcscLink:
    """Exclusive connection to the card in a reader, with its own context. Powers the card off on close."""

    def __init__(self, driver: _Driver, connected: _Connected, patience: float) -> None:
        self._driver = driver
        self._connected = connected
        self._card = connected.card
        self._t0 = connected.protocol == scard.SCARD_PROTOCOL_T0
        self._patience = patience
        self._lost = False
        self._closed = False

    @property
    def atr(self) -> bytes:
        if self._closed:
            return b""
        status = self._driver.call(lambda: _status(self._card), self._patience)
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
            answer = self._driver.call(lambda: scard.SCardTransmit(self._card, pci, numbers), self._patience)
        finally:
            numbers[:] = [0] * len(numbers)
        if answer is None:
            self._lost = True
            raise LinkLost("the card is mute")
        hresult, response = answer
        if hresult == scard.SCARD_S_SUCCESS and len(response) >= 2:
            return bytes(response)
        raise self._failed(hresult, special_form=extended or len(apdu) == 4)

    def _failed(self, hresult: int, *, special_form: bool) -> LinkLost:
        """Return the error for a failed command. PC/SC may report a removed card as success without an answer."""
        failed = hresult != scard.SCARD_S_SUCCESS
        text, code = (message(hresult), unsigned(hresult)) if failed else ("no answer", None)
        known = hresult in _TOO_LONG
        there = self._card_there(0.0 if special_form and known else _REMOVAL_SEEN_AFTER)
        if special_form and there:
            return CommandRefused(text, code=code, in_doubt=not known)
        # the card may have been reset and have lost its VERIFY state, so the link can no longer be used
        self._lost = True
        return LinkLost(text, code=code, card_there=there)

    def _card_there(self, seconds: float) -> bool:
        """Return whether the card is still present after `seconds`. Returns False immediately when it is removed."""
        until = time.monotonic() + seconds
        while True:
            status = self._driver.call(lambda: _status(self._card), self._patience)
            if status is None or status[0] != scard.SCARD_S_SUCCESS:
                return False
            left = until - time.monotonic()
            if left <= 0:
                return True
            time.sleep(min(0.05, left))

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._driver.call(self._connected.release, _CLOSE_PATIENCE)
            self._driver.end()


def _status(card: int) -> tuple[int, bytes]:
    """Return the result of SCardStatus and the card's ATR."""
    try:
        hresult, _reader, _state, _protocol, atr = scard.SCardStatus(card)
    except UnicodeDecodeError:  # the reader name is not UTF-8, but the call succeeded
        return scard.SCARD_S_SUCCESS, b""
    return hresult, bytes(atr)


def connect(reader: str, mute_after: float = MUTE_AFTER) -> PcscLink | ConnectProblem:
    """Connect exclusively, because with a shared connection other programs could use a key unlocked by the PIN.

    `mute_after`: seconds without an answer after which the card counts as mute.
    """
    driver = _Driver()
    made: list[_Connected] = []
    outcome = driver.call(lambda: _connect(reader, made), mute_after)
    if isinstance(outcome, _Connected):
        return PcscLink(driver, outcome, mute_after)
    if outcome is None:
        # if the driver returns later, release the card immediately
        driver.call(lambda: [one.release() for one in made], 0)
        outcome = CardUnreadable(None, "connect: mute")
    driver.end()
    return outcome


def _connect(reader: str, made: list[_Connected]) -> _Connected | ConnectProblem:
    try:
        context = establish()
    except ServiceGone as gone:
        diagnose(CardFailure(CardStage.SERVICE, gone.code), "connect")
        return ReaderLost(str(gone), ReaderStanding.NO_SERVICE)
    busy_until = time.monotonic() + _BUSY_PATIENCE
    protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
    call = scard.SCardConnect if reader.isascii() else raw_names.connect
    powered = 0
    while True:
        hresult, card, protocol = call(context, reader, scard.SCARD_SHARE_EXCLUSIVE, protocols)
        if hresult == scard.SCARD_S_SUCCESS:
            made.append(_Connected(context, card, protocol))
            return made[0]
        trouble = CardFailure(CardStage.CONNECT, unsigned(hresult))
        if hresult == scard.SCARD_E_SHARING_VIOLATION and time.monotonic() <= busy_until:
            time.sleep(0.05)
        elif is_retryable(trouble) and (powered := powered + 1) < _POWER_ATTEMPTS:
            time.sleep(_POWER_PAUSE)
        else:
            break
    scard.SCardReleaseContext(context)
    return _problem(reader, trouble, message(hresult))


def _problem(reader: str, trouble: CardFailure, text: str) -> ConnectProblem:
    match diagnose(trouble):
        case CardDiagnosis.HELD:
            return ReaderBusy(reader, likely_holders())
        case CardDiagnosis.TAKEN_AWAY:
            return NoCard()
        case CardDiagnosis.OTHER_CARD:
            return NotMyNumberCard()
        case CardDiagnosis.ACCESS_DENIED:
            return ReaderLost(text, ReaderStanding.NO_SERVICE)
        case CardDiagnosis.READER_LOST:
            return ReaderLost(text)
        case CardDiagnosis.UNREADABLE:
            return CardUnreadable(None, "connect")
