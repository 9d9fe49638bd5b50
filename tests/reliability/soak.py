"""Thousands of receptions through the real conductor, with faults at every step. Run by `make soak`.

    .venv/bin/python -m tests.reliability.soak --receptions 10000

After each reception: the terminal is idle and holds no patient data; the ledger is intact; no check has two
outcomes; every consent in ledger and file stood on the screen, was said yes to and was not taken back; no file came
twice or in part; threads and open files have not grown.
"""

import argparse
import asyncio
import contextlib
import gc
import logging
import random
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from consent.items import Item
from consent.lifecycle import LifeCycleError
from terminal.assembly import ledger_path
from terminal.qualification.keys import Enrolment, enrolment_path
from terminal.qualification.receipts import verify_with_receipts
from terminal.session import events as ev
from terminal.session import states as st
from terminal.words.catalogue import speaker
from tests.reliability.account import Account
from tests.reliability.counter import Place, open_place
from tests.reliability.judge import Judge, Violated
from tests.reliability.people import People, Tally

RECEPTION_SECONDS = 60.0
"""Real time in which a reception must be over; with every fault at once it takes about three."""
SETTLE_EVERY = 250
"""Receptions after which everything is mended and the outbox must run empty."""
MORE_THREADS, MORE_FILES = 4, 12
"""Above the quiet state: a helper process that is being replaced, connections in use."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the terminal's process holds, at rest."""

    receptions: int
    seconds: float
    rss_kb: int
    threads: int
    files: int


@dataclass
class Report:
    seed: int
    receptions: int = 0
    samples: list[Sample] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    kinds: dict[str, int] = field(default_factory=dict)
    files: int = 0
    granted: int = 0
    answers: int = 0
    outcomes: Tally = field(default_factory=Tally)


