"""Property tests of the session with random event sequences, including late and duplicate answers."""

from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st_
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from config.settings import ConsentSettings, DispensingPolicy, FaceAndPinPolicy, LimitPolicy, PrescriptionPolicy
from consent.items import AnsweredBy
from consent.records import Cause
from reader.facts import Medium, ReaderStatus
from terminal.audit import audit
from terminal.problems import ProblemCode
from terminal.qualification.contract import CertificateStatus, PrescriptionForm, Purpose, SubsidyStatus, Way
from terminal.session import effects as fx
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.last_try import asks_before_last_try
from terminal.session.rules import Rules
from terminal.session.step import step
from tests.terminal.session.world import CARD, CHECK, TOUCHES, WAITING, World, plausible_answers

CONSENTS = st_.builds(
    ConsentSettings,
    surgery=st_.booleans(),
    subsidies=st_.booleans(),
    health_checkup=st_.sampled_from([True, True, False]),
    limit=st_.sampled_from(LimitPolicy),
    prescription=st_.sampled_from(PrescriptionPolicy),
    dispensing=st_.sampled_from(DispensingPolicy),
)
RULES = st_.builds(
    Rules,
    consent=CONSENTS,
    staff_enabled=st_.booleans(),
    require_genuine_record=st_.booleans(),
    face_and_pin=st_.sampled_from([FaceAndPinPolicy.NEVER, *FaceAndPinPolicy]),
    phone=st_.booleans(),
)
FACTS = st_.builds(
    lambda **fields: CHECK.model_copy(update=fields),
    registered=st_.sampled_from([True, True, False]),
    valid=st_.sampled_from([True, True, True, False]),
    age=st_.sampled_from([9, 30, 45, 80]),
    subsidies=st_.sampled_from([SubsidyStatus.NONE, SubsidyStatus.USABLE]),
    has_specific_disease_certificate=st_.booleans(),
    may_share=st_.sampled_from([True, True, True, False]),
    prescriptions=st_.sampled_from([(), WAITING[:1], WAITING[:2], WAITING]),
    status=st_.sampled_from([CertificateStatus.VALID, *CertificateStatus]),
)
CARDS = st_.builds(
    lambda pin, code, medium: replace(CARD, pin_tries_left=pin, code_tries_left=code, medium=medium),
    st_.sampled_from([3, 3, 1, 0]),
    st_.sampled_from([10, 10, 3, 0]),
    st_.sampled_from([Medium.CARD] * 4 + [Medium.PHONE_PIN, Medium.PHONE_VERIFIES]),
)
OUTCOMES = st_.lists(
    st_.tuples(st_.sampled_from([0] * 9 + [1]), st_.sampled_from([0, 0, 0, 1, 3, 4])), min_size=6, max_size=16
)
"""Indices into the plausible answers. Most are successes, with more failures while confirming the cardholder."""


