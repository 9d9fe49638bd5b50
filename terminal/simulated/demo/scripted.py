"""A patient who follows a script: touches what the persona would, and pulls the card where the persona does."""

from collections.abc import Callable

from terminal.conductor.conductor import Conductor
from terminal.headless.transcript import Transcript, topic
from terminal.qualification.contract import PrescriptionForm, Way
from terminal.session import events as ev
from terminal.session import states as st
from terminal.simulated.personas.persona import Mishap, Script, Sharing
from terminal.words.catalogue import Words


class ScriptedPatient:
    """`take_card` lifts the card from the reader; `finished` is told the last state before the card goes."""

    def __init__(
        self,
        script: Script,
        say: Words,
        transcript: Transcript,
        *,
        take_card: Callable[[], None],
        finished: Callable[[st.State], None],
    ) -> None:
        self._script = script
        self._say = say
        self._transcript = transcript
        self._take_card = take_card
        self._finished = finished
        self._pins = list(script.pins)

    async def act(self, state: st.State, conductor: Conductor) -> None:
        self._transcript.state(state)
        if isinstance(state, st.Idle) or state.waiting is not None:
            return
        reception = state.reception.id
        event: ev.Event | None = None
        match state:
            case st.Complete() | st.Problem() | st.Inquiry():
                if state.reception.card_in:
                    self._finished(state)
                    self._take_card()
            case st.ChoosingMethod(ways=ways):
                event = self._choose(ways, reception)
            case st.PinEntry():
                self._pin(state, conductor)
            case st.Notice():
                event = self._answer("button.understood", ev.Understood(reception))
            case st.Registration():
                wanted = self._script.register
                kind = ev.RegistrationWanted if wanted else ev.RegistrationDeclined
                event = self._answer(f"registration.{'yes' if wanted else 'no'}", kind(reception))
            case st.Consent() | st.SpecificDisease() | st.Limit():
                event = self._consent(state)
            case st.StaffCheck():
                event = self._answer("staff.same", ev.StaffSaysSame(reception, "documents compared"))
            case st.Prescription():
                form = self._script.prescription
                name = "electronic" if form is PrescriptionForm.ELECTRONIC else "paper"
                event = self._answer(f"prescription.{name}", ev.PrescriptionChosen(reception, form))
            case st.Summary():
                event = self._answer("summary.confirm", ev.Confirmed(reception))
            case _:
                pass
        if event is not None:
            conductor.post(event)

    def _answer(self, message_id: str, event: ev.Event) -> ev.Event:
        self._transcript.answered(self._say(message_id))
        return event

    def _choose(self, ways: tuple[Way, ...], reception: str) -> ev.Event | None:
        if self._script.mishap is Mishap.CARD_TAKEN_BEFORE_CHECK:
            self._pull()
            return None
        if self._script.staff:
            self._transcript.note("staff comes")
            return ev.StaffAuthenticated(reception)
        way = self._script.way if self._script.way in ways else next(iter(ways), None)
        match way:
            case Way.FACE:
                return self._answer("method.face", ev.FaceChosen(reception))
            case Way.PIN:
                return self._answer("method.pin", ev.PinChosen(reception))
            case _:
                return None

    def _pin(self, state: st.PinEntry, conductor: Conductor) -> None:
        reception = state.reception.id
        if state.needs_confirmation:
            conductor.post(self._answer("pin.last-try.confirm", ev.LastTryConfirmed(reception)))
            return
        patient = conductor.patient
        if patient is None or not self._pins:
            conductor.post(self._answer("button.cancel", ev.Cancelled(reception)))
            return
        for digit in self._pins.pop(0):
            patient.pin.push(int(digit))
        self._transcript.answered("● ● ● ●")
        conductor.enter_pin()

    def _consent(self, state: st.Consent | st.SpecificDisease | st.Limit) -> ev.Event | None:
        reception = state.reception.id
        if self._script.mishap is Mishap.CARD_TAKEN_DURING_CONSENT:
            self._pull()
            return None
        question = state.question
        if question is None:
            match self._script.sharing:
                case Sharing.ALL:
                    return self._answer("consent.all", ev.ShareAll(reception))
                case Sharing.NONE:
                    return self._answer("consent.none", ev.ShareNone(reception))
                case Sharing.ONE_BY_ONE:
                    return self._answer("consent.one-by-one", ev.OneByOne(reception))
        default = self._script.sharing is not Sharing.NONE
        granted = self._script.answers.get(question.id, default)
        words = "share" if isinstance(state, st.Consent) else "provide"
        label = self._say(f"answer.{words if granted else 'not-' + words}")
        self._transcript.answered(f"{topic(question, self._say)}: {label}")
        return ev.QuestionAnswered(reception, question.id, granted)

    def _pull(self) -> None:
        self._transcript.note("the card is taken away")
        self._take_card()
