"""A simulated counter that sends events to `step` and independently records the patient's screens and answers."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import get_args

from consent.items import AnsweredBy, Item
from reader.facts import CardFacts, CardGone, CardUnreadable, ReaderBusy, ReaderLost, ReaderStatus, TwoCards
from terminal.qualification.contract import CertificateStatus, CheckFacts, PendingPrescription, RefusalReason, Way
from terminal.session import effects as fx
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.last_try import asks_before_last_try
from terminal.session.rules import Now, Rules
from terminal.session.step import next_tick, step
from vision.printed.card_guidance import CardGuidance
from vision.verdict import FaceCheckProgress, Guidance

WALL = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

CARD = CardFacts(
    certificate_not_before=WALL - timedelta(days=400),
    certificate_not_after=WALL + timedelta(days=900),
    card_expiry=date(2031, 4, 1),
    pin_tries_left=3,
    code_tries_left=10,
)
CHECK = CheckFacts(
    registered=True,
    valid=True,
    age=45,
    late_elderly=False,
    has_specific_disease_certificate=False,
    may_share=True,
    standing=CertificateStatus.VALID,
)
WAITING = tuple(
    PendingPrescription(id=f"rx-{number}", issued_on=date(2026, 11, 23 - number), institution=f"模擬医院{number}")
    for number in (1, 2, 3)
)
"""Electronic prescriptions at a pharmacy."""
GENUINE = ev.RecordFacts(authenticity="genuine", has_photo=True, reference_usable=True)


@dataclass
class Holder:
    """Confirmation of the cardholder in one reception, and the available methods."""

    card: int
    pin_on_card: bool = False
    code_on_card: bool = False
    camera_lost: bool = False
    photo: bool | None = None
    """None until the face record is opened."""
    faces_matched: int = 0
    faces_refused: int = 0
    pins_verified: int = 0


@dataclass
class CheckRecords:
    """Ledger entries and deliveries of one opened check."""

    decided: list[fx.Decision] = field(default_factory=list)
    on_disk: bool = False
    discarded: int = 0
    delivered: list[int] = field(default_factory=list)


class World:
    def __init__(self, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self.state: st.State = st.START
        self.seconds = 0.0
        self.cards = 0
        self.on_reader: int | None = None
        self.issued: list[fx.Effect] = []
        self.visited_states: list[st.State] = [self.state]
        self.displayed_items: set[tuple[str, Item]] = set()
        self.answered_yes: dict[tuple[str, Item], bool] = {}
        self.pins_entered = 0
        self.holders: dict[str, Holder] = {}
        self.camera = True
        self.reader = ReaderStatus.READY
        self.checked_in_without_sharing: set[str] = set()
        self.chosen_respondents: dict[str, AnsweredBy] = {}
        self.chose_face: set[str] = set()
        self.proxies: set[str] = set()
        """Receptions started from the proxy screen."""
        self.codes_shown: dict[str, date] = {}
        """Card expiry dates by handle, for codes waiting for a card."""
        self.codes_by_reception: dict[str, date] = {}
        """Card expiry dates by reception, for codes assigned to a card."""
        self.facts_by_reception: dict[str, CardFacts] = {}
        self.checks: dict[str, CheckRecords] = {}
        self.wiped: set[str] = set()
        self.released: set[str] = set()

    @property
    def now(self) -> Now:
        return Now(self.seconds, WALL + timedelta(seconds=self.seconds))

    @property
    def reception(self) -> st.Reception:
        assert not isinstance(self.state, st.Idle)
        return self.state.reception

    def insert_card(self) -> None:
        self.cards += 1
        self.on_reader = self.cards
        self.send(ev.CardPresent(self.cards, f"r{self.cards}"))

    def remove_card(self) -> None:
        if self.on_reader is not None:
            card, self.on_reader = self.on_reader, None
            self.send(ev.CardTaken(card))

    def touch(self, kind: type[ev.Touch], *args: object) -> tuple[fx.Effect, ...]:
        return self.send(kind(self.reception.id, *args))  # type: ignore[arg-type]

    def answer(
        self, kind: type[ev.EffectAnswer], *args: object, to: type[fx.Effect] | None = None
    ) -> tuple[fx.Effect, ...]:
        """Answer the effect that the state is waiting for, or the latest effect of type `to`."""
        number = self.state.waiting if not isinstance(self.state, st.Idle) else None
        if to is not None:
            number = next(effect.effect for effect in reversed(self.issued) if isinstance(effect, to))
        assert number is not None, f"{type(self.state).__name__} is not waiting for an effect"
        return self.send(kind(self.reception.id, number, *args))  # type: ignore[arg-type]

    def wait(self, seconds: float) -> tuple[fx.Effect, ...]:
        """Advance the clock by `seconds`, sending each tick that the state requests."""
        end = self.seconds + seconds
        effects: tuple[fx.Effect, ...] = ()
        while True:
            moment = next_tick(self.state, self.rules)
            if moment is None or moment > end:
                break
            self.seconds = max(self.seconds, moment)
            effects += self.send(ev.Tick())
        self.seconds = end
        return effects + self.send(ev.Tick())

    def send(self, event: ev.Event) -> tuple[fx.Effect, ...]:
        before = self.state
        self._track_answers(before, event)
        self._track_holder(before, event)
        self.state, effects = step(before, event, self.rules, self.now)
        self.issued += effects
        if self.state != before:
            self.visited_states.append(self.state)
        self._track_questions(self.state)
        if isinstance(event, ev.CardPresent) and isinstance(before, st.Idle) and before.proxy:
            self.proxies.add(event.reception)
        if isinstance(event, ev.CodeShown) and isinstance(self.state, st.CardShown) and self.state != before:
            self.codes_shown[event.shown] = event.expiry
        for effect in effects:
            self._track_effect(effect)
        return effects

    def _track_answers(self, state: st.State, event: ev.Event) -> None:
        """Record the patient's answer to the current screen."""
        if isinstance(state, st.Idle) or getattr(event, "reception", None) != state.reception.id:
            return
        key = state.reception.id
        match state, event:
            case st.Consent(index=None), ev.ShareAll() | ev.ShareNone():
                for question in state.questions:
                    for item in question.items:
                        self.answered_yes[key, item] = isinstance(event, ev.ShareAll)
            case (
                (st.Consent() | st.SpecificDisease() | st.Subsidies() | st.Limit()),
                ev.QuestionAnswered(question_id=question_id, granted=granted),
            ):
                current = state.question
                if current is not None and current.id == question_id:
                    for item in current.items:
                        self.answered_yes[key, item] = granted
            case _, ev.FaceChosen():
                self.chose_face.add(key)
            case _, ev.CheckInWithoutSharing() if self._may_check_in(state):
                self.checked_in_without_sharing.add(key)
            case _, ev.RespondentChosen(who=respondent) if isinstance(state, st.Notice | st.Registration | st.Asking):
                self.chosen_respondents[key] = respondent
            case st.PinEntry(phase=st.PinPhase.TYPING), ev.PinEntered():
                if not asks_before_last_try(state):
                    self.pins_entered += 1
            case _:
                pass

    @staticmethod
    def _may_check_in(state: st.AfterIdle) -> bool:
        check, ended = state.reception.check, isinstance(state, st.Submitting | st.Complete | st.Problem | st.Inquiry)
        return check is not None and check.facts.registered and not ended

    def _track_holder(self, state: st.State, event: ev.Event) -> None:
        """Record evidence about the cardholder from effects and their answers, independently of the state."""
        if isinstance(event, ev.CameraChanged):
            self.camera = event.available
        if isinstance(event, ev.ReaderChanged):
            self.reader = event.status
        if isinstance(event, ev.CardPresent):
            self.reader = ReaderStatus.READY
        if isinstance(event, ev.CardPresent):
            self.holders[event.reception] = Holder(event.card)
        for holder in self.holders.values():
            holder.camera_lost |= not self.camera
        if (
            isinstance(state, st.Idle)
            or not isinstance(event, get_args(ev.EffectAnswer))
            or event.effect != state.waiting
        ):
            return
        if event.reception != state.reception.id:
            return
        holder = self.holders[event.reception]
        match event:
            case ev.CardRead(facts=facts):
                self.facts_by_reception[event.reception] = facts
                holder.pin_on_card = facts.pin_tries_left > 0
                holder.code_on_card = facts.code_tries_left >= self.rules.code_tries_floor
            case ev.RecordOpened(record=record):
                accepted = record.authenticity == "genuine" or not self.rules.require_genuine_record
                holder.photo = accepted and record.has_photo and record.reference_usable
            case ev.CameraFailed():
                holder.camera_lost = True
            case ev.FaceMatched():
                holder.faces_matched += 1
            case ev.FaceRefused():
                holder.faces_refused += 1
            case ev.PinSigned() | ev.PhoneSigned():
                holder.pins_verified += 1
            case _:
                pass

    def _track_questions(self, state: st.State) -> None:
        match state:
            case st.Consent(index=None):
                items = [item for question in state.questions for item in question.items]
            case st.Consent() | st.SpecificDisease() | st.Subsidies() | st.Limit() if state.question is not None:
                items = list(state.question.items)
            case _:
                return
        self.displayed_items |= {(state.reception.id, item) for item in items}

    def _track_effect(self, effect: fx.Effect) -> None:
        match effect:
            case fx.RecordOpenedCheck(check_id=check_id):
                assert check_id not in self.checks
                self.checks[check_id] = CheckRecords()
            case fx.RecordDecision(decision=decision):
                self.checks[decision.check_id].decided.append(decision)
            case fx.RecordDiscarded(check_id=check_id):
                self.checks[check_id].discarded += 1
            case fx.Deliver(check_id=check_id):
                self.checks[check_id].delivered.append(effect.effect)
            case fx.WipeShownCode(shown=shown):
                del self.codes_shown[shown]
            case fx.ReadCard(reception=reception, shown=shown) if shown:
                self.codes_by_reception[reception] = self.codes_shown.pop(shown)
            case fx.WipeCode(reception=reception):
                expiry = self.codes_by_reception.pop(reception, None)
                assert expiry is not None or self.rules.reads_ahead, "the reception has no code to wipe"
            case fx.OpenFaceRecord(reception=reception):
                self.codes_by_reception.pop(reception, None)
            case fx.WipePatient(reception=reception):
                self.codes_by_reception.pop(reception, None)
                self.wiped.add(reception)
            case fx.ReleaseCard(reception=reception):
                self.released.add(reception)
            case _:
                pass

    # --- shortcuts ------------------------------------------------------------------------------------------

    def read_card(self, facts: CardFacts = CARD) -> None:
        self.insert_card()
        self.answer(ev.CardRead, facts)
        self.answer(ev.ChallengeFetched, self.now.wall + timedelta(minutes=5), to=fx.FetchChallenge)

    def verify_pin(self) -> None:
        self.touch(ev.PinEntered)
        self.answer(ev.PinSigned)

    def open_check(self, facts: CheckFacts = CHECK) -> None:
        self.answer(ev.CheckOpened, f"check-{self.reception.id}", facts)
        self.answer(ev.OpenedCheckRecorded)

    def identify_by_pin(self, card: CardFacts = CARD, check: CheckFacts = CHECK) -> None:
        self.read_card(card)
        if isinstance(self.state, st.ChoosingMethod):
            self.touch(ev.PinChosen)
        self.verify_pin()
        self.open_check(check)

    def decision(self) -> fx.Decision:
        return next(effect.decision for effect in reversed(self.issued) if isinstance(effect, fx.RecordDecision))

    def flags(self) -> dict[Item, int]:
        return {answer.item: int(answer.granted) for answer in self.decision().answers}