class Counter(RuleBasedStateMachine):
    """Sends random events to the session."""

    @initialize(rules=RULES, facts=FACTS, card=CARDS)
    def start(self, rules: Rules, facts: Any, card: Any) -> None:
        self.world = World(rules)
        self.facts, self.card = facts, card
        self.answered: list[ev.EffectAnswer] = []
        self.verifies: list[fx.VerifyPinAndSign] = []
        self.codes = 0

    def send(self, event: ev.Event) -> None:
        world, before = self.world, self.world.state
        effects = world.send(event)
        after = world.state
        self._check_verify(before, event, effects)
        self._check_delivery_follows_ledger(event, effects)
        self._check_holder_confirmed(before, effects)
        self._check_wiped_at_the_end(before, after)
        record = audit(before, event, after, world.now)
        assert (record is not None) == (before != after)
        self._check_lost_reader(before, event, after)
        if isinstance(event, get_args(ev.Device)) or isinstance(before, st.Idle):
            return
        if getattr(event, "reception", None) != before.reception.id:
            assert after == before
            assert effects == ()

    def _check_lost_reader(self, before: st.State, event: ev.Event, after: st.State) -> None:
        """Check that a lost reader is not reported as a removed card."""
        if isinstance(before, st.Idle) or not before.reception.card_in:
            return
        lost = (isinstance(event, ev.ReaderChanged) and event.status is not ReaderStatus.READY) or (
            isinstance(event, ev.CardTaken) and event.reader_lost
        )
        if not lost or isinstance(before, st.Submitting | st.Complete | st.Inquiry):
            return
        match after:
            case st.Problem(problem=problem):
                assert problem is ProblemCode.READER_LOST
            case st.Submitting():
                assert self.world.decision().cause is Cause.READER_LOST
            case st.Complete(outcome=outcome):
                assert outcome is st.Outcome.REGISTRATION_DECLINED
            case _:
                assert isinstance(before, st.Problem), type(after).__name__

    def _check_verify(self, before: st.State, event: ev.Event, effects: tuple[fx.Effect, ...]) -> None:
        for effect in effects:
            if isinstance(effect, fx.VerifyPinAndSign):
                assert isinstance(event, ev.PinEntered | ev.ChallengeFetched)
                assert isinstance(before, st.PinEntry)
                assert effect.card == before.reception.card
                assert before.reception.card_in
                assert effect.expected_left == before.left >= 1
                assert effect.expected_left > 1 or before.last_confirmed
                if self.world.rules.face_and_pin is FaceAndPinPolicy.ALWAYS:
                    assert self.world.holders[effect.reception].faces_matched, "a PIN try requires the face match"
                self.verifies.append(effect)
        assert len(self.verifies) <= self.world.pins_entered

    def _check_holder_confirmed(self, before: st.State, effects: tuple[fx.Effect, ...]) -> None:
        """Check that each opened check was confirmed by one method, or by both if required and available."""
        for effect in effects:
            if not isinstance(effect, fx.OpenCheck) or effect.way is Way.STAFF:
                continue
            if effect.way is Way.PHONE:
                self._check_phone_confirmed(effect)
                continue
            assert not isinstance(before, st.Idle)
            holder = self.world.holders[effect.reception]
            assert (before.reception.id, before.reception.card) == (effect.reception, holder.card)
            assert before.reception.card_in
            assert holder.pins_verified == 1 if effect.way is Way.PIN else holder.faces_matched == 1
            if self.world.rules.face_and_pin is FaceAndPinPolicy.NEVER or (
                holder.pins_verified and holder.faces_matched
            ):
                continue
            assert self.world.rules.face_and_pin is FaceAndPinPolicy.WHERE_POSSIBLE
            if effect.way is Way.FACE:
                assert not holder.pin_on_card
            elif effect.reception not in self.world.proxies:  # a proxy's face is never compared
                assert not holder.faces_refused
                no_photo = holder.photo is False or (holder.photo is None and not holder.code_on_card)
                assert no_photo or holder.camera_lost

    def _check_phone_confirmed(self, effect: fx.OpenCheck) -> None:
        facts = self.world.facts_by_reception[effect.reception]
        assert facts.medium is not Medium.CARD
        assert self.world.rules.phone
        assert self.world.rules.face_and_pin is not FaceAndPinPolicy.ALWAYS
        assert self.world.holders[effect.reception].pins_verified == 1

    def _check_delivery_follows_ledger(self, event: ev.Event, effects: tuple[fx.Effect, ...]) -> None:
        for effect in effects:
            if isinstance(effect, fx.Deliver):
                assert isinstance(event, ev.DecisionRecorded)

    def _check_wiped_at_the_end(self, before: st.State, after: st.State) -> None:
        if isinstance(before, st.Idle):
            return
        ended = isinstance(after, st.Idle) or after.reception.id != before.reception.id
        if ended or isinstance(after, st.Complete | st.Problem | st.Inquiry):
            assert before.reception.id in self.world.wiped
            assert before.reception.id in self.world.released

    # --- events ---------------------------------------------------------------------------------------------

    @rule(seconds=st_.sampled_from([0.2, 0.2, 0.2, 3, 11, 61, 200]))
    def time_passes(self, seconds: float) -> None:
        self.world.seconds += seconds
        self.send(ev.Tick())

    @precondition(lambda self: self.world.on_reader is None)
    @rule()
    def card_is_inserted(self) -> None:
        self.world.cards += 1
        self.world.on_reader = self.world.cards
        self.send(ev.CardPresent(self.world.cards, f"r{self.world.cards}"))

    @precondition(lambda self: self.world.on_reader is not None)
    @rule()
    def card_is_removed(self) -> None:
        card, self.world.on_reader = self.world.on_reader, None
        assert card is not None
        self.send(ev.CardTaken(card))

    @rule(available=st_.booleans())
    def camera_changes(self, available: bool) -> None:
        self.send(ev.CameraChanged(available))

    @rule(status=st_.sampled_from([ReaderStatus.READY] * 3 + list(ReaderStatus)))
    def reader_changes(self, status: ReaderStatus) -> None:
        if status is not ReaderStatus.READY:
            self.world.on_reader = None
        self.send(ev.ReaderChanged(status))

    @precondition(lambda self: self.world.on_reader is not None)
    @rule()
    def card_reader_is_lost_and_another_remains(self) -> None:
        card, self.world.on_reader = self.world.on_reader, None
        assert card is not None
        self.send(ev.CardTaken(card, reader_lost=True))

    @rule(matching=st_.booleans())
    def card_front_is_shown(self, matching: bool) -> None:
        assert CARD.card_expiry is not None
        self.codes += 1
        self.send(ev.CodeShown(f"shown-{self.codes}", CARD.card_expiry + timedelta(days=0 if matching else 30)))

    @precondition(lambda self: self.world.on_reader is None and isinstance(self.world.state, st.Idle))
    @rule(way=st_.sampled_from(["pin", "face"]), steps=st_.integers(5, 14))
    def reception_succeeds(self, way: str, steps: int) -> None:
        """Run a mostly successful reception, which reaches late states often."""
        self.card_is_inserted()
        for _ in range(steps):
            self.devices_succeed()
            self.patient_continues(prefer_face=way == "face")

    @precondition(lambda self: self.world.on_reader is None and isinstance(self.world.state, st.Idle))
    @rule(outcomes=OUTCOMES)
    def reception_with_failures(self, outcomes: list[tuple[int, int]]) -> None:
        """Run a reception in which several steps fail and the patient continues."""
        self.card_is_inserted()
        for ordinary, confirmation in outcomes:
            self.patient_continues(prefer_face=True)
            for effect in self._open()[-2:]:
                confirms = isinstance(effect, fx.OpenFaceRecord | fx.CheckFace | fx.VerifyPinAndSign)
                answers = plausible_answers(effect, self.world.now, self.facts, self.card)
                self._reply(answers[(confirmation if confirms else ordinary) % len(answers)])

    @rule(prefer_face=st_.booleans())
    def patient_continues(self, prefer_face: bool) -> None:
        """Touch the button that leads to the next screen."""
        state = self.world.state
        if isinstance(state, st.Idle) or state.waiting is not None:
            return
        key = state.reception.id
        match state:
            case st.ChoosingMethod():
                face = prefer_face or Way.PIN not in state.methods
                phone = Way.PHONE in state.methods
                self.send((ev.PhoneChosen if phone else ev.FaceChosen if face else ev.PinChosen)(key))
            case st.PrintedCodeEntry():
                self.send(ev.CodeEntered(key))
            case st.PinEntry():
                self.send(ev.LastTryConfirmed(key) if asks_before_last_try(state) else ev.PinEntered(key))
            case st.StaffCheck():
                self.send(ev.StaffConfirmed(key, "documents"))
            case st.Notice() | st.Inquiry():
                self.send(ev.Understood(key))
            case st.Registration():
                self.send(ev.RegistrationRequested(key))
            case st.Consent(index=None):
                self.send((ev.ShareAll if prefer_face else ev.OneByOne)(key))
            case st.Consent() | st.SpecificDisease() | st.Subsidies() | st.Limit() if state.question is not None:
                self.send(ev.QuestionAnswered(key, state.question.id, prefer_face))
            case st.Prescription():
                self.send(ev.PrescriptionChosen(key, PrescriptionForm.PAPER))
            case st.Dispensing():
                self.send(ev.DispensingChosen(key, (state.prescriptions[0].id,) if prefer_face else None))
            case st.Summary():
                self.send(ev.Confirmed(key))
            case _:
                pass

    @precondition(lambda self: not isinstance(self.world.state, st.Idle))
    @rule(kind=st_.sampled_from(TOUCHES), stale=st_.sampled_from([False] * 6 + [True]))
    def patient_touches(self, kind: Any, stale: bool) -> None:
        self.send(kind("r0" if stale else self.world.reception.id))

    @precondition(lambda self: not isinstance(self.world.state, st.Idle))
    @rule(granted=st_.booleans(), data=st_.data())
    def patient_answers(self, granted: bool, data: st_.DataObject) -> None:
        state = self.world.state
        questions = list(self.world.reception.shown)
        current = getattr(state, "question", None)
        if current is None and not questions:
            return
        question = current if current is not None else data.draw(st_.sampled_from(questions))
        self.send(ev.QuestionAnswered(self.world.reception.id, question.id, granted))

    @precondition(lambda self: isinstance(self.world.state, st.Prescription))
    @rule(form=st_.sampled_from(PrescriptionForm))
    def patient_chooses_form(self, form: PrescriptionForm) -> None:
        self.send(ev.PrescriptionChosen(self.world.reception.id, form))

    @precondition(lambda self: not isinstance(self.world.state, st.Idle))
    @rule(respondent=st_.sampled_from(AnsweredBy))
    def respondent_is_chosen(self, respondent: AnsweredBy) -> None:
        self.send(ev.RespondentChosen(self.world.reception.id, respondent))

    @precondition(lambda self: not isinstance(self.world.state, st.Idle))
    @rule(aside=st_.sampled_from((ev.LanguagesRequested, ev.JapaneseShown, ev.RepeatRequested, *ev.Aside)))
    def aside_is_requested(self, aside: Any) -> None:
        before = self.world.state
        reception = self.world.reception.id
        self.send(ev.AsideRequested(reception, aside) if isinstance(aside, ev.Aside) else aside(reception))
        assert type(self.world.state) is type(before)

    @precondition(lambda self: not isinstance(self.world.state, st.Idle))
    @rule(longer=st_.booleans(), size=st_.sampled_from(st.Size))
    def display_is_changed(self, longer: bool, size: st.Size) -> None:
        before = self.world.state
        self.send(ev.DisplayChanged(self.world.reception.id, size=size, more_time=longer))
        assert type(self.world.state) is type(before)
        assert self.world.reception.display.size is size

    @precondition(lambda self: isinstance(self.world.state, st.Idle))
    @rule(
        kind=st_.sampled_from(
            [
                ev.StaffAuthenticated,
                ev.InquiryChosen,
                ev.StaffCalled,
                ev.HelpChosen,
                ev.NoCardChosen,
                ev.ForChildChosen,
                ev.ProxyChosen,
                ev.Back,
                ev.Cancelled,
            ]
        )
    )
    def idle_screen_is_touched(self, kind: Any) -> None:
        self.send(kind(""))

    @precondition(lambda self: self.world.on_reader is None and isinstance(self.world.state, st.Idle))
    @rule(outcomes=OUTCOMES)
    def proxy_reception_with_failures(self, outcomes: list[tuple[int, int]]) -> None:
        """Run a proxy's reception with failures, trying the face first and then all other methods."""
        self.send(ev.ProxyChosen(""))
        self.reception_with_failures(outcomes=outcomes)

    @rule()
    def devices_succeed(self) -> None:
        """Answer the latest effects with success."""
        for effect in self._open()[-2:]:
            self._reply(plausible_answers(effect, self.world.now, self.facts, self.card)[0])

    @precondition(lambda self: self._open())
    @rule(data=st_.data())
    def device_answers(self, data: st_.DataObject) -> None:
        effect = data.draw(st_.sampled_from(self._open()))
        self._reply(data.draw(st_.sampled_from(plausible_answers(effect, self.world.now, self.facts, self.card))))

    @precondition(lambda self: self.answered)
    @rule(data=st_.data())
    def old_answer_is_repeated(self, data: st_.DataObject) -> None:
        before = self.world.state
        event = data.draw(st_.sampled_from(self.answered))
        self.send(event)
        if not isinstance(event, ev.FaceProgress):
            assert self.world.state == before

    def _open(self) -> list[fx.Effect]:
        answered = {(answer.reception, answer.effect) for answer in self.answered}
        return [
            effect
            for effect in self.world.issued
            if (effect.reception, effect.effect) not in answered
            and plausible_answers(effect, self.world.now, self.facts, self.card)
        ]

    def _reply(self, event: ev.EffectAnswer) -> None:
        self.send(event)
        if not isinstance(event, ev.FaceProgress):
            self.answered.append(event)

    # --- invariants -----------------------------------------------------------------------------------------

    @invariant()
    def consent_matches_the_patients_answers(self) -> None:
        for effect in self.world.issued:
            if not isinstance(effect, fx.RecordDecision):
                continue
            for answer in effect.decision.answers:
                key = (effect.reception, answer.item)
                assert key in self.world.displayed_items, f"{answer.item} was not on the screen"
                if answer.granted:
                    assert self.world.answered_yes[key]
            items = [answer.item for answer in effect.decision.answers]
            assert len(items) == len(set(items))
            assert not set(items) & set(effect.decision.by_law)

    @invariant()
    def opened_check_ends_once(self) -> None:
        with_problem = {
            state.reception.id
            for state in self.world.visited_states
            if isinstance(state, st.Problem) and state.reception.check is not None
        }
        for check_id, records in self.world.checks.items():
            assert len(records.decided) + records.discarded <= 1
            assert len(records.delivered) <= 1
            reception = check_id.removeprefix("check-")
            over = isinstance(self.world.state, st.Idle) or self.world.reception.id != reception
            if over and reception not in with_problem:
                assert len(records.decided) + records.discarded == 1

    @invariant()
    def checking_in_without_sharing_shares_nothing(self) -> None:
        for effect in self.world.issued:
            if isinstance(effect, fx.RecordDecision) and effect.reception in self.world.checked_in_without_sharing:
                assert not any(answer.granted for answer in effect.decision.answers)
                assert effect.decision.cause is Cause.WITHOUT_SHARING

    @invariant()
    def chosen_respondent_is_recorded(self) -> None:
        for effect in self.world.issued:
            if isinstance(effect, fx.RecordDecision):
                proxy = effect.reception in self.world.proxies
                chosen = self.world.chosen_respondents.get(effect.reception)
                assert effect.decision.answered_by is (AnsweredBy.PROXY if proxy else chosen)

    @invariant()
    def proxy_face_is_never_compared(self) -> None:
        for effect in self.world.issued:
            if isinstance(effect, fx.CheckFace):
                assert effect.reception not in self.world.proxies
            if isinstance(effect, fx.OpenCheck) and effect.reception in self.world.proxies:
                assert effect.way is not Way.FACE

    @invariant()
    def out_of_service_only_without_a_reader(self) -> None:
        state = self.world.state
        reader = state.reader if isinstance(state, st.Idle) else state.reception.reader
        assert reader is self.world.reader
        if isinstance(state, st.Idle):
            assert (state.out_of_service is None) == (self.world.reader is ReaderStatus.READY)

    @invariant()
    def code_exists_only_with_its_card(self) -> None:
        """Check that a code without a card exists only while its screen waits for the card."""
        state = self.world.state
        waiting = {state.shown: state.expiry} if isinstance(state, st.CardShown) else {}
        assert self.world.codes_shown == waiting
        for reception, expiry in self.world.codes_by_reception.items():
            assert not isinstance(state, st.Idle)
            assert reception == state.reception.id
            facts = self.world.facts_by_reception.get(reception)
            assert facts is None or (facts.card_expiry == expiry and facts.medium is Medium.CARD)

    @invariant()
    def face_check_starts_only_by_touch(self) -> None:
        state = self.world.state
        if isinstance(state, st.FaceCheck) or (isinstance(state, st.PrintedCodeEntry) and state.target is Way.FACE):
            assert state.reception.id in self.world.chose_face

    @invariant()
    def inquiry_submits_nothing(self) -> None:
        state = self.world.state
        if not isinstance(state, st.Idle) and state.reception.purpose is Purpose.INQUIRY:
            assert state.reception.check is None

    def teardown(self) -> None:
        """Check that timeouts alone return each state to idle without patient data."""
        world = self.world
        if world.on_reader is not None:
            world.remove_card()
        for _ in range(200):
            if type(world.state) is st.Idle:
                break
            world.wait(max(world.rules.timeouts.values()))
        assert type(world.state) is st.Idle
        assert not world.codes_shown
        assert not world.codes_by_reception
        world.wait(world.rules.timeouts["StaffCheck"])
        world.send(ev.ReaderChanged(ReaderStatus.READY))
        assert world.state == st.Idle(camera=world.camera), "data of the last reception remains"
        started = {effect.reception for effect in world.issued if isinstance(effect, fx.ReadCard)}
        assert started <= world.wiped


