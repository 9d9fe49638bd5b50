"""Card detection on PC/SC readers by a blocking wait, which survives restarts of the PC/SC service."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from smartcard import scard

from reader import raw_reader_names
from reader.diagnosis import CardFailure, CardStage, diagnose
from reader.facts import ConnectProblem, NoCard, ReaderLost, ReaderStatus, SlotEvent, TwoCards
from reader.link import CardLink
from reader.pcsc import MUTE_AFTER, PcscUnavailable, ServiceGone, connect, establish, list_readers, readers
from reader.reader_names import ReaderChoice, choose_reader, is_virtual
from reader.watch import Watch

_log = logging.getLogger(__name__)

_PLUG_AND_PLAY: Final = r"\\?PnP?\Notification"
_BACK_OFF: Final = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""Seconds between attempts to reach an unavailable PC/SC service. The last value repeats."""
_RENEW_MS: Final = 30_000
"""Maximum wait before readers are listed again, in case one was added between listing and waiting."""
_GONE: Final = (scard.SCARD_E_UNKNOWN_READER, scard.SCARD_E_READER_UNAVAILABLE)


class PcscSlot:
    """`CardSlot` for all readers, or for the chosen reader and the one for phones.

    A separate thread reports inserted and removed cards and readers.
    """

    def __init__(
        self,
        reader: ReaderChoice = None,
        *,
        phone: ReaderChoice = None,
        virtual: bool = False,
        mute_after: float = MUTE_AFTER,
    ) -> None:
        """`reader`: None for all readers, without the virtual one unless `virtual` is set. `phone`: reader for phones,
        which is watched in addition to a chosen reader.
        """
        self._virtual = virtual
        self._reader = reader
        self._phone = phone
        self._mute_after = mute_after
        self._chosen_names: dict[ReaderChoice, str] = {}
        self._lock = threading.Lock()
        self._watch = Watch(named=reader is not None)
        self._monitor: _Monitor | None = None

    @property
    def name(self) -> str:
        """Names of the watched readers, or the configured name if none is connected."""
        with self._lock:
            if self._watch.readers:
                return ", ".join(self._watch.readers)
        return "any reader" if self._reader is None else str(self._reader)

    @property
    def in_use(self) -> str:
        with self._lock:
            return self._watch.in_use or ""

    @property
    def cards(self) -> tuple[str, ...]:
        """Names of readers with a card that is not ignored, in order of insertion."""
        with self._lock:
            return tuple(self._watch.present)

    def watch(self, on_event: Callable[[SlotEvent], None]) -> None:
        if self._monitor is not None:
            raise RuntimeError("a slot can be watched only once")
        self._monitor = _Monitor(self._choose, self._watch, self._lock, on_event)
        self._monitor.start()

    def connect(self) -> CardLink | ConnectProblem:
        with self._lock:
            reader = self._watch.in_use
            if self._watch.has_two_cards:
                self._watch.mark_two_reported()
                return TwoCards()
        if reader is None:
            return self._connect_unwatched()
        return connect(reader, self._mute_after)

    def _connect_unwatched(self) -> CardLink | ConnectProblem:
        """Connect to the first reader with a card, without using the monitor's state."""
        try:
            names = list_readers()
        except PcscUnavailable as unavailable:
            return ReaderLost(str(unavailable), ReaderStatus.NO_SERVICE)
        chosen = self._choose(names)
        if not chosen:
            return _not_connected(names if self._reader is not None else ())
        outcome: CardLink | ConnectProblem = NoCard()
        for reader in chosen:
            outcome = connect(reader, self._mute_after)
            if not isinstance(outcome, NoCard):
                break
        return outcome

    def close(self) -> None:
        if self._monitor is not None:
            self._monitor.close()

    def _choose(self, names: Sequence[str]) -> list[str]:
        """Return the readers to watch. An earlier choice remains valid, so that new readers do not shift an index."""
        if self._reader is None:
            return [name for name in names if self._virtual or not is_virtual(name)]
        chosen = []
        for choice in (self._reader, self._phone):
            if choice is None:
                continue
            if (name := self._chosen_names.get(choice)) not in names:
                name = choose_reader(names, choice)
            if name is not None:
                self._chosen_names[choice] = name
                if name not in chosen:
                    chosen.append(name)
        return chosen


