"""A ledger with a settable clock, and a builder for its events."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.profiles import Profile
from consent.items import Item
from consent.ledger import Ledger
from consent.records import AskedQuestion, Cause, Decided, Opened, Record, RecordedAnswer, SubmissionConfirmed

START = datetime(2026, 11, 22, 9, 15, tzinfo=UTC)
TERMINAL = "terminal-1"
CARD = "c" * 64


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **time: float) -> datetime:
        self.now += timedelta(**time)
        return self.now


class Counter:
    """Build the events of checks "c1", "c2", ... and append them to the ledger."""

    def __init__(self, open_ledger: Callable[[], Ledger], clock: Clock) -> None:
        self._open = open_ledger
        self.clock = clock
        self.ledger = open_ledger()

    def reopen(self) -> Ledger:
        self.ledger.close()
        self.ledger = self._open()
        return self.ledger

    def opening(self, check: str = "c1", card: str = CARD) -> Opened:
        return Opened(
            check_id=check,
            reception_id=f"r-{check}",
            card=card,
            profile=Profile.CLINIC,
            way="face",
            questions=(AskedQuestion(question_id="care-and-medicines", items=(Item.DIAGNOSIS, Item.MEDICINES)),),
        )

    def decision(self, check: str = "c1", *, granted: bool = True, **other: object) -> Decided:
        now = self.clock()
        answers = tuple(
            RecordedAnswer(
                item=item,
                granted=granted,
                answered_at=now,
                question_id="care-and-medicines",
                language="ja",
                wording="これまでの診療とお薬の情報を、この医院の医師に見せてもよいですか",
            )
            for item in (Item.DIAGNOSIS, Item.MEDICINES)
        )
        values: dict[str, object] = {
            "check_id": check,
            "reception_id": f"r-{check}",
            "card": CARD,
            "profile": Profile.CLINIC,
            "idempotency_key": f"key-{check}",
            "decided_at": now,
            "cause": Cause.ANSWERED,
            "answers": answers,
            "result_file": f"OQSsiquc01res_face_{check}",
        }
        return Decided.model_validate(values | other)

    def receipt(self, decided: Record[Decided]) -> SubmissionConfirmed:
        return SubmissionConfirmed(
            check_id=decided.event.check_id,
            accepted_at=self.clock(),
            ledger_count=decided.sequence,
            ledger_hash=decided.hash,
            signature="c2lnbmVk",
        )

    def to_decided(self, check: str = "c1") -> Record[Decided]:
        self.ledger.opened(self.opening(check))
        return self.ledger.decided(self.decision(check))

    def to_confirmed(self, check: str = "c1") -> Record[SubmissionConfirmed]:
        return self.ledger.confirmed(self.receipt(self.to_decided(check)))

    def to_delivered(self, check: str = "c1") -> None:
        self.to_confirmed(check)
        self.ledger.delivered(check, f"OQSsiquc01res_face_{check}.xml")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def counter(path: Path, clock: Clock) -> Iterator[Counter]:
    counter = Counter(lambda: Ledger.open(path, TERMINAL, clock=clock), clock)
    yield counter
    counter.ledger.close()


@pytest.fixture
def new_counter(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Counter]:
    """Return a factory of counters, each with a new ledger."""

    def make() -> Counter:
        path, clock = tmp_path_factory.mktemp("ledger") / "ledger.db", Clock()
        return Counter(lambda: Ledger.open(path, TERMINAL, clock=clock), clock)

    return make
