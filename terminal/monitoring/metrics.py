"""A terminal's Prometheus metrics, which contain no information about consents, people or cards.

Every label has a fixed set of values, and every successful reception counts as "received". Even with few patients, the
metrics do not reveal whether data was shared or the insurance was valid.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

from config.version import VERSION
from consent.outbox import UnfinishedChecks
from terminal.problems import ProblemCode
from terminal.qualification.contract import Way
from terminal.session import events as ev
from terminal.session import states as st

NOT_CONFIRMED, FACE_AND_PIN = "none", "face-and-pin"
WAYS = frozenset({*Way, NOT_CONFIRMED, FACE_AND_PIN})
"""Values of the `way` label. `none` means that the reception ended before the holder was confirmed."""

RECEIVED, AWAITING, LEFT, INQUIRY, PROBLEM = "received", "awaiting", "left", "inquiry", "problem"
OUTCOMES = frozenset({RECEIVED, AWAITING, LEFT, INQUIRY, PROBLEM})

OTHER = "other"
TECHNICAL = frozenset(
    {
        ProblemCode.CARD_UNREADABLE,
        ProblemCode.CARD_GONE,
        ProblemCode.TWO_CARDS,
        ProblemCode.CARD_HELD,
        ProblemCode.SERVICE_UNRESPONSIVE,
        ProblemCode.SERVICE_REFUSED,
        ProblemCode.TERMINAL_NOT_ENROLLED,
        ProblemCode.RESULT_UNSIGNED,
        ProblemCode.RESULT_NOT_OURS,
        ProblemCode.LEDGER_FAILED,
        ProblemCode.READER_LOST,
        ProblemCode.INTERNAL,
        ProblemCode.CLOCK_WRONG,
        ProblemCode.VIRTUAL_CAMERA,
        ProblemCode.HANDOVER_HANGS,
    }
)
"""Problems counted by code. Problems with a person's card or insurance count as `other`."""
PROBLEMS = frozenset({OTHER, *(problem.code for problem in TECHNICAL)})

_ASKING = "asking"
_STAGES: dict[type[st.State], str] = {
    st.Reading: "reading",
    st.ChoosingMethod: "choosing",
    st.PrintedCodeEntry: "code",
    st.FaceCheck: "face",
    st.PinEntry: "pin",
    st.PhoneCheck: "phone",
    st.StaffCheck: "staff",
    st.Opening: "opening",
    st.Notice: _ASKING,
    st.Registration: _ASKING,
    st.Consent: _ASKING,
    st.SpecificDisease: _ASKING,
    st.Subsidies: _ASKING,
    st.Prescription: _ASKING,
    st.Dispensing: _ASKING,
    st.Limit: _ASKING,
    st.Summary: _ASKING,
    st.Submitting: "submitting",
    st.Complete: "complete",
    st.Problem: "problem",
    st.Inquiry: "inquiry",
}
"""All questions share one stage, so that the metrics do not reveal which question was asked."""
STAGES = frozenset(_STAGES.values())
DEVICES = frozenset({"reader", "camera", "service", "results"})
TRIES = frozenset({"pin", "code"})
_BUCKETS = (0.5, 1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 90, 120, 180)
"""Histogram buckets in seconds."""


class DeliveryStatus(Protocol):
    @property
    def ledger(self) -> UnfinishedChecks: ...
    @property
    def failure(self) -> object | None: ...


class ObservedConductor(Protocol):
    """Parts of the conductor that the metrics use."""

    @property
    def reader_name(self) -> str | None: ...
    @property
    def delivery(self) -> DeliveryStatus: ...
    def listen(
        self,
        on_state: Callable[[st.State], None] | None = None,
        on_effect: None = None,
        on_event: Callable[[ev.Event], None] | None = None,
    ) -> None: ...