class LastWords(logging.Handler):
    """Keeps the last lines of the log: faults by the thousand would fill the screen."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: deque[str] = deque(maxlen=12)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


class Soak:
    def __init__(self, place: Place, chance: random.Random, report: Report, words: LastWords, folder: Path) -> None:
        self.place, self.report, self._chance, self._words = place, report, chance, words
        conductor, settings = place.conductor, place.settings
        speak = speaker(settings)
        self.account = Account(speak, conductor.rules, conductor.state)
        self.people = People(place, chance, speak, report.tally)
        self.judge = Judge(
            ledger_path(settings), settings.results_dir, self.account, folder / "judge.db", settings.service.terminal_id
        )
        self._defect = False
        self._told = ""
        """The last reception whose end was counted."""
        self._changed = asyncio.Event()
        self._trace: deque[str] = deque(maxlen=60)
        self._began = time.monotonic()
        conductor.listen(on_state=self._on_state, on_event=self._on_event)

    def _on_event(self, event: ev.Event) -> None:
        self.account.on_event(event)
        if isinstance(event, ev.EffectFailed):
            self._defect = True
        self._trace.append(type(event).__name__)

    def _on_state(self, state: st.State) -> None:
        self.account.on_state(state)
        self._trace.append(f"-> {type(state).__name__}")
        if isinstance(state, st.Complete | st.Problem) and state.reception.id != self._told:
            self._told = state.reception.id
            self.report.outcomes.add(state.outcome if isinstance(state, st.Complete) else state.problem.code)
        self._changed.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        conductor = self.place.conductor
        conducting = asyncio.create_task(conductor.run())
        try:
            async with asyncio.timeout(60):
                while conductor.reader_name is None:
                    await asyncio.sleep(0.01)
            yield
        finally:
            conductor.stop()
            await conducting
            self.judge.close()

    # --- one reception ----------------------------------------------------------------------------------------

    async def reception(self) -> None:
        try:
            async with asyncio.timeout(RECEPTION_SECONDS):
                self.people.come()
                await self._play()
                self.people.mend()
                await self._put_away()
        except TimeoutError:
            raise Violated(f"stuck in {self.place.conductor.state}") from None
        self.report.receptions += 1
        self.judge.read_on()
        if self._chance.random() < 0.7:
            self.judge.take_files()
        await self._withdraw()
        self._nothing_held()

    async def _play(self) -> None:
        """Until the first screen is back; a card that nobody reads is taken away."""
        conductor, looks, begun = self.place.conductor, 0, False
        while True:
            state = conductor.state
            if isinstance(state, st.Idle):
                looks += 1
                if not self.people.lying or looks > (5 if begun else 40):
                    return
            else:
                begun, looks = True, 0
                if isinstance(state, st.Complete | st.Problem | st.Inquiry) and not self.people.lying:
                    return
                self.people.act(state)
            await self._step(state)

    async def _step(self, state: st.State) -> None:
        """Wait until something changes, or for a moment."""
        self._changed.clear()
        waits = not isinstance(state, st.Idle) and state.waiting is not None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.2 if waits else 0.02):
                await self._changed.wait()

    async def _put_away(self) -> None:
        """Take the card away and let time pass until the terminal is idle and in service."""
        conductor, clock = self.place.conductor, self.place.clock
        self.people.take_card()
        await self._noticed()
        while True:
            state = conductor.state
            if isinstance(state, st.Idle):
                if state.card_left is None and state.out_of_service is None:
                    if state.mode_until is None:
                        return
                    clock.skip(state.mode_until - clock.now().monotonic + 0.01)
                    self.people.post(ev.Tick())
            elif isinstance(state, st.Complete | st.Problem | st.Inquiry) or state.waiting is None:
                clock.skip(state.deadline - clock.now().monotonic + 0.01)
                self.people.post(ev.Tick())
            await self._step(state)

    async def _noticed(self) -> None:
        """What happened at the reader has reached the conductor: its thread is its own."""
        conductor, slot = self.place.conductor, self.place.reader.slot
        while conductor._card_watch.present is not None or not slot._events.empty() or not conductor._events.empty():
            await asyncio.sleep(0.002)

    async def _withdraw(self) -> None:
        """Now and then somebody takes a consent back, before or after its file."""
        if self._chance.random() > 0.03:
            return
        found = [(id_, one) for id_, one in self.judge.open.items() if one.decided and one.decided - one.withdrawn]
        if found:
            check_id, check = self._chance.choice(found)
            assert check.decided is not None
            item: Item = self._chance.choice(sorted(check.decided - check.withdrawn))
            with contextlib.suppress(LifeCycleError):  # not confirmed yet
                await self.place.conductor.delivery.withdraw(check_id, [item])
                self.report.tally.add("staff: withdraws")
            self.judge.read_on()

    def _nothing_held(self) -> None:
        conductor = self.place.conductor
        if self._defect:
            raise Violated("an effect failed by a defect")
        if conductor._patients or len(conductor._shown) or conductor.patient is not None:
            raise Violated("something of a patient is held at the first screen")
        kept = {one.reception for one in self.judge.open.values()}
        for reception in [one for one in self.account.said if one not in kept]:
            del self.account.said[reception]

    # --- between receptions -----------------------------------------------------------------------------------

    async def settle(self) -> Sample:
        """Everything is mended: the outbox runs empty, and threads and open files are as at the beginning."""
        self.people.mend()
        await asyncio.to_thread(self.place.service.behave)
        until = time.monotonic() + RECEPTION_SECONDS
        while waiting := self._waiting():
            if time.monotonic() > until:
                raise Violated(f"the outbox does not run empty: {waiting}")
            await asyncio.sleep(0.05)
            self.judge.read_on()
            self.judge.take_files()
        self.judge.read_on()
        self.judge.take_files()
        self.judge.end(self.place.conductor._not_discarded)
        left = sorted(path.name for path in self.place.settings.results_dir.rglob("*.part"))
        if left:
            raise Violated(f"work files are left: {left}")
        gc.collect()
        sample = self._sample()
        if self.report.samples:
            self._compare(self.report.samples[0], sample)
        self.report.samples.append(sample)
        return sample

    def _waiting(self) -> list[str]:
        """Stages of checks that have not ended, except those staff discarded while the ledger was full."""
        conductor = self.place.conductor
        unended = conductor.delivery.ledger.unended()
        return [one.stage for one in unended if one.opened.event.reception_id not in conductor._not_discarded]

    def _sample(self) -> Sample:
        return Sample(
            self.report.receptions,
            time.monotonic() - self._began,
            rss_kb(),
            threading.active_count(),
            sum(1 for _ in Path("/proc/self/fd").iterdir()),
        )

    def _compare(self, first: Sample, now: Sample) -> None:
        if now.threads > first.threads + MORE_THREADS or now.files > first.files + MORE_FILES:
            raise Violated(f"threads or open files grow: {first} -> {now}")

    async def verify(self) -> None:
        """The service's receipts agree with the ledger, from its first record to its last."""
        settings = self.place.settings
        enrolment = Enrolment.load(enrolment_path(settings.state_dir))
        assert enrolment is not None
        receipts = await self.place.conductor.service.client.receipts()
        if not isinstance(receipts, tuple):
            raise Violated(f"the service gives no receipts: {receipts}")
        found = verify_with_receipts(ledger_path(settings), enrolment.service_public_key, receipts)
        if type(found).__name__ != "LedgerIntact":
            raise Violated(str(found))

    def failed(self, error: BaseException) -> str:
        where = f"seed {self.report.seed}, reception {self.report.receptions}: {error}"
        return "\n  ".join((where, " ".join(self._trace), *self._words.lines))


