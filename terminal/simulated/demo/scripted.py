"""A patient who follows a persona's script."""

from collections.abc import Callable

from terminal.headless.runner import Controls
from terminal.headless.transcript import Transcript
from terminal.qualification.contract import PrescriptionForm
from terminal.session import events as ev
from terminal.session import states as st
from terminal.simulated.personas.persona import Mishap, Script, Sharing
from terminal.talk.parts import Button, PadKind, Talk

_SHARING = {Sharing.ALL: "all", Sharing.NONE: "none", Sharing.ONE_BY_ONE: "one-by-one"}
_ENDS = st.Complete | st.Problem | st.Inquiry


class ScriptedPatient:
    """Chooses a button from each talk.

    `take_card`: removes the card. `resolve`: ends a mishap after the terminal has reported it. `unplug`: unplugs the
    reader, called at the PIN screen. `switch_off`: stops the terminal, called at the consent screen. `code`: the code
    printed on the card, for patients who type it.
    """

    def __init__(
        self,
        script: Script,
        transcript: Transcript,
        *,
        take_card: Callable[[], None],
        resolve: Callable[[], None] | None = None,
        unplug: Callable[[], None] | None = None,
        switch_off: Callable[[], None] | None = None,
        code: bytes = b"",
    ) -> None:
        self._script = script
        self._transcript = transcript
        self._take_card = take_card
        self._resolve, self._unplug, self._switch_off = resolve, unplug, switch_off
        self._pins = list(script.pins)
        self._code = code

    def on_talk(self, talk: Talk) -> None:
        """Do nothing: the script only acts on talks passed to `act`."""

    async def act(self, talk: Talk, state: st.State, controls: Controls) -> None:
        if isinstance(state, st.Idle):
            return
        self._transcript.show(talk)
        if isinstance(state, st.Problem) and self._resolve is not None:
            resolve, self._resolve = self._resolve, None
            self._transcript.note("the patient follows the instructions")
            resolve()
            return
        if isinstance(state, _ENDS):
            self._end(talk, state, controls)
            return
        if self._script.leaves_at == talk.state:
            self._touch(talk, talk.footer[0], controls)
            return
        if talk.body.pad is PadKind.PIN and self._unplug is not None:
            unplug, self._unplug = self._unplug, None
            self._transcript.note("the reader is unplugged")
            unplug()
        elif isinstance(state, st.Consent) and self._switch_off is not None:
            self._transcript.note("the power fails")
            self._switch_off()
        elif self._removes_card(state):
            self._transcript.note("the card is removed")
            self._take_card()
        elif isinstance(state, st.ChoosingMethod) and self._script.staff:
            self._transcript.note("staff arrive")
            controls.authenticate_staff()
        elif talk.body.pad is PadKind.PIN:
            self._type_pin(talk, controls)
        elif talk.body.pad is PadKind.CODE:
            self._transcript.answer("●" * len(self._code))
            controls.type_code(bytearray(self._code))
        else:
            self._touch(talk, self._choice(talk, state), controls)

    def _end(self, talk: Talk, state: st.Complete | st.Problem | st.Inquiry, controls: Controls) -> None:
        """Remove the card, or touch "start over" if there is no card."""
        buttons = {button.id: button for button in talk.body.buttons}
        if self._script.next_family and "next" in buttons:
            self._touch(talk, buttons["next"], controls)  # the terminal then asks for the card to be removed
            return
        if not state.reception.card_in:
            self._touch(talk, buttons.get("start-over"), controls)
        else:
            self._take_card()

    def _removes_card(self, state: st.AfterIdle) -> bool:
        match self._script.mishap:
            case Mishap.CARD_TAKEN_BEFORE_CHECK:
                return isinstance(state, st.ChoosingMethod)
            case Mishap.CARD_TAKEN_DURING_CONSENT:
                return isinstance(state, st.Consent)
            case _:
                return False

    def _type_pin(self, talk: Talk, controls: Controls) -> None:
        if not self._pins:
            self._touch(talk, next(button for button in talk.footer if button.id == "cancel"), controls)
            return
        self._transcript.answer("● ● ● ●")
        controls.type_pin(self._pins.pop(0))

    def _touch(self, talk: Talk, button: Button | None, controls: Controls) -> None:
        if button is not None:
            self._transcript.answer(button.label)
            controls.touch(talk, button)

    def _choice(self, talk: Talk, state: st.AfterIdle) -> Button | None:
        """Return the button to touch, or None to wait."""
        buttons = {button.id: button for button in talk.body.buttons}
        script = self._script
        match state:
            case st.ChoosingMethod():
                return buttons.get(script.way) or next(iter(buttons.values()), None)
            case st.PrintedCodeEntry(scanning=True) if script.types_code:
                return buttons.get("type")
            case st.PinEntry():
                return buttons.get("go-on")
            case st.Notice():
                return buttons.get("understood")
            case st.Registration():
                return buttons.get("yes" if script.register else "no")
            case st.Consent(index=None):
                return buttons.get(_SHARING[script.sharing])
            case st.Consent() | st.SpecificDisease() | st.Subsidies() | st.Limit():
                return self._answer(buttons)
            case st.StaffCheck():
                return next(
                    (button for button in buttons.values() if isinstance(button.event, ev.StaffConfirmed)), None
                )
            case st.Prescription():
                return buttons.get("electronic" if script.prescription is PrescriptionForm.ELECTRONIC else "paper")
            case st.Dispensing():
                return buttons.get(script.dispense)
            case st.Summary():
                return buttons.get("confirm")
            case _:
                return None

    def _answer(self, buttons: dict[str, Button]) -> Button | None:
        yes = buttons.get("yes")
        if yes is None or not isinstance(yes.event, ev.QuestionAnswered):
            return None
        granted = self._script.answers.get(yes.event.question_id, self._script.sharing is not Sharing.NONE)
        return yes if granted else buttons.get("no")
