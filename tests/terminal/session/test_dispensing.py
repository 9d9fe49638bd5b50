"""At a pharmacy: which of several electronic prescriptions to dispense today."""

import pytest

from config.settings import ConsentSettings, DispensingPolicy
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.rules import Rules
from tests.terminal.session.world import CHECK, WAITING, World

PHARMACY = Rules(consent=ConsentSettings(dispensing=DispensingPolicy.ASK))


def at_pharmacy(waiting: int, rules: Rules = PHARMACY) -> World:
    world = World(rules)
    world.by_pin(check=CHECK.model_copy(update={"prescriptions": WAITING[:waiting]}))
    world.touch(ev.ShareAll)
    return world


def test_the_chosen_prescription_goes_into_the_decision() -> None:
    world = at_pharmacy(2)
    assert isinstance(world.state, st.Dispensing)
    world.touch(ev.DispensingChosen, ("rx-2",))
    assert isinstance(world.state, st.Limit)
    world.touch(ev.QuestionAnswered, "limit", True)
    assert world.decision().dispense == ("rx-2",)


def test_the_counter_may_settle_it() -> None:
    world = at_pharmacy(3)
    world.touch(ev.DispensingChosen)
    world.touch(ev.QuestionAnswered, "limit", True)
    assert world.decision().dispense is None


def test_going_back_asks_again() -> None:
    world = at_pharmacy(2)
    world.touch(ev.DispensingChosen, ("rx-1",))
    world.touch(ev.Back)
    assert isinstance(world.state, st.Dispensing)
    world.touch(ev.DispensingChosen, ("rx-1", "rx-2"))
    world.touch(ev.QuestionAnswered, "limit", True)
    assert world.decision().dispense == ("rx-1", "rx-2")


@pytest.mark.parametrize("waiting", [0, 1])
def test_nothing_is_asked_where_there_is_no_choice(waiting: int) -> None:
    assert isinstance(at_pharmacy(waiting).state, st.Limit)


def test_nothing_is_asked_unless_the_pharmacy_wants_it() -> None:
    assert isinstance(at_pharmacy(3, Rules()).state, st.Limit)


def test_a_prescription_of_somebody_else_is_not_taken() -> None:
    world = at_pharmacy(2)
    world.touch(ev.DispensingChosen, ("rx-3",))
    assert isinstance(world.state, st.Dispensing)


def test_who_leaves_without_sharing_settles_it_at_the_counter() -> None:
    world = at_pharmacy(2)
    world.touch(ev.DispensingChosen, ("rx-1",))
    world.touch(ev.CheckInWithoutSharing)
    assert world.decision().dispense is None
