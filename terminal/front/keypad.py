"""Digit entry for all front ends. Stores the PIN in the patient's buffer and the printed code in a form."""

from dataclasses import dataclass

from terminal.conductor.wiped_patient_data import Patient
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
    """`pin` or a `CodeField` value."""
    length: int
    filled: tuple[bool, ...]
    """Which positions have a digit."""

    @property
    def typed(self) -> int:
        return sum(self.filled)


class Keypad:
    """Digit entry. Call `follow` for every state, and `press` only for keys typed for the current question."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._kind: type[State] | None = None
        self._form: CodeForm | None = None
        self._form_reception = ""

    def follow(self, state: State) -> None:
        """Wipe digits typed for the previous state, and open a new form for each entry of the code.

        Digits are not wiped within a state, because the card thread takes the entered PIN later.
        """
        patient = self._counter.patient
        if self._kind is not None and self._kind is not type(state) and patient is not None:
            patient.pin.wipe()
        self._kind = type(state)
        reception = state.reception.id if isinstance(state, PrintedCodeEntry) and state.waiting is None else ""
        if reception == self._form_reception:
            return
        if self._form is not None:
            self._form.wipe()
        self._form_reception = reception
        self._form = None
        if isinstance(state, PrintedCodeEntry) and reception:
            self._form = form_for(self._counter.patient, state)

    def press(self, pad: PadKind, key: str) -> None:
        """Handle a digit, `ENTER` or `ERASE`. Ignore other keys. Only `ENTER` submits the digits."""
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
        """Return the id of the first incomplete part, or of the last part if all are complete."""
        parts = self.parts(pad)
        return next((part.id for part in parts if False in part.filled), parts[-1].id if parts else "")

    @property
    def form(self) -> CodeForm | None:
        """The open form for the printed code, or None."""
        return self._form

    @property
    def has_invalid_date(self) -> bool:
        """Whether the birth date just entered is invalid. No code was sent."""
        return self._form is not None and self._form.has_invalid_date

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
    """Return a new form with the digits read by the camera, or an empty form after a wrong code."""
    return CodeForm(state.card_expiry_year, patient.code_read if patient is not None and not state.wrong else None)


def _is_digit(key: str) -> bool:
    return len(key) == 1 and key in "0123456789"