def _not_connected(names: Sequence[str]) -> ReaderLost:
    return ReaderLost("reader not connected", ReaderStatus.NAMED_MISSING if names else ReaderStatus.NONE)


class _Monitor:
    """Thread that blocks in SCardGetStatusChange, with its own context."""

    def __init__(
        self,
        choose: Callable[[Sequence[str]], list[str]],
        watch: Watch,
        lock: threading.Lock,
        on_event: Callable[[SlotEvent], None],
    ) -> None:
        self._choose = choose
        self._state = watch
        self._lock = lock
        """Guards `watch`, which the slot reads from other threads."""
        self._on_event = on_event
        self._closing = threading.Event()
        self._context: int | None = None
        self._context_lock = threading.Lock()
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name="PC/SC monitor", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Stop the thread and wait for it to end."""
        self._closing.set()
        if self._thread is threading.current_thread():
            return
        while self._thread.is_alive():
            # repeat this, because canceling has no effect before the wait begins
            with self._context_lock:
                if self._context is not None:
                    scard.SCardCancel(self._context)
            self._thread.join(0.02)

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._context = establish()
                try:
                    self._watch(self._context)
                finally:
                    with self._context_lock:
                        context, self._context = self._context, None
                        scard.SCardReleaseContext(context)
            except ServiceGone as gone:
                if self._failures == 0:
                    diagnose(CardFailure(CardStage.SERVICE, gone.code), "watching readers")
                self._lost(str(gone), ReaderStatus.NO_SERVICE)
            except Exception:
                _log.exception("PC/SC monitor failed; restarting it")
                self._lost("PC/SC monitor failed", ReaderStatus.NO_SERVICE)
            self._closing.wait(_BACK_OFF[min(self._failures, len(_BACK_OFF) - 1)])
            self._failures += 1

    def _watch(self, context: int) -> None:
        known: dict[str, int] = {}
        while not self._closing.is_set():
            names = readers(context)
            chosen = self._choose(names)
            known = {name: known.get(name, scard.SCARD_STATE_UNAWARE) for name in chosen}
            if chosen:
                self._report(lambda chosen=chosen: self._state.readers_connected(chosen))  # type: ignore[misc]
            else:
                loss = _not_connected(names)
                self._lost(loss.reason, loss.status)
            # the upper half of the plug-and-play pseudo reader's state is the number of readers
            hresult, changed = _status_change(context, [(_PLUG_AND_PLAY, len(names) << 16), *known.items()])
            if self._closing.is_set():
                return
            if hresult in (scard.SCARD_E_TIMEOUT, scard.SCARD_E_CANCELLED):
                continue
            if hresult in _GONE:
                known.clear()
                self._closing.wait(_BACK_OFF[0])
                continue
            if hresult != scard.SCARD_S_SUCCESS:
                raise ServiceGone(hresult)
            self._failures = 0
            for name, now, _atr in changed[1:]:
                self._changed(name, known, now)

    def _changed(self, name: str, known: dict[str, int], now: int) -> None:
        if now & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE):
            del known[name]
            self._report(lambda: self._state.reader_removed(name))
            self._closing.wait(_BACK_OFF[0])
            return
        before, known[name] = known[name], now
        now_at = time.monotonic()
        present = bool(now & scard.SCARD_STATE_PRESENT)
        # the upper half counts insertions and removals: a change means that the card was swapped or reinserted
        swapped = present and before != scard.SCARD_STATE_UNAWARE and before >> 16 != now >> 16
        swapped = swapped and bool(before & scard.SCARD_STATE_PRESENT)
        self._report(lambda: self._state.card_polled(name, present=present, at=now_at, swapped=swapped))

    def _lost(self, reason: str, status: ReaderStatus) -> None:
        self._report(lambda: self._state.readers_lost(reason, status))

    def _report(self, change: Callable[[], list[SlotEvent]]) -> None:
        with self._lock:
            events = change()
        for event in events:
            try:
                self._on_event(event)
            except Exception:
                # continue, so that later cards are reported
                _log.exception("event listener failed for %s", type(event).__name__)


def _status_change(context: int, states: list[tuple[str, int]]) -> tuple[int, list[raw_reader_names.State]]:
    if all(name.isascii() for name, _ in states):
        hresult, changed = scard.SCardGetStatusChange(context, _RENEW_MS, states)
        return hresult, changed
    return raw_reader_names.status_change(context, _RENEW_MS, states)
