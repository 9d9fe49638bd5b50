"""Run thousands of receptions through the real conductor, with faults at every step. Run by `make soak`.

    .venv/bin/python -m tests.reliability.soak --receptions 10000

Invariants checked after each reception:

- The terminal is idle without patient data.
- The ledger is intact, and no check has two outcomes.
- Each consent in the ledger and files was displayed, answered with yes and not withdrawn.
- No file was delivered twice or incompletely.
- The numbers of threads and open files have not grown.
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
from tests.reliability.answer_recorder import AnswerRecorder
from tests.reliability.counter import SoakTerminal, open_soak_terminal
from tests.reliability.judge import InvariantViolated, Judge
from tests.reliability.people import People, Tally

RECEPTION_SECONDS = 60.0
"""Time limit for a reception, which takes about 3 s with all faults combined."""
SETTLE_EVERY = 250
"""Number of receptions after which faults are cleared and the outbox must empty."""
EXTRA_THREADS, EXTRA_FILES = 4, 12
"""Allowed increase over the idle state, for a helper process being replaced and connections in use."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Resources of the idle terminal process."""

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


class LastLogLines(logging.Handler):
    """Keep only the last log lines, because thousands of faults would flood the console."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: deque[str] = deque(maxlen=12)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


class Soak:
    def __init__(
        self, terminal: SoakTerminal, rng: random.Random, report: Report, log: LastLogLines, folder: Path
    ) -> None:
        self.terminal, self.report, self._rng, self._log = terminal, report, rng, log
        conductor, settings = terminal.conductor, terminal.settings
        speak = speaker(settings)
        self.recorder = AnswerRecorder(speak, conductor.rules, conductor.state)
        self.people = People(terminal, rng, speak, report.tally)
        self.judge = Judge(
            ledger_path(settings),
            settings.results_dir,
            self.recorder,
            folder / "judge.db",
            settings.service.terminal_id,
        )
        self._defect = False
        self._counted = ""
        """The last reception whose outcome was counted."""
        self._changed = asyncio.Event()
        self._trace: deque[str] = deque(maxlen=60)
        self._started = time.monotonic()
        conductor.listen(on_state=self._on_state, on_event=self._on_event)

    def _on_event(self, event: ev.Event) -> None:
        self.recorder.on_event(event)
        if isinstance(event, ev.EffectFailed):
            self._defect = True
        self._trace.append(type(event).__name__)

    def _on_state(self, state: st.State) -> None:
        self.recorder.on_state(state)
        self._trace.append(f"-> {type(state).__name__}")
        if isinstance(state, st.Complete | st.Problem) and state.reception.id != self._counted:
            self._counted = state.reception.id
            self.report.outcomes.add(state.outcome if isinstance(state, st.Complete) else state.problem.code)
        self._changed.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        conductor = self.terminal.conductor
        running = asyncio.create_task(conductor.run())
        try:
            async with asyncio.timeout(60):
                while conductor.reader_name is None:
                    await asyncio.sleep(0.01)
            yield
        finally:
            conductor.stop()
            await running
            self.judge.close()

    # --- reception --------------------------------------------------------------------------------------------

    async def reception(self) -> None:
        try:
            async with asyncio.timeout(RECEPTION_SECONDS):
                self.people.arrive()
                await self._act_until_idle()
                self.people.repair()
                await self._clear_counter()
        except TimeoutError:
            raise InvariantViolated(f"stuck in {self.terminal.conductor.state}") from None
        self.report.receptions += 1
        self.judge.read_ledger()
        if self._rng.random() < 0.7:
            self.judge.collect_files()
        await self._withdraw()
        self._check_no_patient_data()

    async def _act_until_idle(self) -> None:
        """Act until the first screen is displayed again or the card is ignored."""
        conductor, polls, started = self.terminal.conductor, 0, False
        while True:
            state = conductor.state
            if isinstance(state, st.Idle):
                polls += 1
                if not self.people.card_inserted or polls > (5 if started else 40):
                    return
            else:
                started, polls = True, 0
                if isinstance(state, st.Complete | st.Problem | st.Inquiry) and not self.people.card_inserted:
                    return
                self.people.act(state)
            await self._wait_for_change(state)

    async def _wait_for_change(self, state: st.State) -> None:
        """Wait up to 0.2 s for the next state change."""
        self._changed.clear()
        waits = not isinstance(state, st.Idle) and state.waiting is not None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.2 if waits else 0.02):
                await self._changed.wait()

    async def _clear_counter(self) -> None:
        """Remove the card and skip time until the terminal is idle and in service."""
        conductor, clock = self.terminal.conductor, self.terminal.clock
        self.people.remove_card()
        await self._wait_for_events()
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
            await self._wait_for_change(state)

    async def _wait_for_events(self) -> None:
        """Wait until the conductor has handled all events from the reader's thread."""
        conductor, slot = self.terminal.conductor, self.terminal.reader.slot
        while conductor._card_watch.present is not None or not slot._events.empty() or not conductor._events.empty():
            await asyncio.sleep(0.002)

    async def _withdraw(self) -> None:
        """Occasionally withdraw a consent, before or after its file is delivered."""
        if self._rng.random() > 0.03:
            return
        candidates = [
            (id_, check) for id_, check in self.judge.open.items() if check.decided and check.decided - check.withdrawn
        ]
        if candidates:
            check_id, check = self._rng.choice(candidates)
            assert check.decided is not None
            item: Item = self._rng.choice(sorted(check.decided - check.withdrawn))
            with contextlib.suppress(LifeCycleError):  # not confirmed
                await self.terminal.conductor.delivery.withdraw(check_id, [item])
                self.report.tally.add("staff: withdraws")
            self.judge.read_ledger()

    def _check_no_patient_data(self) -> None:
        conductor = self.terminal.conductor
        if self._defect:
            raise InvariantViolated("an effect raised an exception")
        if conductor._patients or len(conductor._shown) or conductor.patient is not None:
            raise InvariantViolated("the idle terminal has patient data")
        open_receptions = {check.reception for check in self.judge.open.values()}
        for reception in self.recorder.by_reception.keys() - open_receptions:
            del self.recorder.by_reception[reception]

    # --- between receptions -----------------------------------------------------------------------------------

    async def settle(self) -> Sample:
        """Clear all faults. Check that the outbox empties and the numbers of threads and files do not grow."""
        self.people.repair()
        await asyncio.to_thread(self.terminal.service.end_misbehaviour)
        deadline = time.monotonic() + RECEPTION_SECONDS
        while stages := self._unfinished_stages():
            if time.monotonic() > deadline:
                raise InvariantViolated(f"the outbox does not empty: {stages}")
            await asyncio.sleep(0.05)
            self.judge.read_ledger()
            self.judge.collect_files()
        self.judge.read_ledger()
        self.judge.collect_files()
        self.judge.check_all_ended(self.terminal.conductor._not_discarded)
        work_files = sorted(path.name for path in self.terminal.settings.results_dir.rglob("*.part"))
        if work_files:
            raise InvariantViolated(f"work files remain: {work_files}")
        gc.collect()
        sample = self._sample()
        if self.report.samples:
            self._compare(self.report.samples[0], sample)
        self.report.samples.append(sample)
        return sample

    def _unfinished_stages(self) -> list[str]:
        """Return the stages of unfinished checks, except those discarded by staff while the ledger was full."""
        conductor = self.terminal.conductor
        unfinished = conductor.delivery.ledger.unfinished()
        return [check.stage for check in unfinished if check.opened.event.reception_id not in conductor._not_discarded]

    def _sample(self) -> Sample:
        return Sample(
            self.report.receptions,
            time.monotonic() - self._started,
            rss_kb(),
            threading.active_count(),
            sum(1 for _ in Path("/proc/self/fd").iterdir()),
        )

    def _compare(self, first: Sample, current: Sample) -> None:
        if current.threads > first.threads + EXTRA_THREADS or current.files > first.files + EXTRA_FILES:
            raise InvariantViolated(f"the number of threads or open files has grown: {first} -> {current}")

    async def verify(self) -> None:
        """Check that the service's receipts agree with the complete ledger."""
        settings = self.terminal.settings
        enrolment = Enrolment.load(enrolment_path(settings.state_dir))
        assert enrolment is not None
        receipts = await self.terminal.conductor.service.client.receipts()
        if not isinstance(receipts, tuple):
            raise InvariantViolated(f"the service returned no receipts: {receipts}")
        outcome = verify_with_receipts(ledger_path(settings), enrolment.service_public_key, receipts)
        if type(outcome).__name__ != "LedgerIntact":
            raise InvariantViolated(str(outcome))

    def describe(self, error: BaseException) -> str:
        summary = f"seed {self.report.seed}, reception {self.report.receptions}: {error}"
        return "\n  ".join((summary, " ".join(self._trace), *self._log.lines))


