"""Tests for the printed code, which is typed or read by a camera before or after the card is inserted."""

from datetime import date

from msgspec.structs import replace

from terminal.session import effects as fx
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.rules import Rules
from tests.terminal.session.world import CARD, World
from vision.printed.card_guidance import CardGuidance


def start_scan(world: World) -> None:
    world.read_card()
    world.touch(ev.FaceChosen)
    assert isinstance(world.state, st.PrintedCodeEntry)
    assert world.state.scanning


def test_scan_receives_chips_expiry_and_opens_record() -> None:
    world = World()
    world.read_card()
    effects = world.touch(ev.FaceChosen)
    assert effects == (fx.ScanCode(world.reception.id, effects[0].effect, CARD.card_expiry),)

    world.answer(ev.ScanGuidance, CardGuidance.OTHER_SIDE)
    assert isinstance(world.state, st.PrintedCodeEntry)
    assert world.state.guidance is CardGuidance.OTHER_SIDE

    assert isinstance(world.answer(ev.CodeScanned)[0], fx.OpenFaceRecord)
    assert not world.state.scanning


def test_typing_starts_after_scan_has_stopped() -> None:
    world = World()
    start_scan(world)

    effects = world.touch(ev.CodeTypingChosen)
    assert effects == (fx.StopScan(world.reception.id, 0),)
    assert isinstance(world.state, st.PrintedCodeEntry)
    assert world.state.scanning

    world.answer(ev.CodeNotScanned)
    assert isinstance(world.state, st.PrintedCodeEntry)
    assert (world.state.scanning, world.state.waiting) == (False, None)


def test_choosing_pin_stops_scan() -> None:
    world = World()
    start_scan(world)

    effects = world.touch(ev.PinChosen)

    assert isinstance(world.state, st.PinEntry)
    assert fx.StopScan(world.reception.id, 0) in effects


def test_taking_card_stops_scan() -> None:
    world = World()
    start_scan(world)

    effects = world.send(ev.CardTaken(world.reception.card))

    assert isinstance(world.state, st.Idle)
    assert any(isinstance(effect, fx.StopScan) for effect in effects)


def test_code_is_scanned_once_per_reception_then_typed() -> None:
    world = World()
    start_scan(world)
    world.answer(ev.CodeScanned)
    world.answer(ev.CodeRefused, 9)
    assert isinstance(world.state, st.PrintedCodeEntry)
    assert (world.state.wrong, world.state.waiting) == (True, None)


def test_no_scan_with_fewer_than_five_tries_and_reason_is_displayed() -> None:
    world = World()
    world.read_card(replace(CARD, code_tries_left=4))

    assert world.touch(ev.FaceChosen) == ()

    assert isinstance(world.state, st.PrintedCodeEntry)
    assert world.state.why is st.MethodReason.FEW_CODE_TRIES


# --- before the card is inserted ------------------------------------------------------------------------------


def world_reading_fronts() -> World:
    return World(rules=replace(Rules(), reads_fronts=True))


def test_camera_at_idle_opens_only_on_request() -> None:
    world = world_reading_fronts()
    assert world.send(ev.FrontGuidance(CardGuidance.NEARER)) == ()

    assert world.send(ev.ShowCardChosen("")) == (fx.LookForFront("", 0),)
    assert world.send(ev.ShowCardChosen("")) == (), "the scan is running"
    world.send(ev.FrontGuidance(CardGuidance.NEARER))
    assert isinstance(world.state, st.Idle)
    assert world.state.guidance is CardGuidance.NEARER

    world.send(ev.CodeShown("h1", date(2031, 4, 1)))
    assert isinstance(world.state, st.CardShown)
    assert isinstance(world.state, st.Idle)
    assert not world.state.looking


def test_scan_at_idle_ends_on_back_timeout_or_card_insertion() -> None:
    for end in (ev.Back(""), ev.FrontNotShown(), ev.CardPresent(1, "r-1")):
        world = world_reading_fronts()
        world.send(ev.ShowCardChosen(""))

        effects = world.send(end)

        assert fx.StopScan("", 0) in effects, end
        assert not isinstance(world.state, st.Idle) or not world.state.looking


