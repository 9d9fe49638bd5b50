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


# --- whether the card has a PIN at all ------------------------------------------------------------------------

LOCKED = replace(CARD, pin_tries_left=0)
EXPIRY = date(2031, 4, 1)
assert CARD.card_expiry == EXPIRY


def test_a_pinless_card_is_told_from_a_locked_one_by_its_front() -> None:
    for pinless, why in ((True, st.WhyHere.PINLESS), (False, st.WhyHere.PIN_UNAVAILABLE)):
        world = shows_front()
        world.send(ev.CodeShown("h1", EXPIRY, pinless))
        world.card_read(LOCKED)
        assert isinstance(world.state, st.ChoosingMethod)
        assert world.state.why is why


def test_another_cards_front_says_nothing_of_this_card() -> None:
    world = shows_front()
    world.send(ev.CodeShown("h1", date(2027, 1, 1), pinless=True))
    world.card_read(LOCKED)
    assert isinstance(world.state, st.ChoosingMethod)
    assert world.state.why is st.WhyHere.PIN_UNAVAILABLE
    assert not world.reception.pinless


def test_what_the_scanned_front_said_is_known_when_only_staff_is_left() -> None:
    world = World(rules=replace(Rules(), staff_enabled=True))
    world.card_read(LOCKED)
    world.touch(ev.FaceChosen)
    world.answer(ev.CodeScanned, True)
    assert world.reception.pinless
    world.answer(ev.CodeRefused, 2)
    world.touch(ev.StaffAuthenticated)
    assert world.reception.pinless, "what is known of the card stays known"


# --- a camera over the reader ---------------------------------------------------------------------------------


def over_reader() -> World:
    return World(rules=replace(Rules(), reads_fronts=True, reads_ahead=True))


def test_the_front_is_read_while_the_chip_is() -> None:
    world = over_reader()
    world.put_card()
    assert fx.ReadFront(world.reception.id, 0) in world.issued
    world.send(ev.FrontRead(world.reception.id, EXPIRY, True))
    world.answer(ev.CardRead, LOCKED, to=fx.ReadCard)
    assert isinstance(world.state, st.ChoosingMethod)
    assert world.state.why is st.WhyHere.PINLESS

    effects = world.touch(ev.FaceChosen)
    assert effects == (fx.ScanCode(world.reception.id, effects[0].effect, CARD.card_expiry),)


def test_a_front_read_after_the_chip_mends_the_reason_on_the_screen() -> None:
    world = over_reader()
    world.card_read(LOCKED)
    assert isinstance(world.state, st.ChoosingMethod)
    assert world.state.why is st.WhyHere.PIN_UNAVAILABLE
    world.send(ev.FrontRead("another", EXPIRY, True))
    assert world.state.why is st.WhyHere.PIN_UNAVAILABLE
    world.send(ev.FrontRead(world.reception.id, EXPIRY, True))
    assert world.state.why is st.WhyHere.PINLESS


def test_a_front_shown_before_is_not_read_again() -> None:
    world = over_reader()
    world.send(ev.CodeShown("h1", EXPIRY))
    world.card_read()
    assert not any(isinstance(effect, fx.ReadFront) for effect in world.issued)


def test_the_camera_over_the_reader_stops_when_nobody_needs_the_code() -> None:
    for chosen in (ev.PinChosen, ev.Cancelled):
        world = over_reader()
        world.card_read()
        assert fx.StopScan(world.reception.id, 0) in world.touch(chosen)


def test_with_few_tries_left_what_was_read_ahead_is_not_sent() -> None:
    world = over_reader()
    world.card_read(replace(CARD, code_tries_left=4))
    effects = world.touch(ev.FaceChosen)
    assert [type(effect) for effect in effects] == [fx.StopScan, fx.WipeCode]
