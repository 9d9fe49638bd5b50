"""Fixtures: simulated and real readers, issued cards and a log of reader events."""

import itertools
import queue
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Protocol

import pytest

from reader.card import MyNumberCard
from reader.face_record import Sex
from reader.facts import (
    CardInserted,
    CardRemoved,
    ConnectProblem,
    ReaderFound,
    ReaderLost,
    SlotEvent,
)
from reader.link import CardLink, CardSlot, CodeScanner
from reader.profile import RSA_2048, Algorithm
from reader.softcard import issue as issue_module
from reader.softcard import kinds as kinds_module
from reader.softcard.authority import TestAuthority
from reader.softcard.card import Card, SoftCard
from reader.softcard.card_image import CardImage
from reader.softcard.issue import Holder, issue
from reader.softcard.keys import CardPrivateKey, generate
from reader.softcard.pcscd import Pcscd, PcscdError
from reader.softcard.slot import SimulatedSlot

if TYPE_CHECKING:
    from reader.softcard.vpcd import VpcdConnection

PHOTO = bytes.fromhex("0000000C6A5020200D0A870A") + bytes(range(256)) * 12


class Counter(Protocol):
    """A reader to insert cards in, use them and remove them.

    `remove` waits until the reader reports the removal. `pull` does not.
    """

    slot: CardSlot
    scanner: CodeScanner

    def insert(self, card: Card) -> None: ...
    def remove(self) -> None: ...
    def connect(self) -> CardLink: ...
    def pull(self) -> None: ...
    def end_reception(self) -> None: ...


class CounterBase:
    slot: CardSlot

    def __init__(self) -> None:
        self._links: list[CardLink] = []

    def connect(self) -> CardLink:
        outcome = self.slot.connect()
        assert not isinstance(outcome, ConnectProblem), outcome
        self._links.append(outcome)
        return outcome

    def end_reception(self) -> None:
        while self._links:
            self._links.pop().close()


class InProcessCounter(CounterBase):
    def __init__(self) -> None:
        super().__init__()
        self._simulated = SimulatedSlot()
        self.slot: CardSlot = self._simulated
        self.scanner: CodeScanner = self._simulated.scanner

    def insert(self, card: Card) -> None:
        self._simulated.insert(card)

    def remove(self) -> None:
        self._simulated.remove()

    def pull(self) -> None:
        self._simulated.remove()

    def tear_down(self) -> None:
        self.end_reception()
        self.remove()
        self.slot.close()


def wait_for_card_state(reader: str, *, card: bool) -> None:
    """Wait until the daemon reports a card as present or absent. It polls every 0.4 s on an idle machine."""
    from reader import pcsc

    context, deadline = pcsc.establish(), time.monotonic() + 60
    try:
        while True:
            states = [(reader, pcsc.scard.SCARD_STATE_UNAWARE)]
            hresult, ((_, state, _),) = pcsc.scard.SCardGetStatusChange(context, 0, states)
            if hresult == pcsc.scard.SCARD_S_SUCCESS and bool(state & pcsc.scard.SCARD_STATE_PRESENT) is card:
                return
            assert time.monotonic() < deadline, f"card in {reader}: {not card}"
            time.sleep(0.02)
    finally:
        pcsc.scard.SCardReleaseContext(context)


class PcscdCounter(CounterBase):
    """A virtual reader of a real pcscd. A second slot detects insertions and removals."""

    _readers: ClassVar[dict[tuple[int, int], "VpcdConnection"]] = {}

    def __init__(self, port: int, slot: int = 0) -> None:
        from reader.pcsc_slot import PcscSlot
        from reader.softcard.vpcd import VpcdConnection

        super().__init__()
        self.vpcd = self._readers.setdefault((port, slot), VpcdConnection(slot, port=port))
        wait_for_card_state(self.vpcd.reader, card=False)
        self.slot: CardSlot = PcscSlot(self.vpcd.reader)
        self.scanner: CodeScanner = self.vpcd.scanner
        self._present = False
        self._changed = threading.Condition()
        self._watcher = PcscSlot(self.vpcd.reader)
        self._watcher.watch(self._on_event)

    def _on_event(self, event: SlotEvent) -> None:
        with self._changed:
            if isinstance(event, CardInserted | CardRemoved):
                self._present = isinstance(event, CardInserted)
            self._changed.notify_all()

    def _wait(self, present: bool) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._present is present, timeout=60), f"expected card: {present}"

    def insert(self, card: Card) -> None:
        self.vpcd.insert(card)
        self._wait(present=True)

    def remove(self) -> None:
        self.pull()
        self._wait(present=False)

    def pull(self) -> None:
        self.vpcd.remove()

    def tear_down(self, *, without_waiting: bool = False) -> None:
        self.end_reception()
        if without_waiting:
            self.pull()
        else:
            self.remove()
        self.slot.close()
        self._watcher.close()