def test_scan_at_idle_requires_camera_that_reads_card_fronts() -> None:
    world = World()

    assert world.send(ev.ShowCardChosen("")) == ()
    assert isinstance(world.state, st.Idle)
    assert not world.state.looking


# --- cards without a PIN --------------------------------------------------------------------------------------

LOCKED = replace(CARD, pin_tries_left=0)
EXPIRY = date(2031, 4, 1)
assert CARD.card_expiry == EXPIRY


def test_card_front_distinguishes_pinless_card_from_locked_pin() -> None:
    for pinless, reason in ((True, st.MethodReason.PINLESS), (False, st.MethodReason.PIN_UNAVAILABLE)):
        world = world_reading_fronts()
        world.send(ev.CodeShown("h1", EXPIRY, pinless))
        world.read_card(LOCKED)
        assert isinstance(world.state, st.ChoosingMethod)
        assert world.state.why is reason


def test_front_of_different_card_is_ignored() -> None:
    world = world_reading_fronts()
    world.send(ev.CodeShown("h1", date(2027, 1, 1), pinless=True))
    world.read_card(LOCKED)
    assert isinstance(world.state, st.ChoosingMethod)
    assert world.state.why is st.MethodReason.PIN_UNAVAILABLE
    assert not world.reception.pinless


def test_pinless_remark_is_recorded_if_only_staff_can_confirm() -> None:
    world = World(rules=replace(Rules(), staff_enabled=True))
    world.read_card(LOCKED)
    world.touch(ev.FaceChosen)
    world.answer(ev.CodeScanned, True)
    assert world.reception.pinless
    world.answer(ev.CodeRefused, 2)
    world.touch(ev.StaffAuthenticated)
    assert world.reception.pinless


# --- camera over the reader -----------------------------------------------------------------------------------


def world_with_camera_over_reader() -> World:
    return World(rules=replace(Rules(), reads_fronts=True, reads_ahead=True))


def test_front_and_chip_are_read_at_the_same_time() -> None:
    world = world_with_camera_over_reader()
    world.insert_card()
    assert fx.ReadFront(world.reception.id, 0) in world.issued
    world.send(ev.FrontRead(world.reception.id, EXPIRY, True))
    world.answer(ev.CardRead, LOCKED, to=fx.ReadCard)
    assert isinstance(world.state, st.ChoosingMethod)
    assert world.state.why is st.MethodReason.PINLESS

    effects = world.touch(ev.FaceChosen)
    assert effects == (fx.ScanCode(world.reception.id, effects[0].effect, CARD.card_expiry),)


def test_front_read_after_chip_corrects_reason_on_screen() -> None:
    world = world_with_camera_over_reader()
    world.read_card(LOCKED)
    assert isinstance(world.state, st.ChoosingMethod)
    assert world.state.why is st.MethodReason.PIN_UNAVAILABLE
    world.send(ev.FrontRead("another", EXPIRY, True))
    assert world.state.why is st.MethodReason.PIN_UNAVAILABLE
    world.send(ev.FrontRead(world.reception.id, EXPIRY, True))
    assert world.state.why is st.MethodReason.PINLESS


def test_front_shown_before_card_is_not_read_again() -> None:
    world = world_with_camera_over_reader()
    world.send(ev.CodeShown("h1", EXPIRY))
    world.read_card()
    assert not any(isinstance(effect, fx.ReadFront) for effect in world.issued)


def test_camera_over_reader_stops_when_code_is_not_required() -> None:
    for choice in (ev.PinChosen, ev.Cancelled):
        world = world_with_camera_over_reader()
        world.read_card()
        assert fx.StopScan(world.reception.id, 0) in world.touch(choice)


def test_code_read_ahead_is_not_sent_with_four_tries_left() -> None:
    world = world_with_camera_over_reader()
    world.read_card(replace(CARD, code_tries_left=4))
    effects = world.touch(ev.FaceChosen)
    assert [type(effect) for effect in effects] == [fx.StopScan, fx.WipeCode]
