"""Plays persona receptions in the session's state machine, without devices, service or clock, and counts touches."""

from datetime import date, timedelta

from msgspec.structs import replace

from config.settings import Settings
from reader.facts import CardFacts, Medium
from reader.softcard.phone_profiles import PHONE_PROFILES
from terminal.assembly import session_rules
from terminal.headless.transcript import Transcript
from terminal.qualification.contract import CertificateStatus, CheckFacts
from terminal.session import effects as fx
from terminal.session import events as ev
from terminal.session import states as st
from terminal.simulated.demo.profile_settings import with_profile
from terminal.simulated.demo.scripted import ScriptedPatient
from terminal.simulated.personas.persona import Persona
from terminal.simulated.service.people import InsuredPerson
from terminal.talk.parts import Button, PadKind, Talk
from terminal.talk.view import talk_for
from terminal.words.catalogue import speaker
from tests.terminal.session.world import CARD, GENUINE, WALL, World, plausible_answers

CODE_DIGITS = 10
"""Digits typed for birth date and security code. The expiry year is read from the chip."""


class Walkthrough:
    """A persona's reception. Implements `Controls` for its script."""

    def __init__(self, persona: Persona, person: InsuredPerson) -> None:
        self.persona, self.person = persona, person
        settings = with_profile(Settings(), persona.profile, persona.settings)
        self.speak = speaker(settings)
        self.world = World(replace(session_rules(settings), staff_enabled=True, phone=True))
        self.touches = self.digits = 0
        self._answered: set[tuple[str, int]] = set()
        self._pin = ""

    async def run(self) -> st.State:
        """Run until the reception ends or 60 steps are done, and return the state."""
        self._touch_idle_screen()
        self.world.insert_card()
        patient = ScriptedPatient(
            self.persona.script, Transcript(lambda _: None), take_card=self.world.remove_card, code=b"0" * CODE_DIGITS
        )
        for _ in range(60):
            if isinstance(self.world.state, st.Idle | st.Complete | st.Problem):
                break
            previous = self.world.state
            self._answer_effects()
            if self.world.state == previous:
                await patient.act(self._talk(), self.world.state, self)
        return self.world.state

    def _talk(self) -> Talk:
        return talk_for(self.world.state, self.world.rules, self.speak)

    # --- patient --------------------------------------------------------------------------------------------

    def _touch_idle_screen(self) -> None:
        """Choose language and "for a child" on the first screen."""
        script = self.persona.script
        choices = [f"language-{script.language}"] if script.language else []
        for button_id in [*choices, *(("help", "for-child") if script.child else ())]:
            buttons = {button.id: button for button in self._talk().buttons}
            if button_id not in buttons:
                self.touch(self._talk(), buttons["languages"])
                buttons = {button.id: button for button in self._talk().buttons}
            self.touch(self._talk(), buttons[button_id])

    def touch(self, talk: Talk, button: Button) -> bool:
        """Send the event. Touches by staff are not counted."""
        self.touches += not isinstance(self.world.state, st.StaffCheck)
        self.world.send(button.event)
        return True

    def type_pin(self, digits: str) -> bool:
        assert self._talk().body.pad is PadKind.PIN
        self._pin = digits
        self._type(len(digits))
        self.world.touch(ev.PinEntered)
        return True

    def type_code(self, code: bytearray) -> None:
        self._type(len(code))
        self.world.touch(ev.CodeEntered)

    def _type(self, digits: int) -> None:
        self.digits += digits
        self.touches += digits + 1  # and Enter

    def authenticate_staff(self) -> None:
        self.world.touch(ev.StaffAuthenticated)

    def stop(self) -> None:
        raise AssertionError("a patient does not stop the terminal")

    # --- devices and service --------------------------------------------------------------------------------

    def _answer_effects(self) -> None:
        """Answer all pending effects in order."""
        for effect in list(self.world.issued):
            key = (effect.reception, effect.effect)
            answer = None if key in self._answered else self._answer(effect)
            if answer is not None:
                self._answered.add(key)
                self.world.send(answer)

    def _answer(self, effect: fx.Effect) -> ev.EffectAnswer | None:
        ids = (effect.reception, effect.effect)
        match effect:
            case fx.ScanCode() if self.persona.script.types_code:
                stopped = any(isinstance(other, fx.StopScan) for other in self.world.issued)
                return ev.CodeNotScanned(*ids) if stopped else None
            case fx.ScanCode():
                return ev.CodeScanned(*ids)
            case fx.OpenFaceRecord():
                return ev.RecordOpened(*ids, replace(GENUINE, has_photo=self.persona.card.photo))
            case fx.CheckFace() if self.persona.live_face:
                return ev.FaceRefused(*ids, "not-matched")
            case fx.VerifyPinAndSign(expected_left=left) if self._pin != self.persona.card.pin:
                return ev.PinRefused(*ids, left - 1, True)
            case _:
                answers = plausible_answers(effect, self.world.now, self._facts(), self._card())
                return answers[0] if answers else None

    def _card(self) -> CardFacts:
        card = self.persona.card
        phone = PHONE_PROFILES.get(card.kind)
        tries = card.pin_tries_left if card.pin_tries_left is not None else 3
        medium = Medium.CARD
        if phone is not None:
            medium = Medium.PHONE_VERIFIES if card.kind == "phone-iphone" else Medium.PHONE_PIN
        return replace(CARD, pin_tries_left=0 if card.pin is None else tries, medium=medium)

    def _facts(self) -> CheckFacts:
        day: date = (WALL + timedelta(hours=9)).date()
        person = self.person.on(day)
        return CheckFacts(
            registered=person.registered,
            valid=person.valid,
            age=person.age_on(day),
            birth_year=person.born.year,
            late_elderly=person.late_elderly,
            has_specific_disease_certificate=bool(person.specific_diseases),
            may_share=person.may_share,
            standing=CertificateStatus.VALID,
            subsidies=person.subsidies_on(day),
            prescriptions=tuple(entry.on(day) for entry in person.prescriptions),
        )
