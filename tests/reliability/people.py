"""Random patients, staff and faults at the counter of the soak test."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from consent.items import AnsweredBy
from reader.facts import ReaderStatus
from reader.softcard.card import Card
from reader.softcard.faults import FAULTS, FaultyCard
from terminal.qualification.contract import PrescriptionForm, RefusalReason
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.display import Size
from terminal.session.last_try import asks_before_last_try
from terminal.simulated.service.misbehaviour import Lie, Operation, ResponseMode, Rule
from terminal.talk.parts import Button, PadKind
from terminal.talk.view import talk_for
from terminal.words.catalogue import Speak
from tests.reliability.counter import PERSONAS, SILENCE_SECONDS, UNUSABLE, SoakTerminal
from tests.reliability.faulty_share import SHARE_FAULTS

WRONG_CLOCKS = (
    timedelta(seconds=40),
    timedelta(seconds=-40),
    timedelta(seconds=170),
    timedelta(seconds=-170),
    timedelta(hours=1),
    timedelta(hours=-3),
    timedelta(days=2),
    timedelta(days=-9000),
    timedelta(days=400),
)
_OPERATIONS = (
    Operation.CHALLENGE,
    Operation.OPEN,
    Operation.REGISTER,
    Operation.SUBMIT,
    Operation.RESULT,
    Operation.WITHDRAW,
    Operation.EVERY,
)
_DETOURS = frozenset(
    {
        *("StaffCalled", "MoreTime", "DisplayChanged", "RespondentChosen", "LanguagesRequested", "JapaneseShown"),
        *("AsideRequested", "SayAgain"),
    }
)
"""Touches that do not advance the reception. They are limited so that the reception ends."""


@dataclass
class Tally:
    """Occurrences by name."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1