def plausible_answers(effect: fx.Effect, now: Now, facts: CheckFacts, card: CardFacts) -> list[ev.EffectAnswer]:
    """Return the possible answers to an effect, the successful answer first."""
    ids = (effect.reception, effect.effect)
    failed: list[ev.EffectAnswer] = [ev.EffectFailed(*ids)]
    card_failures = [ev.CardFailed(*ids, CardGone()), ev.CardFailed(*ids, CardUnreadable())]
    service: list[ev.EffectAnswer] = [ev.ServiceUnavailable(*ids), ev.ServiceRefused(*ids, RefusalReason.REVOKED)]
    match effect:
        case fx.ReadCard():
            others = [ev.CardFailed(*ids, failure) for failure in (TwoCards(), ReaderBusy("r"), ReaderLost("r"))]
            return [ev.CardRead(*ids, card), *card_failures, *failed, *others]
        case fx.FetchChallenge():
            return [ev.ChallengeFetched(*ids, now.wall + timedelta(minutes=3)), *service, *failed]
        case fx.ScanCode():
            guided = ev.ScanGuidance(*ids, CardGuidance.NEARER)
            return [guided, ev.CodeScanned(*ids), ev.CodeScanned(*ids, pinless=True), ev.CodeNotScanned(*ids)]
        case fx.OpenFaceRecord():
            return [
                ev.RecordOpened(*ids, GENUINE),
                ev.RecordOpened(*ids, ev.RecordFacts("genuine", False, False)),
                ev.RecordOpened(*ids, ev.RecordFacts("genuine", True, False)),
                ev.RecordOpened(*ids, ev.RecordFacts("forged", True, True)),
                ev.RecordOpened(*ids, ev.RecordFacts("cannot-tell", True, True)),
                ev.CodeRefused(*ids, effect.expected_left - 1),
                ev.CodeRefused(*ids, 0),
                *card_failures,
            ]
        case fx.VerifyPinAndSign(expected_left=left):
            return [
                ev.PinSigned(*ids),
                ev.PinRefused(*ids, left - 1, True),
                ev.PinRefused(*ids, left - 1, False),
                ev.PinRefused(*ids, 0, True),
                *card_failures,
                *failed,
            ]
        case fx.SignWithPhone():
            return [ev.PhoneSigned(*ids), ev.PhoneRefused(*ids), *card_failures, *failed]
        case fx.CheckFace():
            progress = FaceCheckProgress(Guidance.TOO_FAR, 1, 5)
            return [
                ev.FaceMatched(*ids, 0.2),
                ev.FaceRefused(*ids, "not-matched"),
                ev.FaceProgress(*ids, progress),
                ev.CameraFailed(*ids),
            ]
        case fx.ProveChip():
            return [ev.ChipSigned(*ids), *card_failures]
        case fx.OpenCheck():
            return [ev.CheckOpened(*ids, f"check-{effect.reception}", facts), *service, *failed]
        case fx.RecordOpenedCheck():
            return [ev.OpenedCheckRecorded(*ids), ev.LedgerFailed(*ids)]
        case fx.RegisterCard():
            return [ev.Registered(*ids, _registered(facts)), *service]
        case fx.RecordDecision():
            return [ev.DecisionRecorded(*ids), ev.LedgerFailed(*ids)]
        case fx.Deliver():
            return [ev.Accepted(*ids, True), ev.Accepted(*ids, False), *service]
        case _:
            return []


def _registered(facts: CheckFacts) -> CheckFacts:
    return facts.model_copy(update={"registered": True})


TOUCHES: tuple[type[ev.Touch], ...] = (
    ev.FaceChosen,
    ev.PinChosen,
    ev.CodeEntered,
    ev.CodeTypingChosen,
    ev.PinEntered,
    ev.PinForgotten,
    ev.PhoneChosen,
    ev.LastTryConfirmed,
    ev.StaffAuthenticated,
    ev.StaffRejected,
    ev.StaffDiscarded,
    ev.Understood,
    ev.RegistrationRequested,
    ev.RegistrationDeclined,
    ev.ShareAll,
    ev.ShareNone,
    ev.OneByOne,
    ev.Confirmed,
    ev.Back,
    ev.Cancelled,
    ev.CheckInWithoutSharing,
    ev.DetailsRequested,
    ev.NextFamilyMember,
    ev.MoreTime,
    ev.StaffCalled,
    ev.InquiryChosen,
)
__all__ = ["CARD", "CHECK", "GENUINE", "TOUCHES", "Way", "World", "plausible_answers"]