def rss_kb() -> int:
    """Resident memory of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


@contextmanager
def _quiet() -> Iterator[LastWords]:
    kept, loggers = LastWords(), [logging.getLogger(room) for room in ("terminal", "reader", "consent", "asyncio")]
    for logger in loggers:
        logger.addHandler(kept)
        logger.propagate = False
    try:
        yield kept
    finally:
        for logger in loggers:
            logger.removeHandler(kept)
            logger.propagate = True


def run(
    folder: Path,
    seed: int,
    *,
    receptions: int,
    cards: Path | None = None,
    progress: bool = False,
) -> Report:
    """Play this many receptions. Raises `Violated`."""
    chance, report = random.Random(seed), Report(seed)

    async def day(place: Place, words: LastWords) -> None:
        soak = Soak(place, chance, report, words, folder)
        try:
            async with soak.running():
                while report.receptions < receptions:
                    await soak.reception()
                    if report.receptions == 20 or report.receptions % SETTLE_EVERY == 0:
                        sample = await soak.settle()
                        if progress and report.receptions % 1000 == 0:
                            tell(sample)
                await soak.settle()
                await soak.verify()
        except Violated as error:
            raise Violated(soak.failed(error)) from None
        report.kinds, report.files, report.granted = soak.judge.kinds, soak.judge.files, soak.judge.granted
        report.answers = soak.account.answers

    with _quiet() as words, open_place(folder, chance, cards) as place:
        asyncio.run(day(place, words))
    return report


def tell(sample: Sample) -> None:
    line = f"{sample.receptions:6} receptions {sample.seconds:6.0f} s  rss {sample.rss_kb / 1024:6.1f} MB  "
    sys.stdout.write(line + f"threads {sample.threads:2}  files {sample.files:2}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--receptions", type=int, default=10_000)
    parser.add_argument("--seed", type=int, help="by default another one each time")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(2**32)
    sys.stdout.write(f"seed {seed}\n")
    with tempfile.TemporaryDirectory(prefix="uketsuke-soak-") as folder:
        try:
            report = run(Path(folder), seed, receptions=options.receptions, progress=True)
        except Violated as error:
            sys.exit(str(error))
    tell(report.samples[-1])
    for name, counted in (("faults", report.tally.of), ("outcomes", report.outcomes.of), ("ledger", report.kinds)):
        sys.stdout.write(f"{name}: " + ", ".join(f"{what} {n}" for what, n in sorted(counted.items())) + "\n")
    sys.stdout.write(f"answers {report.answers}, files {report.files}, consents in files {report.granted}\n")


if __name__ == "__main__":
    main()
