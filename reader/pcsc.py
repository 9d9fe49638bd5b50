"""PC/SC: the only module that knows pyscard.

Its low-level wrapper is used, not its connections and monitors: those hide a removal behind "no valid response" and
stop for good when the PC/SC service restarts.
"""

import logging
import queue
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from smartcard import scard

from reader.facts import (
    CardInserted,
    CardRemoved,
    CardUnreadable,
    ConnectProblem,
    NoCard,
    ReaderBusy,
    ReaderFound,
    ReaderLost,
    SlotEvent,
)
from reader.holders import likely_holders
from reader.link import CardLink, CommandRefused, LinkLost

_log = logging.getLogger(__name__)

ReaderChoice = int | str | None
"""Index in the list of readers (also as digits), exact name, or regular expression; None for the first."""

_PLUG_AND_PLAY: Final = r"\\?PnP?\Notification"
_BUSY_PATIENCE: Final = 1.0
"""Seconds to wait for a program that just looks at every new card (gpg's scdaemon, a browser's PKCS#11 module)."""
_BACK_OFF: Final = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""Seconds between attempts to reach a PC/SC service that is away; the last one repeats."""
_LOOK_AGAIN_MS: Final = 30_000
"""A wait is renewed this often, should a reader come between listing and waiting."""


MUTE_AFTER: Final = 10.0
"""Seconds without an answer after which a card is given up; a long file at 106 kbit/s takes 3, a signature 1."""
_CLOSE_PATIENCE: Final = 1.0
_TOO_LONG: Final = (
    scard.SCARD_E_NOT_TRANSACTED,
    scard.SCARD_E_INSUFFICIENT_BUFFER,
    scard.SCARD_E_INVALID_PARAMETER,
)
"""What drivers answer to a command longer than their reader takes."""
_Answer = TypeVar("_Answer")


class PcscUnavailable(RuntimeError):
    """The PC/SC service does not answer."""


class _ServiceGone(Exception):
    """Any hresult after which the context is worthless."""

    def __init__(self, hresult: int) -> None:
        super().__init__(_message(hresult))


def _message(hresult: int) -> str:
    return f"{scard.SCardGetErrorMessage(hresult).strip().rstrip('.')} (0x{hresult & 0xFFFFFFFF:08X})"


def list_readers() -> list[str]:
    """Names of the readers connected now. Raises `PcscUnavailable`."""
    try:
        context = _establish()
        try:
            return _readers(context)
        finally:
            scard.SCardReleaseContext(context)
    except _ServiceGone as gone:
        raise PcscUnavailable(f"PC/SC service: {gone}") from None


def choose_reader(names: Sequence[str], wanted: ReaderChoice) -> str | None:
    """The reader that is meant, None where it is not there. A string that is no expression is searched as it stands."""
    if wanted is None:
        return names[0] if names else None
    if isinstance(wanted, str) and wanted.isdecimal():
        wanted = int(wanted)
    if isinstance(wanted, int):
        return names[wanted] if 0 <= wanted < len(names) else None
    if wanted in names:
        return wanted
    try:
        expression = re.compile(wanted)
    except re.error:
        expression = re.compile(re.escape(wanted))
    return next((name for name in names if expression.search(name)), None)


def _establish() -> int:
    hresult, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if hresult != scard.SCARD_S_SUCCESS:
        raise _ServiceGone(hresult)
    return context


def _readers(context: int) -> list[str]:
    hresult, names = scard.SCardListReaders(context, [])
    if hresult == scard.SCARD_E_NO_READERS_AVAILABLE:
        return []
    if hresult != scard.SCARD_S_SUCCESS:
        raise _ServiceGone(hresult)
    return [name for name in names if name]


class _Driver:
    """A thread that makes one connection's calls, one after the other.

    A driver whose card stays mute may not return for minutes. The caller gives up on it in time; what was asked of it
    meanwhile - at last: power off - it does when it returns.
    """

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], Any] | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._stuck = False
        threading.Thread(target=self._run, name="PC/SC card", daemon=True).start()

    def call(self, do: Callable[[], _Answer], timeout: float) -> _Answer | None:
        """What the call returns, None when it takes longer: from then on nothing is waited for any more."""
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
            del do  # a command may hold a secret


@dataclass(frozen=True, slots=True)
class _Connected:
    context: int
    card: int
    protocol: int

    def let_go(self) -> bool:
        scard.SCardDisconnect(self.card, scard.SCARD_UNPOWER_CARD)
        scard.SCardReleaseContext(self.context)
        return True


class PcscLink:
    """An exclusive connection to the card in one reader, with a context of its own. Powers the card off on close."""

    def __init__(self, driver: _Driver, connected: _Connected, patience: float) -> None:
        self._driver = driver
        self._connected = connected
        self._card = connected.card
        self._t0 = connected.protocol == scard.SCARD_PROTOCOL_T0
        self._patience = patience
        self._lost = False
        self._closed = False

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        if self._closed or self._lost:
            raise LinkLost("the link is closed")
        extended = len(apdu) >= 7 and apdu[4] == 0
        if extended and self._t0:
            raise CommandRefused("T=0 carries no extended commands")
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
        if extended and hresult in _TOO_LONG and self._card_there():
            raise CommandRefused(_message(hresult))
        # A card pulled during the command is reported as success without an answer. After any failure the card's
        # state is unknown (another program's reset forgets the VERIFY state), so the link ends with it.
        if hresult != scard.SCARD_S_SUCCESS or len(response) < 2:
            self._lost = True
            raise LinkLost(_message(hresult) if hresult != scard.SCARD_S_SUCCESS else "no answer")
        return bytes(response)

    def _card_there(self) -> bool:
        status = self._driver.call(lambda: scard.SCardStatus(self._card), self._patience)
        return status is not None and status[0] == scard.SCARD_S_SUCCESS

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._driver.call(self._connected.let_go, _CLOSE_PATIENCE)
            self._driver.end()


def connect(reader: str, mute_after: float = MUTE_AFTER) -> PcscLink | ConnectProblem:
    """Connect exclusively: with a shared connection any other program could use the key a PIN has opened.

    `mute_after`: seconds without an answer after which a card is given up.
    """
    driver = _Driver()
    made: list[_Connected] = []
    outcome = driver.call(lambda: _connect(reader, made), mute_after)
    if isinstance(outcome, _Connected):
        return PcscLink(driver, outcome, mute_after)
    if outcome is None:
        # Should the driver come back after all, it lets go at once.
        driver.call(lambda: [one.let_go() for one in made], 0)
        outcome = CardUnreadable(None, "connect: mute")
    driver.end()
    return outcome


def _connect(reader: str, made: list[_Connected]) -> _Connected | ConnectProblem:
    try:
        context = _establish()
    except _ServiceGone as gone:
        return ReaderLost(str(gone))
    patience = time.monotonic() + _BUSY_PATIENCE
    protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
    while True:
        hresult, card, protocol = scard.SCardConnect(context, reader, scard.SCARD_SHARE_EXCLUSIVE, protocols)
        if hresult == scard.SCARD_S_SUCCESS:
            made.append(_Connected(context, card, protocol))
            return made[0]
        if hresult != scard.SCARD_E_SHARING_VIOLATION or time.monotonic() > patience:
            break
        time.sleep(0.05)
    scard.SCardReleaseContext(context)
    if hresult == scard.SCARD_E_SHARING_VIOLATION:
        return ReaderBusy(reader, likely_holders())
    if hresult in (scard.SCARD_E_NO_SMARTCARD, scard.SCARD_W_REMOVED_CARD):
        return NoCard()
    if hresult in (
        scard.SCARD_W_UNRESPONSIVE_CARD,
        scard.SCARD_W_UNPOWERED_CARD,
        scard.SCARD_W_UNSUPPORTED_CARD,
    ):
        return CardUnreadable(None, "connect")
    return ReaderLost(_message(hresult))


class PcscSlot:
    """One reader. A thread of our own reports cards and the reader's coming and going, and outlives a restart of the
    PC/SC service."""

    def __init__(self, reader: ReaderChoice = None, *, mute_after: float = MUTE_AFTER) -> None:
        self._wanted = reader
        self._mute_after = mute_after
        self._current: str | None = None
        self._monitor: _Monitor | None = None

    @property
    def name(self) -> str:
        """Of the reader found last; before one was found, what was asked for."""
        if self._current is not None:
            return self._current
        return "first reader" if self._wanted is None else str(self._wanted)

    def watch(self, on_event: Callable[[SlotEvent], None]) -> None:
        if self._monitor is not None:
            raise RuntimeError("a slot is watched once")
        self._monitor = _Monitor(self._find, on_event)
        self._monitor.start()

    def connect(self) -> CardLink | ConnectProblem:
        try:
            reader = self._find(list_readers())
        except PcscUnavailable as unavailable:
            return ReaderLost(str(unavailable))
        return ReaderLost("reader not connected") if reader is None else connect(reader, self._mute_after)

    def close(self) -> None:
        if self._monitor is not None:
            self._monitor.close()

    def _find(self, names: list[str]) -> str | None:
        """The reader in use for as long as it is there: another one's coming must not change an index's meaning."""
        if self._current not in names:
            found = choose_reader(names, self._wanted)
            if found is None:
                return None
            self._current = found
        return self._current


class _Monitor:
    """Blocks in SCardGetStatusChange, on a context that nothing else uses."""

    def __init__(self, find: Callable[[list[str]], str | None], on_event: Callable[[SlotEvent], None]) -> None:
        self._find = find
        self._on_event = on_event
        self._closing = threading.Event()
        self._context: int | None = None
        self._context_lock = threading.Lock()
        self._reader_there = True  # until found missing: a reader that is simply there is no event
        self._card_there = False
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name="PC/SC monitor", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Returns when the thread has ended."""
        self._closing.set()
        if self._thread is threading.current_thread():
            return
        while self._thread.is_alive():
            # Repeated: a cancel that comes before the wait begins is lost.
            with self._context_lock:
                if self._context is not None:
                    scard.SCardCancel(self._context)
            self._thread.join(0.02)

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._context = _establish()
                try:
                    self._watch(self._context)
                finally:
                    with self._context_lock:
                        context, self._context = self._context, None
                        scard.SCardReleaseContext(context)
            except _ServiceGone as gone:
                self._lost(f"PC/SC service: {gone}")
            except Exception:
                _log.exception("PC/SC monitor failed and starts again")
                self._lost("PC/SC monitor failed")
            self._closing.wait(_BACK_OFF[min(self._failures, len(_BACK_OFF) - 1)])
            self._failures += 1

    def _watch(self, context: int) -> None:
        reader_state = scard.SCARD_STATE_UNAWARE
        watched: str | None = None
        while not self._closing.is_set():
            names = _readers(context)
            reader = self._find(names)
            if reader != watched:
                watched, reader_state = reader, scard.SCARD_STATE_UNAWARE
            if reader is None:
                self._lost("reader not connected")
            else:
                self._found(reader)
            # The plug-and-play pseudo reader's state is the number of readers, in the upper half.
            states = [(_PLUG_AND_PLAY, len(names) << 16)]
            if reader is not None:
                states.append((reader, reader_state))
            hresult, changed = scard.SCardGetStatusChange(context, _LOOK_AGAIN_MS, states)
            if self._closing.is_set():
                return
            if hresult in (scard.SCARD_E_TIMEOUT, scard.SCARD_E_CANCELLED):
                continue
            if hresult in (scard.SCARD_E_UNKNOWN_READER, scard.SCARD_E_READER_UNAVAILABLE):
                watched = None
                self._closing.wait(_BACK_OFF[0])
                continue
            if hresult != scard.SCARD_S_SUCCESS:
                raise _ServiceGone(hresult)
            self._failures = 0
            if reader is not None:
                before, reader_state = reader_state, changed[1][1]
                self._card(before, reader_state)
                if reader_state & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE):
                    watched = None
                    self._lost("reader not connected")
                    self._closing.wait(_BACK_OFF[0])

    def _card(self, before: int, now: int) -> None:
        present = bool(now & scard.SCARD_STATE_PRESENT)
        # The upper half counts insertions and removals: two more and still there is another card, or the same again.
        swapped = self._card_there and present and before != scard.SCARD_STATE_UNAWARE and before >> 16 != now >> 16
        if self._card_there and (swapped or not present):
            self._card_there = False
            self._tell(CardRemoved())
        if present and not self._card_there:
            self._card_there = True
            self._tell(CardInserted())

    def _tell(self, event: SlotEvent) -> None:
        try:
            self._on_event(event)
        except Exception:
            # A listener's mistake must not make the terminal blind to every card that comes after it.
            _log.exception("listener failed on %s", type(event).__name__)

    def _found(self, reader: str) -> None:
        if not self._reader_there:
            self._reader_there = True
            self._tell(ReaderFound(reader))

    def _lost(self, reason: str) -> None:
        if self._card_there:
            self._card_there = False
            self._tell(CardRemoved())
        if self._reader_there:
            self._reader_there = False
            self._tell(ReaderLost(reason))