def example_count() -> int:
    """Return the number of examples in the current Hypothesis profile."""
    assert settings.default is not None
    return settings.default.max_examples


EXAMPLES = example_count()

TestCounter = Counter.TestCase
TestCounter.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@settings(max_examples=4 * EXAMPLES, deadline=None)
@given(
    rules=RULES.filter(lambda rules: rules.face_and_pin is not FaceAndPinPolicy.NEVER), card=CARDS, outcomes=OUTCOMES
)
def test_repeated_failures_never_weaken_confirmation(rules: Rules, card: Any, outcomes: list[Any]) -> None:
    """Face, code, camera and PIN fail in succession, which is rare in the state machine above."""
    counter = Counter()
    counter.start(rules=rules, facts=CHECK, card=card)
    counter.reception_with_failures(outcomes=outcomes)


@pytest.mark.long
@pytest.mark.timeout(1800)
class TestCounterLong(Counter.TestCase):  # type: ignore[misc, valid-type]
    settings = settings(
        max_examples=5000, stateful_step_count=100, deadline=None, suppress_health_check=list(HealthCheck)
    )


def test_screen_returns_to_idle_while_card_is_on_reader() -> None:
    world = World()
    world.identify_by_pin()
    world.wait(10_000)
    assert isinstance(world.state, st.Idle)
    assert world.state.card_left == world.on_reader
    world.remove_card()
    assert world.state == st.Idle()


def test_step_depends_only_on_its_arguments() -> None:
    world = World()
    world.identify_by_pin()
    event = ev.ShareAll(world.reception.id)
    now = world.now
    assert step(world.state, event, world.rules, now) == step(world.state, event, world.rules, now)
    later = step(world.state, event, world.rules, one_second_after(now))
    assert later != step(world.state, event, world.rules, now), "the consent is timestamped with the touch"


def one_second_after(now: Any) -> Any:
    return now._replace(wall=now.wall + timedelta(seconds=1))