@pytest.fixture(scope="module")
def pcscd() -> Iterator[Pcscd]:
    """Run a real daemon used only by this process."""
    try:
        daemon = Pcscd().__enter__()
    except PcscdError as error:
        pytest.skip(str(error))
    yield daemon
    daemon.__exit__(None, None, None)


_ALTERNATING_SLOTS = itertools.cycle((1, 0))


@pytest.fixture(params=["in-process", pytest.param("pcscd", marks=pytest.mark.pcscd)])
def counter(request: pytest.FixtureRequest) -> Iterator[Counter]:
    if request.param == "in-process":
        in_process_counter = InProcessCounter()
        yield in_process_counter
        in_process_counter.tear_down()
    else:
        daemon: Pcscd = request.getfixturevalue("pcscd")
        # Alternate between the slots, because the daemon reports a removal up to 0.4 s late.
        pcscd_counter = PcscdCounter(daemon.port, next(_ALTERNATING_SLOTS))
        yield pcscd_counter
        pcscd_counter.tear_down(without_waiting=True)


@pytest.fixture
def real_counter(pcscd: Pcscd) -> Iterator[PcscdCounter]:
    counter = PcscdCounter(pcscd.port)
    yield counter
    counter.tear_down()


@pytest.fixture(scope="session")
def _keys() -> list[CardPrivateKey]:
    return [generate(Algorithm.RSA_2048_SHA_256) for _ in range(16)]


@pytest.fixture
def ready_made_keys(_keys: list[CardPrivateKey], monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue cards with sixteen prepared RSA keys in rotation. Generating keys takes most of the issuing time."""
    prepared = itertools.cycle(_keys)

    def next_key(algorithm: Algorithm) -> CardPrivateKey:
        return next(prepared) if algorithm is Algorithm.RSA_2048_SHA_256 else generate(algorithm)

    for module in (issue_module, kinds_module):
        monkeypatch.setattr(module, "generate", next_key)


@pytest.fixture(scope="session")
def authority() -> TestAuthority:
    return TestAuthority.create()


HOLDER = Holder("試験　花子", "東京都模擬区１－２－３", date(1985, 6, 15), Sex.FEMALE)


@pytest.fixture(scope="session")
def holder() -> Holder:
    return HOLDER


@pytest.fixture(scope="session")
def photo() -> bytes:
    return PHOTO


@pytest.fixture(scope="session")
def _issued(authority: TestAuthority) -> CardImage:
    return issue(authority, RSA_2048, PHOTO, holder=HOLDER, pin="1234", issued_on=date(2025, 4, 1))


@pytest.fixture
def image(_issued: CardImage) -> CardImage:
    """An unused ordinary card with PIN 1234, valid until 2034. The holder was born on 15 June 1985 (昭和60年)."""
    return _issued.model_copy(deep=True)


@pytest.fixture(scope="session")
def _second_image(authority: TestAuthority) -> CardImage:
    other = Holder("試験　一郎", "大阪府模擬市４－５", date(1950, 1, 2), Sex.MALE)
    return issue(authority, RSA_2048, PHOTO[::-1], holder=other, pin="9876", issued_on=date(2024, 10, 1))


@pytest.fixture
def second_image(_second_image: CardImage) -> CardImage:
    return _second_image.model_copy(deep=True)


@pytest.fixture
def present(counter: Counter) -> Callable[[CardImage], MyNumberCard]:
    """Return a function that inserts a card, connects to it and reads its facts."""

    def insert_and_read(image: CardImage) -> MyNumberCard:
        counter.insert(SoftCard(image))
        card = MyNumberCard(counter.connect())
        card.read_facts()
        return card

    return insert_and_read


class EventLog:
    """The events reported by a slot, in order. An initial `ReaderFound` is stored separately."""

    def __init__(self) -> None:
        self._queue: queue.Queue[SlotEvent] = queue.Queue()
        self.initial_reader: str | None = None
        self._first = True

    def __call__(self, event: SlotEvent) -> None:
        first, self._first = self._first, False
        if first and isinstance(event, ReaderFound):
            self.initial_reader = event.name
        else:
            self._queue.put(event)

    def next(self, timeout: float = 60.0) -> SlotEvent:
        return self._queue.get(timeout=timeout)

    def next_after_loss(self) -> SlotEvent:
        """Return the next event that is not a loss. While the service stops, the reason for the loss may change."""
        while isinstance(event := self.next(), ReaderLost):
            pass
        return event

    def all(self) -> list[SlotEvent]:
        """Return the unread events."""
        return [self._queue.get() for _ in range(self._queue.qsize())]

    def is_silent(self, within: float = 0.1) -> bool:
        try:
            self._queue.get(timeout=within)
        except queue.Empty:
            return True
        return False


@pytest.fixture
def event_log() -> EventLog:
    return EventLog()
