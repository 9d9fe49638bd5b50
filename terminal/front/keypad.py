"""Digits typed on a pad of any front end: the PIN goes into the patient's buffer, the printed code into a form."""

from dataclasses import dataclass

from terminal.conductor.patient_data import Patient
from terminal.front.code_form import LENGTHS, CodeForm
from terminal.front.counter import Counter
from terminal.session.states import PrintedCodeEntry, State
from terminal.talk.parts import PadKind

ENTER, ERASE = "enter", "erase"
PIN_LENGTH = 4


@dataclass(frozen=True, slots=True)
class TypedPart:
    """Progress of one part of the entry, without digits."""

    id: str
    """`pin`, or a `CodeField` value."""
    length: int
    filled: tuple[bool, ...]
    """Which places have a digit."""

    @property
    def typed(self) -> int:
        return sum(self.filled)


class Keypad:
    """`follow` every state; `press` only for the question that is being asked."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._kind: type[State] | None = None
        self._form: CodeForm | None = None
        self._form_of = ""

    def follow(self, state: State) -> None:
        """Forget digits that were typed for another state, and open a form for each entry of the code.

        Within a state they stay: an entered PIN is kept until the card's thread takes it.
        """
        patient = self._counter.patient
        if self._kind is not None and self._kind is not type(state) and patient is not None:
            patient.pin.wipe()
        self._kind = type(state)
        wanted = state.reception.id if isinstance(state, PrintedCodeEntry) and state.waiting is None else ""
        if wanted == self._form_of:
            return
        if self._form is not None:
            self._form.wipe()
        self._form_of = wanted
        self._form = form_for(self._counter.patient, state) if isinstance(state, PrintedCodeEntry) and wanted else None

    def press(self, pad: PadKind, key: str) -> None:
        """A digit, `ENTER` or `ERASE`; anything else is ignored. Nothing is sent without `ENTER`."""
        if pad is PadKind.PIN:
            self._pin(key)
        elif pad is PadKind.CODE and self._form is not None:
            self._code(self._form, key)

    def parts(self, pad: PadKind) -> tuple[TypedPart, ...]:
        if pad is PadKind.PIN:
            patient = self._counter.patient
            typed = len(patient.pin) if patient is not None else 0
            return (TypedPart("pin", PIN_LENGTH, tuple(place < typed for place in range(PIN_LENGTH))),)
        form = self._form
        if pad is PadKind.CODE and form is not None:
            return tuple(TypedPart(part.value, LENGTHS[part], form.filled(part)) for part in form.parts)
        return ()

    def next_part(self, pad: PadKind) -> str:
        """Id of the part that the next digit belongs to; of the last one where all is typed."""
        parts = self.parts(pad)
        return next((part.id for part in parts if False in part.filled), parts[-1].id if parts else "")

    @property
    def form(self) -> CodeForm | None:
        """The entry of the printed code that is open."""
        return self._form

    @property
    def no_such_day(self) -> bool:
        """The calendar has no such date as the birth date just entered: nothing was sent."""
        return self._form is not None and self._form.no_such_day

    def wipe(self) -> None:
        patient = self._counter.patient
        if patient is not None:
            patient.pin.wipe()
        if self._form is not None:
            self._form.wipe()

    def _pin(self, key: str) -> None:
        patient = self._counter.patient
        if patient is None or patient.wiped:
            return
        if key == ENTER:
            self._counter.enter_pin()
        elif key == ERASE:
            patient.pin.pop()
        elif _is_digit(key):
            patient.pin.push(int(key))

    def _code(self, form: CodeForm, key: str) -> None:
        if key == ENTER:
            code = form.take()
            if code is not None:
                self._counter.enter_code(code)
        elif key == ERASE:
            form.pop()
        elif _is_digit(key):
            form.push(int(key))


def form_for(patient: Patient | None, state: PrintedCodeEntry) -> CodeForm:
    """A form for this entry. What the camera read in part stands in the first one; a code refused is typed whole."""
    return CodeForm(state.card_expiry_year, patient.code_read if patient is not None and not state.wrong else None)


def _is_digit(key: str) -> bool:
    return len(key) == 1 and key in "0123456789"