class People:
    """Simulated patients and staff. `_irregular` is the probability of an irregular action per step."""

    def __init__(self, terminal: SoakTerminal, rng: random.Random, speak: Speak, tally: Tally) -> None:
        self.terminal, self.rng, self.tally = terminal, rng, tally
        self._speak = speak
        self._irregular = 0.0
        self._card_inserted = False
        self._pins: list[str] = []
        self._detours = 0

    # --- reception --------------------------------------------------------------------------------------------

    def arrive(self) -> None:
        """Insert a card, possibly after injecting faults."""
        rng = self.rng
        self._irregular = rng.choice((0.0, 0.0, 0.03, 0.15))
        self._pins = ["0000"] * rng.choice((0, 0, 0, 0, 0, 0, 0, 0, 1, 3))
        self._detours = 0
        for probability, inject in (
            (0.2, self._service),
            (0.06, self._share),
            (0.05, self._clock),
            (0.05, self._camera),
            (0.01, self._ledger),
        ):
            if rng.random() < probability:
                inject()
        persona = rng.choice(PERSONAS if rng.random() < 0.9 else UNUSABLE)
        if rng.random() < 0.04:
            self._act_before_card()
        card: Card = self.terminal.card(persona)
        if rng.random() < 0.12:
            name = rng.choice(list(FAULTS))
            self.tally.add(f"card: {name}")
            card = FaultyCard(card, rng.randint(1, 40), FAULTS[name])
        self.tally.add(f"persona: {persona}")
        self.insert_card(card)

    def insert_card(self, card: Card) -> None:
        self.terminal.reader.slot.insert(card)
        self._card_inserted = True

    def remove_card(self) -> None:
        if self._card_inserted:
            self.terminal.reader.remove()
            self._card_inserted = False

    @property
    def card_inserted(self) -> bool:
        return self._card_inserted

    def act(self, state: st.AfterIdle) -> None:
        """Perform one action."""
        if self.rng.random() < self._irregular:
            self.rng.choice(_IRREGULAR_ACTIONS)(self, state)
        elif isinstance(state, st.Complete):
            self._end(state)
        elif isinstance(state, st.Problem | st.Inquiry):
            self.remove_card()
        elif state.waiting is None or isinstance(state, st.PrintedCodeEntry | st.FaceCheck):
            self._answer(state)

    def _end(self, state: st.Complete) -> None:
        if self.rng.random() < 0.03:
            self.terminal.clock.skip(70)  # the patient forgets the card, is reminded, and staff are called
            self.post(ev.Tick())
        if self.rng.random() < 0.03:
            self.post(ev.DetailsRequested(state.reception.id))
        if self.rng.random() < 0.05:
            self.tally.add("patient: next family member")
            self.post(ev.NextFamilyMember(state.reception.id))
        self.remove_card()

    def _answer(self, state: st.AfterIdle) -> None:
        """Touch a button on the screen or type the requested digits."""
        talk = talk_for(state, self.terminal.conductor.rules, self._speak)
        match talk.body.pad, state:
            case PadKind.PIN, st.PinEntry() if not asks_before_last_try(state) and self.rng.random() < 0.95:
                self._type_pin()
            case PadKind.CODE, st.PrintedCodeEntry() if not state.scanning and self.rng.random() < 0.8:
                self._type_code()
            case _:
                buttons = [button for button in talk.buttons if self._is_chosen(button)]
                if (buttons and not isinstance(state, st.FaceCheck)) or (
                    isinstance(state, st.FaceCheck) and self.rng.random() < 0.1 and buttons
                ):
                    self.post(self.rng.choice(buttons).event)

    def _is_chosen(self, button: Button) -> bool:
        """Return whether to touch `button`. Cancelling and detours are less likely than answers."""
        kind = type(button.event).__name__
        if kind in _DETOURS:
            self._detours += 1
            return self._detours < 6 and self.rng.random() < 0.1
        if isinstance(button.event, ev.Cancelled | ev.CheckInWithoutSharing):
            return self.rng.random() < 0.06
        return True

    def _type_pin(self) -> None:
        patient = self.terminal.conductor.patient
        if patient is None:
            return
        patient.pin.wipe()
        for digit in self._pins.pop() if self._pins else "1234":
            patient.pin.push(int(digit))
        self.terminal.conductor.enter_pin()

    def _type_code(self) -> None:
        code = self.terminal.reader.scanner.scan() or bytearray(b"00000020310000")
        if self.rng.random() < 0.1:
            code[-1:] = b"%d" % ((code[-1] - ord("0") + 1) % 10)
        self.terminal.conductor.enter_code(code)

    def post(self, event: ev.Event) -> None:
        self.terminal.conductor.post(event)

    # --- faults -----------------------------------------------------------------------------------------------

    def _service(self) -> None:
        rng = self.rng
        operation = rng.choice(_OPERATIONS)
        mode = rng.choice(list(ResponseMode))
        if operation is Operation.EVERY and mode is ResponseMode.LYING:
            operation = Operation.RESULT
        lie = rng.choice(list(Lie)) if mode is ResponseMode.LYING else None
        if mode in (ResponseMode.REFUSING, ResponseMode.NORMAL) and rng.random() < 0.3:
            lie = Lie.UNSIGNED
        delay = rng.choice((0, 0, 0, 0.05, SILENCE_SECONDS, SILENCE_SECONDS + 0.1))
        rule = Rule(
            mode=mode,
            lie=lie,
            delay_seconds=delay,
            status=rng.choice((500, 502, 503, 504)),
            reason=rng.choice(list(RefusalReason)),
            times=rng.choice((1, 1, 2, 5)),
        )
        self.tally.add(f"service: {mode}" + (f" {lie}" if lie else "") + (" slow" if delay > 0.3 else ""))
        self.terminal.service.set(operation, rule)

    def _share(self) -> None:
        fault = self.rng.choice(SHARE_FAULTS)
        self.tally.add(f"share: {fault}")
        self.terminal.set_share_fault(fault)

    def _clock(self) -> None:
        self.terminal.clock.error = self.rng.choice(WRONG_CLOCKS)
        self.tally.add("clock: jump")

    def _ledger(self) -> None:
        self.terminal.disk.full = True
        self.tally.add("ledger: disk full")

    def _camera(self) -> None:
        self.terminal.camera.unplugged = not self.terminal.camera.unplugged
        self.post(ev.CameraChanged(not self.terminal.camera.unplugged))
        self.tally.add("camera: lost" if self.terminal.camera.unplugged else "camera: back")

    def _act_before_card(self) -> None:
        kinds: tuple[Callable[[], ev.Event], ...] = (
            lambda: ev.StaffAuthenticated(""),
            lambda: ev.InquiryChosen(""),
            lambda: ev.ForChildChosen(""),
            lambda: ev.HelpChosen(""),
            lambda: ev.DisplayChanged("", language="en", size=Size.LARGE),
        )
        event = self.rng.choice(kinds)()
        self.tally.add(f"before the card: {type(event).__name__}")
        self.post(event)

    def repair(self) -> None:
        """Clear all faults except the service's rules, which expire after a number of calls."""
        self.terminal.set_share_fault("")
        self.terminal.disk.full = False
        self.terminal.clock.error = timedelta()
        self.terminal.reader.slot.hold(None)
        self.terminal.reader.slot.remove(1)
        self.terminal.reader.slot.plug()
        if self.terminal.camera.unplugged:
            self._camera()


