"""Tests for choosing the prescriptions that a pharmacy dispenses."""

import pytest

from config.settings import ConsentSettings, DispensingPolicy
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.rules import Rules
from tests.terminal.session.world import CHECK, WAITING, World

PHARMACY = Rules(consent=ConsentSettings(dispensing=DispensingPolicy.ASK))


def at_pharmacy(count: int, rules: Rules = PHARMACY) -> World:
    world = World(rules)
    world.identify_by_pin(check=CHECK.model_copy(update={"prescriptions": WAITING[:count]}))
    world.touch(ev.ShareAll)
    return world


def test_chosen_prescription_is_recorded_in_decision() -> None:
    world = at_pharmacy(2)
    assert isinstance(world.state, st.Dispensing)
    world.touch(ev.DispensingChosen, ("rx-2",))
    assert isinstance(world.state, st.Limit)
    world.touch(ev.QuestionAnswered, "limit", True)
    assert world.decision().dispense == ("rx-2",)


def test_choice_can_be_left_to_staff() -> None:
    world = at_pharmacy(3)
    world.touch(ev.DispensingChosen)
    world.touch(ev.QuestionAnswered, "limit", True)
    assert world.decision().dispense is None


def test_going_back_returns_to_question() -> None:
    world = at_pharmacy(2)
    world.touch(ev.DispensingChosen, ("rx-1",))
    world.touch(ev.Back)
    assert isinstance(world.state, st.Dispensing)
    world.touch(ev.DispensingChosen, ("rx-1", "rx-2"))
    world.touch(ev.QuestionAnswered, "limit", True)
    assert world.decision().dispense == ("rx-1", "rx-2")


@pytest.mark.parametrize("count", [0, 1])
def test_no_question_with_fewer_than_two_prescriptions(count: int) -> None:
    assert isinstance(at_pharmacy(count).state, st.Limit)


def test_no_question_unless_enabled_in_settings() -> None:
    assert isinstance(at_pharmacy(3, Rules()).state, st.Limit)


def test_unknown_prescription_id_is_ignored() -> None:
    world = at_pharmacy(2)
    world.touch(ev.DispensingChosen, ("rx-3",))
    assert isinstance(world.state, st.Dispensing)


def test_checking_in_without_sharing_drops_choice() -> None:
    world = at_pharmacy(2)
    world.touch(ev.DispensingChosen, ("rx-1",))
    world.touch(ev.CheckInWithoutSharing)
    assert world.decision().dispense is None
