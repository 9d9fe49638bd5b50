"""The properties of the flow, over any sequence of events - with answers late, twice, and in the next reception."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st_
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from config.settings import AlsoPin, ConsentSettings, LimitPolicy, PrescriptionPolicy
from terminal.audit import audit
from terminal.qualification.contract import CertificateStanding, PrescriptionForm, Purpose, Way
from terminal.session import effects as fx
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.rules import Rules
from terminal.session.step import step
from tests.terminal.session.world import CARD, CHECK, TOUCHES, World, plausible_answers

CONSENTS = st_.builds(
    ConsentSettings,
    surgery=st_.booleans(),
    health_checkup=st_.sampled_from([True, True, False]),
    limit=st_.sampled_from(LimitPolicy),
    prescription=st_.sampled_from(PrescriptionPolicy),
)
RULES = st_.builds(
    Rules,
    consent=CONSENTS,
    staff_enabled=st_.booleans(),
    require_genuine_record=st_.booleans(),
    also_pin=st_.sampled_from(AlsoPin),
)
FACTS = st_.builds(
    lambda **fields: CHECK.model_copy(update=fields),
    registered=st_.sampled_from([True, True, False]),
    valid=st_.sampled_from([True, True, True, False]),
    age=st_.sampled_from([30, 45, 80]),
    has_specific_disease_certificate=st_.booleans(),
    may_share=st_.sampled_from([True, True, True, False]),
    standing=st_.sampled_from([CertificateStanding.VALID, *CertificateStanding]),
)
CARDS = st_.builds(
    lambda pin, code: replace(CARD, pin_tries_left=pin, code_tries_left=code),
    st_.sampled_from([3, 3, 1, 0]),
    st_.sampled_from([10, 10, 3, 0]),
)
LUCK = st_.lists(
    st_.tuples(st_.sampled_from([0] * 9 + [1]), st_.sampled_from([0, 0, 0, 1, 3, 4])), min_size=6, max_size=16
)
"""Which of the plausible answers comes: mostly the good one, except where the holder is confirmed."""


class Counter(RuleBasedStateMachine):
    """Everything that can happen at the counter, in any order."""

    @initialize(rules=RULES, facts=FACTS, card=CARDS)
    def open_the_clinic(self, rules: Rules, facts: Any, card: Any) -> None:
        self.world = World(rules)
        self.facts, self.card = facts, card
        self.answered: list[ev.Answer] = []
        self.verifies: list[fx.VerifyPinAndSign] = []

    def send(self, event: ev.Event) -> None:
        world, before = self.world, self.world.state
        effects = world.send(event)
        after = world.state
        self._verify_sent(before, event, effects)
        self._nothing_before_the_ledger(event, effects)
        self._holder_is_confirmed(before, effects)
        self._wiped_on_the_way_to_idle(before, after)
        record = audit(before, event, after, world.now)
        assert (record is not None) == (before != after)
        if isinstance(event, ev.CardPresent | ev.CardTaken | ev.Tick | ev.CameraChanged) or isinstance(before, st.Idle):
            return
        if event.reception != before.reception.id:
            assert after == before
            assert effects == ()

    def _verify_sent(self, before: st.State, event: ev.Event, effects: tuple[fx.Effect, ...]) -> None:
        for effect in effects:
            if isinstance(effect, fx.VerifyPinAndSign):
                assert isinstance(event, ev.PinEntered | ev.ChallengeFetched)
                assert isinstance(before, st.PinEntry)
                assert effect.card == before.reception.card
                assert before.reception.card_in
                assert effect.expected_left == before.left >= 1
                assert effect.expected_left > 1 or before.last_confirmed
                if self.world.rules.also_pin is AlsoPin.ALWAYS:
                    assert self.world.holders[effect.reception].faces_matched, "no try without the face"
                self.verifies.append(effect)
        assert len(self.verifies) <= self.world.pins_entered

    def _holder_is_confirmed(self, before: st.State, effects: tuple[fx.Effect, ...]) -> None:
        """By one way, or where the institution asks for both by both - or by the one there was."""
        for effect in effects:
            if not isinstance(effect, fx.OpenCheck) or effect.way is Way.STAFF:
                continue
            assert not isinstance(before, st.Idle)
            holder = self.world.holders[effect.reception]
            assert (before.reception.id, before.reception.card) == (effect.reception, holder.card)
            assert before.reception.card_in
            assert holder.pins_right == 1 if effect.way is Way.PIN else holder.faces_matched == 1
            if self.world.rules.also_pin is AlsoPin.NEVER or (holder.pins_right and holder.faces_matched):
                continue
            assert self.world.rules.also_pin is AlsoPin.WHERE_POSSIBLE
            if effect.way is Way.FACE:
                assert not holder.pin_on_card
            else:
                assert not holder.faces_refused
                no_photo = holder.photo is False or (holder.photo is None and not holder.code_on_card)
                assert no_photo or holder.camera_lost

    def _nothing_before_the_ledger(self, event: ev.Event, effects: tuple[fx.Effect, ...]) -> None:
        for effect in effects:
            if isinstance(effect, fx.Deliver):
                assert isinstance(event, ev.DecisionRecorded)

    def _wiped_on_the_way_to_idle(self, before: st.State, after: st.State) -> None:
        if isinstance(before, st.Idle):
            return
        ended = isinstance(after, st.Idle) or after.reception.id != before.reception.id
        if ended or isinstance(after, st.Complete | st.Problem | st.Inquiry):
            assert before.reception.id in self.world.wiped
            assert before.reception.id in self.world.released

    # --- what happens ---------------------------------------------------------------------------------------

    @rule(seconds=st_.sampled_from([0.2, 0.2, 0.2, 3, 11, 61, 200]))
    def time_passes(self, seconds: float) -> None:
        self.world.seconds += seconds
        self.send(ev.Tick())

    @precondition(lambda self: self.world.lying is None)
    @rule()
    def card_is_put_down(self) -> None:
        self.world.cards += 1
        self.world.lying = self.world.cards
        self.send(ev.CardPresent(self.world.cards, f"r{self.world.cards}"))

    @precondition(lambda self: self.world.lying is not None)
    @rule()
    def card_is_taken(self) -> None:
        card, self.world.lying = self.world.lying, None
        self.send(ev.CardTaken(card))

    @rule(available=st_.booleans())
    def camera_changes(self, available: bool) -> None:
        self.send(ev.CameraChanged(available))

    @precondition(lambda self: self.world.lying is None and isinstance(self.world.state, st.Idle))
    @rule(way=st_.sampled_from(["pin", "face"]), steps=st_.integers(5, 14))
    def a_reception_gets_somewhere(self, way: str, steps: int) -> None:
        """So that the deep states are met often."""
        self.card_is_put_down()
        for _ in range(steps):
            self.devices_answer_well()
            self.patient_goes_on(prefer_face=way == "face")

    @precondition(lambda self: self.world.lying is None and isinstance(self.world.state, st.Idle))
    @rule(luck=LUCK)
    def a_reception_goes_anyhow(self, luck: list[tuple[int, int]]) -> None:
        """So that one thing after another goes wrong in it, and the patient goes on all the same."""
        self.card_is_put_down()
        for usual, holder in luck:
            self.patient_goes_on(prefer_face=True)
            for effect in self._open()[-2:]:
                which = holder if isinstance(effect, fx.OpenFaceRecord | fx.CheckFace | fx.VerifyPinAndSign) else usual
                answers = plausible_answers(effect, self.world.now, self.facts, self.card)
                self._reply(answers[which % len(answers)])

    @rule(prefer_face=st_.booleans())
    def patient_goes_on(self, prefer_face: bool) -> None:
        """The touch that leads on, whatever the state is."""
        state = self.world.state
        if isinstance(state, st.Idle) or state.waiting is not None:
            return
        key = state.reception.id
        match state:
            case st.ChoosingMethod():
                self.send((ev.FaceChosen if prefer_face else ev.PinChosen)(key))
            case st.PrintedCodeEntry():
                self.send(ev.CodeEntered(key))
            case st.PinEntry():
                self.send(ev.LastTryConfirmed(key) if state.needs_confirmation else ev.PinEntered(key))
            case st.StaffCheck():
                self.send(ev.StaffSaysSame(key, "documents"))
            case st.Notice() | st.Inquiry():
                self.send(ev.Understood(key))
            case st.Registration():
                self.send(ev.RegistrationWanted(key))
            case st.Consent(index=None):
                self.send((ev.ShareAll if prefer_face else ev.OneByOne)(key))
            case st.Consent() | st.SpecificDisease() | st.Limit() if state.question is not None:
                self.send(ev.QuestionAnswered(key, state.question.id, prefer_face))
            case st.Prescription():
                self.send(ev.PrescriptionChosen(key, PrescriptionForm.PAPER))
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
        asked = getattr(state, "question", None)
        if asked is None and not questions:
            return
        question = asked if asked is not None else data.draw(st_.sampled_from(questions))
        self.send(ev.QuestionAnswered(self.world.reception.id, question.id, granted))

    @precondition(lambda self: isinstance(self.world.state, st.Prescription))
    @rule(form=st_.sampled_from(PrescriptionForm))
    def patient_chooses_form(self, form: PrescriptionForm) -> None:
        self.send(ev.PrescriptionChosen(self.world.reception.id, form))

    @precondition(lambda self: isinstance(self.world.state, st.Idle))
    @rule(kind=st_.sampled_from([ev.StaffAuthenticated, ev.InquiryChosen, ev.StaffCalled]))
    def somebody_touches_the_idle_screen(self, kind: Any) -> None:
        self.send(kind(""))

    @rule()
    def devices_answer_well(self) -> None:
        """The first plausible answer is the good one: so that the deep states are reached too."""
        for effect in self._open()[-2:]:
            self._reply(plausible_answers(effect, self.world.now, self.facts, self.card)[0])

    @precondition(lambda self: self._open())
    @rule(data=st_.data())
    def a_device_answers_anyhow(self, data: st_.DataObject) -> None:
        effect = data.draw(st_.sampled_from(self._open()))
        self._reply(data.draw(st_.sampled_from(plausible_answers(effect, self.world.now, self.facts, self.card))))

    @precondition(lambda self: self.answered)
    @rule(data=st_.data())
    def an_old_answer_comes_again(self, data: st_.DataObject) -> None:
        before = self.world.state
        event = data.draw(st_.sampled_from(self.answered))
        self.send(event)
        if not isinstance(event, ev.FaceProgress):
            assert self.world.state == before

    def _open(self) -> list[fx.Effect]:
        done = {(answer.reception, answer.effect) for answer in self.answered}
        return [
            effect
            for effect in self.world.issued
            if (effect.reception, effect.effect) not in done
            and plausible_answers(effect, self.world.now, self.facts, self.card)
        ]

    def _reply(self, event: ev.Answer) -> None:
        self.send(event)
        if not isinstance(event, ev.FaceProgress):
            self.answered.append(event)

    # --- what must hold -------------------------------------------------------------------------------------

    @invariant()
    def consent_is_what_was_asked_and_answered(self) -> None:
        for effect in self.world.issued:
            if not isinstance(effect, fx.RecordDecision):
                continue
            for answer in effect.decision.answers:
                key = (effect.reception, answer.item)
                assert key in self.world.shown, f"{answer.item} was never on the screen"
                if answer.granted:
                    assert self.world.said_yes[key]
            items = [answer.item for answer in effect.decision.answers]
            assert len(items) == len(set(items))
            assert not set(items) & set(effect.decision.by_law)

    @invariant()
    def an_opened_check_has_one_end(self) -> None:
        ended_badly = {
            state.reception.id
            for state in self.world.seen_states
            if isinstance(state, st.Problem) and state.reception.check is not None
        }
        for check_id, ledgered in self.world.checks.items():
            assert len(ledgered.decided) + ledgered.discarded <= 1
            assert len(ledgered.delivered) <= 1
            reception = check_id.removeprefix("check-")
            over = isinstance(self.world.state, st.Idle) or self.world.reception.id != reception
            if over and reception not in ended_badly:
                assert len(ledgered.decided) + ledgered.discarded == 1

    @invariant()
    def an_inquiry_submits_nothing(self) -> None:
        state = self.world.state
        if not isinstance(state, st.Idle) and state.reception.purpose is Purpose.INQUIRY:
            assert state.reception.check is None

    def teardown(self) -> None:
        """Left alone, every state falls back to idle within its timeouts, and nothing of the patient survives."""
        world = self.world
        if world.lying is not None:
            world.take_card()
        for _ in range(200):
            if isinstance(world.state, st.Idle):
                break
            world.wait(max(world.rules.timeouts.values()))
        assert isinstance(world.state, st.Idle)
        begun = {effect.reception for effect in world.issued if isinstance(effect, fx.ReadCard)}
        assert begun <= world.wiped


TestCounter = Counter.TestCase
TestCounter.settings = settings(
    max_examples=3 * settings.default.max_examples,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@settings(max_examples=6 * settings.default.max_examples, deadline=None)
@given(rules=RULES.filter(lambda rules: rules.also_pin is not AlsoPin.NEVER), card=CARDS, luck=LUCK)
def test_a_reception_in_which_much_goes_wrong_opens_by_no_less(rules: Rules, card: Any, luck: list[Any]) -> None:
    """Face, code, camera and PIN failing one after the other: rare in the machine above, which does everything."""
    counter = Counter()
    counter.open_the_clinic(rules=rules, facts=CHECK, card=card)
    counter.a_reception_goes_anyhow(luck=luck)


@pytest.mark.long
@pytest.mark.timeout(1800)
class TestCounterLong(Counter.TestCase):
    settings = settings(
        max_examples=5000, stateful_step_count=100, deadline=None, suppress_health_check=list(HealthCheck)
    )


def test_idle_is_reached_with_the_card_still_lying_there() -> None:
    world = World()
    world.by_pin()
    world.wait(10_000)
    assert isinstance(world.state, st.Idle)
    assert world.state.card_left == world.lying
    world.take_card()
    assert world.state == st.Idle()


def test_a_step_is_a_function_of_its_arguments() -> None:
    world = World()
    world.by_pin()
    event = ev.ShareAll(world.reception.id)
    now = world.now
    assert step(world.state, event, world.rules, now) == step(world.state, event, world.rules, now)
    later = step(world.state, event, world.rules, replace_now(now))
    assert later != step(world.state, event, world.rules, now), "the consent's moment is the moment of the touch"


def replace_now(now: Any) -> Any:
    return now._replace(wall=now.wall + timedelta(seconds=1))
