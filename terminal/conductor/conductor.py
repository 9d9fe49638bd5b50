"""The conductor, which performs effects and posts their results as events.

Each effect uses the `Patient` of its own reception. When a late answer arrives, that patient has been wiped, and the
session drops the event by its ids. Each device has one thread, so commands of successive receptions never overlap.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import date

from config.debugging import raised_at
from config.garbage_collection import resume
from consent.store import LedgerError
from reader.facts import ReaderBusy, SlotEvent
from terminal.audit import AuditTrail, audit
from terminal.conductor.camera_desk import CameraDesk
from terminal.conductor.card_desk import CardDesk
from terminal.conductor.card_watch import CardWatch
from terminal.conductor.clock import Clock
from terminal.conductor.decision_signature import DecisionDesk
from terminal.conductor.delivery import Delivery
from terminal.conductor.face_record import open_face_record
from terminal.conductor.ledger_desk import LedgerDesk
from terminal.conductor.name_pictures import NamePictures
from terminal.conductor.outcome import delivered_event
from terminal.conductor.printed_desk import PrintedDesk
from terminal.conductor.secret_buffers import wipe_buffer
from terminal.conductor.service_desk import ServiceDesk
from terminal.conductor.shown_codes import ShownCodes
from terminal.conductor.wiped_patient_data import Patient, wiped_patient
from terminal.conductor.without_card import WithoutCard
from terminal.problems import ProblemCode
from terminal.session import effects as fx
from terminal.session import events as ev
from terminal.session.rules import Rules
from terminal.session.states import CardShown, Idle, PrintedCodeEntry, State
from terminal.session.step import next_tick, step

log = logging.getLogger(__name__)

OUTBOX_INTERVAL = 30.0
"""Seconds between two passes over the outbox."""


class Conductor:
    """Runs one terminal from `run` to `stop` and notifies listeners of states, effects and events."""

    def __init__(
        self,
        *,
        rules: Rules,
        card: CardDesk,
        camera: CameraDesk,
        printed: PrintedDesk,
        service: ServiceDesk,
        ledger: LedgerDesk,
        decision: DecisionDesk,
        delivery: Delivery,
        trail: AuditTrail,
        clock: Clock,
        institution_code: str,
        names: NamePictures,
    ) -> None:
        self.rules = rules
        self.state: State = Idle(display=rules.first_display)
        self.card, self.camera, self.printed, self.service = card, camera, printed, service
        self.ledger, self.decision, self.delivery = ledger, decision, delivery
        delivery.on_problem = camera.on_problem = self._alert_staff
        delivery.listen_for_names(self._store_name_picture)
        self.names = names
        self.without_card = WithoutCard(ledger, delivery, service.client, clock, institution_code)
        self._trail = trail
        self._card_watch = CardWatch(self.post, card.can_connect, trail.last_number, clock)
        self._shown = ShownCodes()
        self._clock = clock
        self._institution_code = institution_code
        self._loop: asyncio.AbstractEventLoop | None = None
        self._events: asyncio.Queue[ev.Event | None] = asyncio.Queue()
        self._ending = asyncio.Event()
        self._patients: dict[str, Patient] = {}
        self._not_discarded: set[str] = set()
        """Receptions that staff discarded but the ledger could not record. They are not submitted in this run."""
        self._running: set[asyncio.Task[None]] = set()
        self._on_state: list[Callable[[State], None]] = []
        self._on_effect: list[Callable[[fx.Effect], None]] = []
        self._on_event: list[Callable[[ev.Event], None]] = []

    # --- public interface -----------------------------------------------------------------------------------

    def listen(
        self,
        on_state: Callable[[State], None] | None = None,
        on_effect: Callable[[fx.Effect], None] | None = None,
        on_event: Callable[[ev.Event], None] | None = None,
    ) -> None:
        """Add listeners. They are called on the event loop.

        `on_event` and `on_state` are called after each transition, `on_effect` before each effect is performed.
        """
        if on_state is not None:
            self._on_state.append(on_state)
        if on_event is not None:
            self._on_event.append(on_event)
        if on_effect is not None:
            self._on_effect.append(on_effect)

    def post(self, event: ev.Event) -> None:
        """Post an event from the event loop. Use `post_from_thread` elsewhere."""
        self._events.put_nowait(event)

    def post_from_thread(self, event: ev.Event) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._events.put_nowait, event)

    @property
    def reader_name(self) -> str | None:
        return self._card_watch.reader_name

    @property
    def card_held_by(self) -> tuple[str, ...]:
        return self._card_watch.held_by

    @property
    def patient(self) -> Patient | None:
        """The patient of the current reception, for the PIN pad and the code entry."""
        return None if isinstance(self.state, Idle) else self._patients.get(self.state.reception.id)

    def enter_pin(self) -> None:
        """Submit the PIN in `patient.pin`. Does nothing if it has fewer than four digits."""
        patient = self.patient
        if patient is not None and patient.pin.complete:
            self.post(ev.PinEntered(patient.reception))

    def enter_code(self, digits: bytearray) -> None:
        """Take ownership of the buffer with the 14 digits of the printed code.

        Overwrites the buffer immediately if no code is requested or the previous code is being sent to the card.
        """
        patient, state = self.patient, self.state
        if patient is None or not isinstance(state, PrintedCodeEntry) or state.waiting is not None:
            wipe_buffer(digits)
            return
        patient.put_code(digits)
        self.post(ev.CodeEntered(patient.reception))

    def show_code(self, digits: bytearray, expiry: date, pinless: bool = False) -> None:
        """Take ownership of the buffer with the 14 digits read from a card's front before the card is put down.

        `expiry` and `pinless` were read from the same front. Overwrites the buffer immediately if the session is not
        waiting for a card.
        """
        self.post(ev.CodeShown(self._shown.put(digits), expiry, pinless))

    def stop(self) -> None:
        self._events.put_nowait(None)

    # --- the loop -------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Run until `stop` is called. On exit, always wipe the patient's data and release the card."""
        resume()  # no patient data is in memory yet
        self._loop = loop = asyncio.get_running_loop()

        def on_slot(event: SlotEvent) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._card_watch.handle, event)

        outbox: asyncio.Task[None] | None = None
        try:
            self.camera.start(lambda available: self.post_from_thread(ev.CameraChanged(available)))
            self.printed.start()
            self.card.slot.watch(on_slot)
            outbox = asyncio.create_task(self._outbox())
            self._track(asyncio.create_task(self._warm_up()))
            while True:
                event = await self._next_event()
                if event is None:
                    return
                self._take(event)
        finally:
            self._ending.set()
            if outbox is not None:
                # let it record a result file it just wrote, so that it is not written twice after a restart
                await asyncio.wait({outbox}, timeout=2)
                outbox.cancel()
            await self._shut_down()

    async def _next_event(self) -> ev.Event | None:
        tick_at = next_tick(self.state, self.rules)
        if tick_at is None:
            return await self._events.get()
        wait = self._clock.real_seconds(tick_at - self._clock.now().monotonic)
        try:
            return await asyncio.wait_for(self._events.get(), wait)
        except TimeoutError:
            return ev.Tick()

    def _take(self, event: ev.Event) -> None:
        before, now = self.state, self._clock.now()
        self.state, effects = step(before, event, self.rules, now)
        record = audit(before, event, self.state, now)
        if record is not None:
            self._trail.write(record)
        for effect in effects:
            self._begin(effect)
        if isinstance(event, ev.CodeShown) and not self._holds_code(event.shown):
            self._shown.wipe(event.shown)
        if record is not None:
            for on_event in self._on_event:
                on_event(event)
            for on_state in self._on_state:
                on_state(self.state)

    def _holds_code(self, shown: str) -> bool:
        return isinstance(self.state, CardShown) and self.state.shown == shown

    async def _read_card(self, effect: fx.ReadCard, patient: Patient) -> ev.Event:
        read = await self.card.read(effect, patient)
        if isinstance(read, ev.CardFailed) and isinstance(read.failure, ReaderBusy):
            self._card_watch.held_by = read.failure.holders
            self._track(asyncio.create_task(self._card_watch.wait_until_free(effect.card, self._ending)))
        return read

    def _alert_staff(self, code: str) -> None:
        """Alert staff to a problem unrelated to the current reception."""
        self._begin(fx.AlertStaff("", 0, code))

    # --- effects --------------------------------------------------------------------------------------------

    def _begin(self, effect: fx.Effect) -> None:
        for on_effect in self._on_effect:
            on_effect(effect)
        match effect:
            case fx.StopFaceCheck():
                self.camera.stop_check()
            case fx.StopScan():
                self.printed.stop()
            case fx.WipeShownCode(shown=shown):
                self._shown.wipe(shown)
            case fx.WipeCode(reception=reception):
                if (owner := self._patients.get(reception)) is not None:
                    owner.wipe_code()
            case fx.WipePatient(reception=reception):
                patient = self._patients.pop(reception, None)
                if patient is not None:
                    patient.wipe()
            case fx.RemindToTakeCard() | fx.SpeakAgain():
                pass  # performed by the front ends
            case fx.AlertStaff(reason=reason):
                log.warning("staff alerted: %s", reason)
            case _:
                if isinstance(effect, fx.ReadCard):
                    self._patients[effect.reception] = self._new_patient(effect)
                self._track(asyncio.create_task(self._perform(effect)))

    def _new_patient(self, effect: fx.ReadCard) -> Patient:
        """Return a new patient with any code shown before, which may belong to a different card."""
        patient = Patient(effect.reception)
        code = self._shown.take(effect.shown) if effect.shown else None
        if code is not None:
            patient.put_code(code)
        return patient

    def _track(self, task: asyncio.Task[None]) -> None:
        """Store a reference to the task, because the event loop only stores weak references."""
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _warm_up(self) -> None:
        """Load slow components before the first patient arrives. Log errors, which recur when the component is used."""
        slow = (
            ("service", self.service.client),
            ("face engine", self.camera),
            ("text recogniser", self.printed),
            ("result files", self.delivery),
        )
        for name, desk in slow:
            try:
                await desk.warm_up()
            except Exception as error:
                log.error("%s: %s at %s", name, type(error).__name__, raised_at(error))

    async def _perform(self, effect: fx.Effect) -> None:
        patient = self._patients.get(effect.reception) or wiped_patient(effect.reception)
        try:
            event = await self._answer(effect, patient)
        except Exception as error:
            # log only type and location: messages and locals could contain patient data
            log.error("%s failed: %s at %s", type(effect).__name__, type(error).__name__, raised_at(error))
            event = ev.EffectFailed(effect.reception, effect.effect)
        if event is not None:
            self.post(event)

    async def _answer(self, effect: fx.Effect, patient: Patient) -> ev.Event | None:
        ids = (effect.reception, effect.effect)
        match effect:
            case fx.ReadCard():
                return await self._read_card(effect, patient)
            case fx.FetchChallenge():
                return await self.service.fetch_challenge(ids, patient)
            case fx.ScanCode():
                return await self.printed.scan(effect, patient, self.post_from_thread)
            case fx.ReadFront():
                return await self.printed.read_ahead(effect, patient)
            case fx.LookForFront():
                return await self.printed.look_for_front(self.post_from_thread, self.show_code)
            case fx.OpenFaceRecord():
                return await open_face_record(self.card, self.camera, effect, patient)
            case fx.VerifyPinAndSign():
                return await self.card.verify_pin_and_sign(effect, patient)
            case fx.SignWithPhone():
                return await self.card.sign_with_phone(effect, patient)
            case fx.CheckFace():
                return await self.camera.check(effect, patient, self.post_from_thread)
            case fx.ProveChip(way=way, reason=reason):
                failure = await self.card.prove_chip(patient)
                if failure is not None:
                    return ev.CardFailed(*ids, failure)
                self.service.sign_verdict(way, reason, patient)
                return ev.ChipSigned(*ids)
            case fx.OpenCheck(way=way, purpose=purpose):
                return await self.service.open_check(ids, way, purpose, patient)
            case fx.RegisterCard(check_id=check_id):
                return await self.service.register(ids, check_id)
            case fx.RecordOpenedCheck():
                recorded = await self.ledger.record_opened(effect, patient)
                return ev.OpenedCheckRecorded(*ids) if recorded else ev.LedgerFailed(*ids)
            case fx.RecordDecision():
                return await self.decision.decide(effect, patient)
            case fx.Deliver(check_id=check_id):
                return await self._deliver(ids, check_id, patient)
            case fx.RecordDiscarded():
                if not await self.ledger.record_discarded(effect):
                    self._not_discarded.add(effect.reception)
                return None
            case fx.ReleaseCard():
                await self.card.release()
                return None
            case _:
                return None

    async def _deliver(self, ids: tuple[str, int], check_id: str, patient: Patient) -> ev.Event:
        try:
            outcome = await self.delivery.deliver(check_id, patient.decision_signature)
        except LedgerError as error:
            log.critical("ledger: %s", error)
            self._alert_staff(ProblemCode.LEDGER_FAILED.code)
            return ev.ServiceUnavailable(*ids)  # the outbox will retry
        return delivered_event(ids, outcome)

    async def _settle_interrupted(self) -> None:
        """Record decisions without consent for checks that were opened but never decided."""
        under_way = self._patients.keys() | self._not_discarded
        try:
            interrupted = await self.delivery.settle_interrupted(self._institution_code, under_way)
        except LedgerError as error:
            log.critical("ledger: %s", error)
            return
        if interrupted:
            log.warning("submitting %d interrupted receptions without consent", interrupted)

    async def _outbox(self) -> None:
        """Process decisions from an earlier run or without an answer from the service, in the background."""
        while not self._ending.is_set():
            try:
                await self._settle_interrupted()
                await self.delivery.process_outbox()
                await self._clean_names()
            except Exception as error:
                log.critical("outbox: %s at %s", type(error).__name__, raised_at(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), self._clock.real_seconds(OUTBOX_INTERVAL))

    async def _store_name_picture(self, reception: str, stem: str) -> None:
        await self.names.store(reception, stem, self._patients.get(reception))

    async def _clean_names(self) -> None:
        decided = [history for history in self.ledger.ledger.unfinished() if history.decided and not history.closed]
        await asyncio.to_thread(self.names.clean, {history.decision.event.result_file for history in decided})

    async def _shut_down(self) -> None:
        """Close all components, even if some fail or block."""
        self._shown.wipe_all()
        self.names.close_all()
        for patient in self._patients.values():
            patient.wipe()
        self.camera.stop_check()
        self.printed.stop()
        if self._running:
            await asyncio.wait(self._running, timeout=10)
        async with contextlib.AsyncExitStack() as closing:
            closing.callback(self._trail.close)
            closing.callback(self.ledger.close)
            closing.callback(self.delivery.close)
            closing.push_async_callback(self.service.client.aclose)
            closing.callback(self.camera.close)
            closing.callback(self.printed.close)
            closing.push_async_callback(self.card.close)