class Metrics:
    """Metrics of one conductor, in a separate `registry`."""

    def __init__(self, conductor: ObservedConductor, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.registry = CollectorRegistry()
        self._conductor, self._clock = conductor, clock
        self._state: st.State = st.START
        self._reception = ""
        self._way, self._outcome = NOT_CONFIRMED, LEFT
        self._stage, self._since = "", 0.0
        self._create_metrics()
        self._add_callbacks()
        conductor.listen(on_state=self.on_state, on_event=self.on_event)

    def _create_metrics(self) -> None:
        registry = self.registry
        self._receptions = Counter(
            "uketsuke_receptions",
            "Finished receptions, by method of confirmation and outcome.",
            ("way", "end"),
            registry=registry,
        )
        self._seconds = Histogram(
            "uketsuke_stage_seconds", "Seconds spent in a stage.", ("stage",), buckets=_BUCKETS, registry=registry
        )
        self._problems = Counter(
            "uketsuke_problems",
            "Problems displayed, by code ('other' for the card or insurance).",
            ("code",),
            registry=registry,
        )
        self._tries = Counter(
            "uketsuke_tries_wasted",
            "PIN and code tries lost without a wrong entry on this terminal.",
            ("secret",),
            registry=registry,
        )
        self._uncertain = Counter(
            "uketsuke_tries_uncertain", "PIN entries without a response from the card.", registry=registry
        )
        self._devices = Gauge(
            "uketsuke_device_ready", "1 if the device is working, otherwise 0.", ("device",), registry=registry
        )
        # start at 0, because Prometheus's `increase` misses the first event of a series that starts at 1
        for secret in TRIES:
            self._tries.labels(secret)
        for code in PROBLEMS:
            self._problems.labels(code)
        Info("uketsuke_build", "Program version.", registry=registry).info({"version": VERSION})

    def _add_callbacks(self) -> None:
        delivery = self._conductor.delivery
        waiting = Gauge("uketsuke_outbox_waiting", "Undelivered decisions.", registry=self.registry)
        oldest = Gauge(
            "uketsuke_outbox_oldest_seconds", "Age of the oldest undelivered decision, or 0.", registry=self.registry
        )
        waiting.set_function(lambda: len(_undelivered(delivery.ledger)))
        oldest.set_function(lambda: _oldest_age(delivery.ledger))
        ready = self._devices.labels
        ready("reader").set_function(lambda: float(self._conductor.reader_name is not None))
        ready("results").set_function(lambda: float(delivery.failure is None))
        ready("camera").set(1)
        ready("service").set(1)

    # --- listeners, called on the conductor's event loop ------------------------------------------------------

    def on_event(self, event: ev.Event) -> None:
        """Count an event. Called before `on_state` for the same transition."""
        before = self._state
        match event:
            case ev.PinRefused(left=left, sent=sent) if isinstance(before, st.PinEntry):
                self._tries.labels("pin").inc(max(0, before.left - left - int(sent)))
            case ev.CodeRefused(left=left) if not isinstance(before, st.Idle):
                self._tries.labels("code").inc(max(0, before.reception.code_left - left - 1))
            case ev.CardFailed() | ev.CardTaken() if _is_verifying(before):
                self._uncertain.inc()
            case ev.CameraChanged(available=available):
                self._devices.labels("camera").set(float(available))
            case ev.ServiceUnavailable():
                self._devices.labels("service").set(0)
            case ev.ChallengeFetched() | ev.CheckOpened() | ev.Registered() | ev.Accepted() | ev.ServiceRefused():
                self._devices.labels("service").set(1)
            case _:
                pass

    def on_state(self, state: st.State) -> None:
        self._state = state
        self._enter(state)
        reception = "" if isinstance(state, st.Idle) else state.reception.id
        if reception != self._reception:
            self._finish()
            self._reception, self._way, self._outcome = reception, NOT_CONFIRMED, LEFT
        match state:
            case st.Opening(way=way, reception=current):
                self._way = FACE_AND_PIN if way is Way.PIN and current.face_matched else way.value
            case st.Complete(outcome=outcome):
                self._outcome = _OUTCOMES[outcome]
            case st.Inquiry():
                self._outcome = INQUIRY
            case st.Problem(problem=problem) if self._outcome != PROBLEM:
                self._outcome = PROBLEM
                self._problems.labels(problem.code if problem in TECHNICAL else OTHER).inc()
            case _:
                pass

    def _finish(self) -> None:
        if self._reception:
            self._receptions.labels(self._way, self._outcome).inc()

    def _enter(self, state: st.State) -> None:
        stage = "" if isinstance(state, st.Idle) else _STAGES[type(state)]
        if stage != self._stage:
            now = self._clock()
            if self._stage:
                self._seconds.labels(self._stage).observe(now - self._since)
            self._stage, self._since = stage, now


_OUTCOMES = {
    st.Outcome.DONE: RECEIVED,
    st.Outcome.NOTHING_SHARED: RECEIVED,
    st.Outcome.NOT_VALID: RECEIVED,
    st.Outcome.AWAITING: AWAITING,
    st.Outcome.REGISTRATION_DECLINED: LEFT,
}


def _is_verifying(state: st.State) -> bool:
    return isinstance(state, st.PinEntry) and state.phase is st.PinPhase.VERIFYING


def _undelivered(ledger: UnfinishedChecks) -> list[datetime]:
    return [check.decided.at for check in ledger.unfinished() if check.decided is not None and not check.closed]


def _oldest_age(ledger: UnfinishedChecks) -> float:
    waiting = _undelivered(ledger)
    return max(0.0, (datetime.now(UTC) - min(waiting)).total_seconds()) if waiting else 0.0
