"""Tests that count each reception's touches and compare them with the tables in docs/accessibility.md."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from config.settings import ConsentSettings, LimitPolicy, Settings
from reader.facts import Medium
from terminal.qualification.contract import CertificateStatus, CheckFacts, SubsidyStatus
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.rules import Rules
from terminal.simulated.personas.cast import BY_NAME
from terminal.simulated.service.people import fictitious_people
from terminal.talk.parts import PadKind
from terminal.talk.view import talk_for
from terminal.words.catalogue import speaker
from tests.terminal.session.world import CARD, CHECK, GENUINE, World
from tests.terminal.talk.persona_walkthrough import Walkthrough

TABLE = Path(__file__).parents[3] / "docs" / "accessibility.md"
BY_LAW = Rules(consent=ConsentSettings(limit=LimitPolicy.BY_LAW, subsidies=True), phone=True)
ASKED = Rules(consent=ConsentSettings(limit=LimitPolicy.ASK, subsidies=True), phone=True)
NOTICE = CHECK.model_copy(update={"standing": CertificateStatus.EXPIRING})
SUBSIDISED = CHECK.model_copy(update={"subsidies": SubsidyStatus.USABLE})
UNREGISTERED = CHECK.model_copy(update={"registered": False})
speak = speaker(Settings())


class Patient:
    """Touches buttons on the screen and counts the touches."""

    def __init__(self, rules: Rules) -> None:
        self.world = World(rules)
        self.touches = 0

    def touch(self, *button_ids: str) -> None:
        for button_id in button_ids:
            talk = talk_for(self.world.state, self.world.rules, speak)
            event = next(button.event for button in talk.body.buttons if button.id == button_id)
            self.world.send(event)
            self.touches += 1

    def type(self, digits: int, pad: PadKind) -> None:
        assert talk_for(self.world.state, self.world.rules, speak).body.pad is pad
        self.touches += digits + 1  # and Enter

    def by_pin(self, check: CheckFacts = CHECK) -> None:
        self.world.read_card()
        self.touch("pin")
        self.type(4, PadKind.PIN)
        self.world.verify_pin()
        self.world.open_check(check)

    def by_face(self, check: CheckFacts = CHECK) -> None:
        self.world.read_card()
        self.touch("face")
        self.world.answer(ev.CodeScanned)
        self._face_matches(check)

    def by_face_typed(self) -> None:
        self.world.read_card()
        self.touch("face")
        self.world.answer(ev.CodeNotScanned)
        self.type(6 + 4, PadKind.CODE)
        self.world.touch(ev.CodeEntered)
        self._face_matches(CHECK)

    def _face_matches(self, check: CheckFacts) -> None:
        self.world.answer(ev.RecordOpened, GENUINE)
        self.world.answer(ev.FaceMatched, 0.2)
        self.world.answer(ev.ChipSigned)
        self.world.open_check(check)

    def by_phone(self) -> None:
        self.world.read_card(replace(CARD, medium=Medium.PHONE_VERIFIES))
        self.world.answer(ev.PhoneSigned)
        self.world.open_check(CHECK)

    def for_child(self) -> None:
        for event in (ev.HelpChosen(""), ev.ForChildChosen("")):
            self.world.send(event)
        self.by_pin(CHECK.model_copy(update={"age": 9, "birth_year": 2017}))

    def answer_all_yes(self) -> None:
        """Answer yes to the individual questions."""
        while isinstance(self.world.state, st.Consent):
            self.touch("yes")

    def finish(self) -> int:
        if isinstance(self.world.state, st.Limit):
            self.touch("yes")
        if isinstance(self.world.state, st.Summary):
            self.touch("confirm")
        assert isinstance(self.world.state, st.Submitting), "more touches are required"
        return self.touches


def by_face_all(patient: Patient) -> None:
    patient.by_face()
    patient.touch("all")


def by_pin_all(patient: Patient) -> None:
    patient.by_pin()
    patient.touch("all")


def by_pin_none(patient: Patient) -> None:
    patient.by_pin()
    patient.touch("none")


def by_face_typed(patient: Patient) -> None:
    patient.by_face_typed()
    patient.touch("all")


def by_phone(patient: Patient) -> None:
    patient.by_phone()
    patient.touch("all")


def one_by_one(patient: Patient) -> None:
    patient.by_face()
    patient.touch("one-by-one")
    patient.answer_all_yes()


def with_subsidies(patient: Patient) -> None:
    patient.by_face(SUBSIDISED)
    patient.touch("all", "yes")


def with_notice(patient: Patient) -> None:
    patient.by_face(NOTICE)
    patient.touch("understood", "all")


def first_time(patient: Patient) -> None:
    patient.by_face(UNREGISTERED)
    patient.touch("yes")
    patient.world.answer(ev.Registered, CHECK)
    patient.touch("all")


def child(patient: Patient) -> None:
    patient.for_child()
    patient.touch("all")


METHODS: dict[str, Callable[[Patient], None]] = {
    "by face, all": by_face_all,
    "by face, the front typed": by_face_typed,
    "by face, one by one (3 questions)": one_by_one,
    "by face, with subsidies": with_subsidies,
    "by face, certificate ends soon": with_notice,
    "by face, first time": first_time,
    "by PIN, all": by_pin_all,
    "by PIN, nothing": by_pin_none,
    "by PIN, for a child": child,
    "by phone, all": by_phone,
}


def rows() -> dict[str, tuple[int, int]]:
    lines = re.findall(r"^\| (by [^|]+) \| (\d+) \| (\d+) \|$", TABLE.read_text(encoding="utf-8"), re.M)
    return {name: (int(by_law), int(asked)) for name, by_law, asked in lines}


def test_table_lists_every_method() -> None:
    assert rows().keys() == METHODS.keys()


@pytest.mark.parametrize("name", METHODS)
def test_touches_of_each_method_match_the_table(name: str) -> None:
    touches = []
    for rules in (BY_LAW, ASKED):
        patient = Patient(rules)
        METHODS[name](patient)
        touches.append(patient.finish())
    assert tuple(touches) == rows()[name]


def test_common_receptions_require_few_touches() -> None:
    assert rows()["by face, all"] == (2, 3)
    assert rows()["by PIN, all"] == (7, 8)


COMPLETED = {name: persona for name, persona in BY_NAME.items() if isinstance(persona.expected.outcome, st.Outcome)}
"""Personas that complete a reception. Others end with a problem or leave."""


def touches_by_persona() -> dict[str, int]:
    lines = re.findall(r"^\| (\d+) \| ([a-z0-9, -]+) \|$", TABLE.read_text(encoding="utf-8"), re.M)
    return {name: int(touches) for touches, names in lines for name in names.split(", ")}


def test_touches_of_every_persona_match_the_table() -> None:
    people, touches = fictitious_people(), {}
    for name, persona in COMPLETED.items():
        walkthrough = Walkthrough(persona, people[persona.person])
        state = asyncio.run(walkthrough.run())
        assert isinstance(state, st.Complete), f"{name} ended at {type(state).__name__}"
        assert state.outcome in (persona.expected.outcome, st.Outcome.DONE), name
        touches[name] = walkthrough.touches
    assert touches == touches_by_persona()