def rss_kb() -> int:
    """Return the resident memory of this process in kB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


@contextmanager
def _captured_logs() -> Iterator[LastLogLines]:
    handler, loggers = (
        LastLogLines(),
        [logging.getLogger(name) for name in ("terminal", "reader", "consent", "asyncio")],
    )
    for logger in loggers:
        logger.addHandler(handler)
        logger.propagate = False
    try:
        yield handler
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
            logger.propagate = True


def run(
    folder: Path,
    seed: int,
    *,
    receptions: int,
    cards: Path | None = None,
    progress: bool = False,
) -> Report:
    """Run `receptions` receptions. Raises `InvariantViolated` if an invariant does not hold."""
    rng, report = random.Random(seed), Report(seed)

    async def run_receptions(terminal: SoakTerminal, log: LastLogLines) -> None:
        soak = Soak(terminal, rng, report, log, folder)
        try:
            async with soak.running():
                while report.receptions < receptions:
                    await soak.reception()
                    if report.receptions == 20 or report.receptions % SETTLE_EVERY == 0:
                        sample = await soak.settle()
                        if progress and report.receptions % 1000 == 0:
                            print_sample(sample)
                await soak.settle()
                await soak.verify()
        except InvariantViolated as error:
            raise InvariantViolated(soak.describe(error)) from None
        report.kinds, report.files, report.granted = soak.judge.kinds, soak.judge.files, soak.judge.granted
        report.answers = soak.recorder.answer_count

    with _captured_logs() as log, open_soak_terminal(folder, rng, cards) as terminal:
        asyncio.run(run_receptions(terminal, log))
    return report


def print_sample(sample: Sample) -> None:
    line = f"{sample.receptions:6} receptions {sample.seconds:6.0f} s  rss {sample.rss_kb / 1024:6.1f} MB  "
    sys.stdout.write(line + f"threads {sample.threads:2}  files {sample.files:2}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--receptions", type=int, default=10_000)
    parser.add_argument("--seed", type=int, help="default: random")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(2**32)
    sys.stdout.write(f"seed {seed}\n")
    with tempfile.TemporaryDirectory(prefix="uketsuke-soak-") as folder:
        try:
            report = run(Path(folder), seed, receptions=options.receptions, progress=True)
        except InvariantViolated as error:
            sys.exit(str(error))
    print_sample(report.samples[-1])
    for title, counts in (
        ("faults", report.tally.counts),
        ("outcomes", report.outcomes.counts),
        ("ledger", report.kinds),
    ):
        sys.stdout.write(f"{title}: " + ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) + "\n")
    sys.stdout.write(f"answers {report.answers}, files {report.files}, consents in files {report.granted}\n")


if __name__ == "__main__":
    main()