# --- irregular actions ------------------------------------------------------------------------------------------


def _pull_card(people: People, state: st.AfterIdle) -> None:
    people.tally.add("card: removed early")
    people.remove_card()


def _swap_card(people: People, state: st.AfterIdle) -> None:
    people.tally.add("card: swapped")
    people.remove_card()
    people.insert_card(people.terminal.card("pin-right"))


def _unplug_reader(people: People, state: st.AfterIdle) -> None:
    people.tally.add("reader: unplugged")
    people.terminal.reader.slot.unplug(people.rng.choice((ReaderStatus.NONE, ReaderStatus.NO_SERVICE)))
    people._card_inserted = False


def _add_second_card(people: People, state: st.AfterIdle) -> None:
    people.tally.add("reader: second card")
    people.terminal.reader.slot.remove(1)
    people.terminal.reader.slot.insert(people.terminal.card("pin-right"), 1)


def _block_reader(people: People, state: st.AfterIdle) -> None:
    people.tally.add("reader: in use by another program")
    people.terminal.reader.slot.hold("another program")


def _time_out(people: People, state: st.AfterIdle) -> None:
    people.tally.add("patient: timeout")
    clock = people.terminal.clock
    clock.skip(state.deadline - clock.now().monotonic + 0.01)
    people.post(ev.Tick())


def _authenticate_staff(people: People, state: st.AfterIdle) -> None:
    people.tally.add("staff: password")
    people.post(ev.StaffAuthenticated(state.reception.id))


def _discard(people: People, state: st.AfterIdle) -> None:
    people.tally.add("staff: discards")
    people.post(ev.StaffDiscarded(state.reception.id))


def _random_touch(people: People, state: st.AfterIdle) -> None:
    """Post a random touch, offered or not, for this or a different reception."""
    reception = people.rng.choice((state.reception.id, state.reception.id, "", "r-another"))
    event = people.rng.choice(_TOUCHES)(reception, people.rng)
    people.tally.add("touch: random")
    people.post(event)


def _random_fault(people: People, state: st.AfterIdle) -> None:
    people.rng.choice(
        (people._service, people._service, people._share, people._clock, people._camera, people._ledger)
    )()


_IRREGULAR_ACTIONS: tuple[Callable[[People, st.AfterIdle], None], ...] = (
    *(
        _pull_card,
        _swap_card,
        _unplug_reader,
        _add_second_card,
        _block_reader,
        _time_out,
        _authenticate_staff,
        _discard,
    ),
    *(_random_touch,) * 6,
    *(_random_fault,) * 2,
)

_QUESTIONS = ("care", "medicines", "surgery", "health-checkup-specific", "specific-disease", "subsidies", "limit")
_MakeEvent = Callable[[str, random.Random], ev.Event]
_TOUCHES: tuple[_MakeEvent, ...] = (
    *(
        lambda reception, rng, kind=kind: kind(reception)
        for kind in (
            *(ev.FaceChosen, ev.PinChosen, ev.CodeTypingChosen, ev.PinForgotten, ev.PhoneChosen, ev.LastTryConfirmed),
            *(ev.StaffRejected, ev.Understood, ev.RegistrationRequested, ev.RegistrationDeclined),
            *(ev.ShareAll, ev.ShareAll, ev.ShareNone, ev.OneByOne, ev.Confirmed, ev.Confirmed, ev.Back, ev.Cancelled),
            *(ev.CheckInWithoutSharing, ev.DetailsRequested, ev.NextFamilyMember, ev.MoreTime, ev.StaffCalled),
            *(ev.ShowCardChosen, ev.InquiryChosen, ev.NoCardChosen),
        )
    ),
    lambda reception, rng: ev.StaffConfirmed(reception, "PIN unknown"),
    lambda reception, rng: ev.QuestionAnswered(reception, rng.choice(_QUESTIONS), rng.random() < 0.8),
    lambda reception, rng: ev.QuestionAnswered(reception, rng.choice(_QUESTIONS), granted=True),
    lambda reception, rng: ev.PrescriptionChosen(reception, rng.choice(list(PrescriptionForm))),
    lambda reception, rng: ev.RespondentChosen(reception, rng.choice(list(AnsweredBy))),
    lambda reception, rng: ev.DisplayChanged(reception, language=rng.choice(("ja", "en", "xx")), more_time=True),
)
