"""The code on the card's front: shown to a camera before or after the card is put down, or typed."""

from dataclasses import replace
from datetime import date

from terminal.session import effects as fx
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.rules import Rules
from tests.terminal.session.world import CARD, World
from vision.printed.guidance import CardGuidance


def scanning(world: World) -> None:
    world.card_read()
    world.touch(ev.FaceChosen)
    assert isinstance(world.state, st.PrintedCodeEntry)
    assert isinstance(world.state, st.PrintedCodeEntry)
    assert world.state.scanning


def test_the_front_is_looked_for_and_compared_with_what_the_chip_tells() -> None:
    world = World()
    world.card_read()
    effects = world.touch(ev.FaceChosen)
    assert effects == (fx.ScanCode(world.reception.id, effects[0].effect, CARD.card_expiry),)

    world.answer(ev.CodeGuided, CardGuidance.OTHER_SIDE)
    assert isinstance(world.state, st.PrintedCodeEntry)
    assert world.state.guidance is CardGuidance.OTHER_SIDE

    assert isinstance(world.answer(ev.CodeScanned)[0], fx.OpenFaceRecord)
    assert not world.state.scanning


def test_typing_instead_waits_for_what_was_read_in_part() -> None:
    world = World()
    scanning(world)

    effects = world.touch(ev.CodeTypingChosen)
    assert effects == (fx.StopScan(world.reception.id, 0),)
    assert isinstance(world.state, st.PrintedCodeEntry)
    assert world.state.scanning

    world.answer(ev.CodeNotScanned)
    assert isinstance(world.state, st.PrintedCodeEntry)
    assert (world.state.scanning, world.state.waiting) == (False, None)


def test_the_pin_instead_closes_the_camera() -> None:
    world = World()
    scanning(world)

    effects = world.touch(ev.PinChosen)

    assert isinstance(world.state, st.PinEntry)
    assert fx.StopScan(world.reception.id, 0) in effects


def test_taking_the_card_closes_the_camera() -> None:
    world = World()
    scanning(world)

    effects = world.send(ev.CardTaken(world.reception.card))

    assert isinstance(world.state, st.Idle)
    assert any(isinstance(effect, fx.StopScan) for effect in effects)


def test_one_look_by_camera_in_a_reception_then_the_code_is_typed() -> None:
    world = World()
    scanning(world)
    world.answer(ev.CodeScanned)
    world.answer(ev.CodeRefused, 9)
    assert isinstance(world.state, st.PrintedCodeEntry)
    assert (world.state.wrong, world.state.waiting) == (True, None)


def test_below_five_tries_nothing_is_read_by_camera_and_the_screen_says_why() -> None:
    world = World()
    world.card_read(replace(CARD, code_tries_left=4))

    assert world.touch(ev.FaceChosen) == ()

    assert isinstance(world.state, st.PrintedCodeEntry)
    assert world.state.why is st.WhyHere.FEW_CODE_TRIES


# --- before the card is put down ------------------------------------------------------------------------------


def shows_front() -> World:
    return World(rules=replace(Rules(), reads_fronts=True))


def test_the_camera_opens_at_idle_only_when_asked() -> None:
    world = shows_front()
    assert world.send(ev.FrontGuided(CardGuidance.NEARER)) == ()

    assert world.send(ev.ShowCardChosen("")) == (fx.LookForFront("", 0),)
    assert world.send(ev.ShowCardChosen("")) == (), "it looks already"
    world.send(ev.FrontGuided(CardGuidance.NEARER))
    assert isinstance(world.state, st.Idle)
    assert world.state.guidance is CardGuidance.NEARER

    world.send(ev.CodeShown("h1", date(2031, 4, 1)))
    assert isinstance(world.state, st.CardShown)
    assert isinstance(world.state, st.Idle)
    assert not world.state.looking


def test_the_look_at_idle_ends_with_a_card_with_back_and_by_itself() -> None:
    for end in (ev.Back(""), ev.FrontNotShown(), ev.CardPresent(1, "r-1")):
        world = shows_front()
        world.send(ev.ShowCardChosen(""))

        effects = world.send(end)

        assert fx.StopScan("", 0) in effects, end
        assert not isinstance(world.state, st.Idle) or not world.state.looking


def test_without_a_camera_that_reads_fronts_none_is_offered() -> None:
    world = World()

    assert world.send(ev.ShowCardChosen("")) == ()
    assert isinstance(world.state, st.Idle)
    assert not world.state.looking
