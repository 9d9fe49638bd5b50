"""Tests for touches, mouse and number keys on the terminal's screens."""

import asyncio
from dataclasses import replace

import pytest
from argon2 import PasswordHasher
from msgspec import structs

from config.settings import Settings
from terminal.front.dock import DockPersona, DockState, ServiceMode
from terminal.screens.dock_panel import DockPanel
from terminal.screens.staff.dialogs import (
    CLOSE_SECONDS,
    ConfirmDialog,
    PasswordDialog,
    StaffMenu,
    StatusDialog,
    StatusText,
)
from terminal.screens.texts import Lines, Sentence
from terminal.screens.touch import Target
from terminal.session import effects as fx
from terminal.session import events as ev
from terminal.session import states as st
from terminal.voice.utterance import Tone, Utterance
from tests.terminal.screens.stage import SMALL, USUAL, Stage, async_test, stage, touch
from tests.terminal.talk.gallery import SCREENS, state_for

sizes = pytest.mark.parametrize("size", [SMALL, USUAL])


def visible_targets(on_stage: Stage) -> list[Target]:
    return [target for target in on_stage.app.desk.query(Target) if target.button is not None and target.display]


def covered_targets(on_stage: Stage) -> set[str]:
    """Return targets with a corner covered by another widget."""
    desk = on_stage.app.desk
    corners = {
        target: (target.region.offset, target.region.bottom_right - (1, 1)) for target in visible_targets(on_stage)
    }
    return {
        str(target.id)
        for target, points in corners.items()
        if any(desk.get_widget_at(*point)[0] is not target for point in points)
    }


def small_targets(on_stage: Stage) -> set[str]:
    """Return targets that are too small to touch or partly outside the screen."""
    return {
        str(target.id)
        for target in visible_targets(on_stage)
        if target.region.height < (3 if str(target.id).startswith("footer") else 5)
        or not on_stage.app.desk.region.contains_region(target.region)
    }


def clipped_widgets(on_stage: Stage) -> set[str]:
    """Return text widgets that do not fit above the answers."""
    desk = on_stage.app.desk
    text_area, lines = desk.query_one("#saying").region, desk.query_one("#lines", Lines)
    clipped = {
        str(widget.id)
        for widget in desk.query("#question, #lines, #dots, #code, #progress")
        if widget.display and widget.region.height and not text_area.contains_region(widget.region)
    }
    height = lines.get_content_height(text_area.size, text_area.size, lines.content_size.width) if lines.display else 0
    return clipped | ({"lines"} if lines.display and lines.content_size.height != height else set())


@pytest.mark.parametrize(
    ("size", "language"),
    [(SMALL, "ja"), (SMALL, "en"), (USUAL, "ja"), pytest.param(USUAL, "en", marks=pytest.mark.long)],
)
@async_test
async def test_every_screen_fits_and_every_answer_can_be_touched(size: tuple[int, int], language: str) -> None:
    async with stage(size) as on_stage:
        for name in SCREENS:
            await on_stage.show(state_for(name, language))
            talk = on_stage.app.desk.talk
            assert talk is not None
            displayed = {target.button for target in visible_targets(on_stage)}
            assert displayed == {*talk.body.buttons, *talk.footer}, name
            assert covered_targets(on_stage) == set(), name
            if language == "ja":  # longer English sentences reduce the height of the answers on the smallest screen
                assert small_targets(on_stage) == set(), name
            assert clipped_widgets(on_stage) == set(), name
            assert on_stage.app.focused is None, f"a widget is focused on {name}"


@sizes
@async_test
async def test_touch_posts_the_event_of_the_answer(size: tuple[int, int]) -> None:
    async with stage(size) as on_stage:
        for name in ("idle", "face", "pin", "staff-check", "consent-one", "pin-warned", "summary"):
            await on_stage.show(state_for(name))
            for target in visible_targets(on_stage):
                assert target.button is not None
                on_stage.counter.posted.clear()
                await touch(on_stage.app, f"#{target.id}")
                assert on_stage.counter.posted == [target.button.event], f"{target.id} on {name}"


@async_test
async def test_every_answer_has_a_key() -> None:
    async with stage() as on_stage:
        for name in SCREENS:
            await on_stage.show(state_for(name))
            talk = on_stage.app.desk.talk
            assert talk is not None
            for answer in (*talk.body.buttons, *talk.footer):
                on_stage.counter.posted.clear()
                await on_stage.key(answer.key)
                assert on_stage.counter.posted == [answer.event], f"{answer.key} on {name}"


@async_test
async def test_double_tap_does_not_answer_the_next_question() -> None:
    async with stage(settle_seconds=30) as on_stage:
        await on_stage.show(state_for("consent-one"))
        await on_stage.pilot.click("#answer-3")
        await on_stage.pilot.press("2")
        await on_stage.wait_until_drawn()
        await on_stage.pilot.press("escape")
        await on_stage.wait_until_drawn()
        assert on_stage.counter.posted == []
        assert on_stage.app.desk.query_one("#card", Sentence).text == "もう一度 押してください"


@async_test
async def test_answer_to_the_previous_screen_is_ignored() -> None:
    async with stage() as on_stage:
        await on_stage.show(state_for("method"))
        target = on_stage.app.desk.query_one("#answer-2", Target)
        assert target.button is not None
        previous = target.button, on_stage.app.talks.talk.serial
        await on_stage.show(state_for("consent"))
        on_stage.app.desk.post_message(Target.Touched(*previous))
        await on_stage.wait_until_drawn()
        assert isinstance(target.button.event, ev.ShareNone | ev.OneByOne | ev.ShareAll)
        assert on_stage.counter.posted == []


# --- digits -------------------------------------------------------------------------------------------------


@sizes
@async_test
async def test_pin_is_typed_by_touch(size: tuple[int, int]) -> None:
    async with stage(size) as on_stage:
        await on_stage.show(state_for("pin"))
        for key in ("1", "9", "erase", "2", "3", "4"):
            await on_stage.pilot.click(f"#key-{key}")
        assert len(on_stage.counter._patient.pin) == 4
        await on_stage.pilot.click("#key-enter")
        assert on_stage.counter.pins == [b"1234"]
        assert on_stage.counter.posted == []


@async_test
async def test_pin_is_typed_by_keys_and_other_keys_are_ignored() -> None:
    async with stage() as on_stage:
        await on_stage.show(state_for("pin"))
        await on_stage.pilot.press("5", "x", "f5", "6", "backspace", "7", "enter")
        assert on_stage.counter.pins == []
        await on_stage.pilot.press("8", "9", "0", "enter")
        assert on_stage.counter.pins == [b"5789"]


@async_test
async def test_unsent_digits_are_cleared_by_the_next_screen() -> None:
    async with stage() as on_stage:
        await on_stage.show(state_for("pin"))
        await on_stage.pilot.press("1", "2")
        patient = on_stage.counter._patient
        on_stage.counter.set_state(state_for("face"))
        await on_stage.wait_until_drawn()
        assert len(patient.pin) == 0


@async_test
async def test_entered_pin_is_kept_until_it_is_sent_to_the_card() -> None:
    async with stage() as on_stage:
        await on_stage.show(state_for("pin"))
        await on_stage.pilot.press("1", "2", "3", "4")
        patient = on_stage.counter._patient
        on_stage.counter.set_state(state_for("pin-checking"))
        await on_stage.wait_until_drawn()
        assert patient.pin.take() == bytearray(b"1234")


@async_test
async def test_typed_printed_code_is_sent() -> None:
    async with stage() as on_stage:
        await on_stage.show(state_for("code"))
        await on_stage.pilot.press(*"6001021234", "enter")
        assert on_stage.counter.codes == [b"60010220311234"]


@async_test
async def test_invalid_birth_date_must_be_reentered() -> None:
    async with stage() as on_stage:
        await on_stage.show(state_for("code"))
        await on_stage.pilot.press(*"6099021234", "enter")
        await on_stage.wait_until_drawn()
        assert on_stage.counter.codes == []
        assert "生年月日を もう一度" in on_stage.app.export_screenshot().replace("&#160;", " ")


@async_test
async def test_code_form_is_overwritten_when_its_screen_closes() -> None:
    async with stage() as on_stage:
        await on_stage.show(state_for("code"))
        await on_stage.pilot.press(*"600102")
        form = on_stage.app.form
        assert form is not None
        buffer = form._typed
        await on_stage.show(state_for("idle"))
        assert not any(buffer)
        assert on_stage.app.form is None


# --- messages, themes and sounds ----------------------------------------------------------------------------


@async_test
async def test_staff_call_is_confirmed_on_the_screen() -> None:
    async with stage() as on_stage:
        await on_stage.show(state_for("method"))
        on_stage.counter.perform(fx.AlertStaff("r1", 0, "called"))
        await on_stage.wait_until_drawn()
        assert on_stage.app.desk.query_one("#card", Sentence).text == "係員がまいります"


@async_test
async def test_card_reminder_rings_the_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")  # without aplay, the console bell rings
    async with stage() as on_stage:
        bells: list[int] = []
        monkeypatch.setattr(on_stage.app, "bell", lambda: bells.append(1))
        await on_stage.show(state_for("complete"))
        on_stage.counter.perform(fx.RemindToTakeCard("r1", 0))
        assert bells == [1]


@async_test
async def test_bell_marks_new_questions_if_sound_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    async with stage() as on_stage:
        bells: list[int] = []
        monkeypatch.setattr(on_stage.app, "bell", lambda: bells.append(1))
        await on_stage.show(state_for("consent"))
        assert bells == []
        await on_stage.show(state_for("limit", sound=True))
        assert bells == [1]


@async_test
async def test_theme_and_size_follow_the_display_settings() -> None:
    async with stage() as on_stage:
        await on_stage.show(state_for("consent", high_contrast=True, size=st.Size.LARGE))
        assert on_stage.app.theme == "uketsuke-high-contrast"
        assert on_stage.app.desk.has_class("-large")
        large = on_stage.app.desk.query_one("#answer-1").region.height
        await on_stage.show(state_for("consent"))
        assert on_stage.app.theme == "uketsuke"
        assert on_stage.app.desk.query_one("#answer-1").region.height < large


@async_test
async def test_invisible_state_changes_do_not_redraw_the_screen() -> None:
    async with stage() as on_stage:
        state = state_for("method")
        assert isinstance(state, st.ChoosingMethod)
        await on_stage.show(state)
        talk = on_stage.app.desk.talk
        on_stage.counter.set_state(
            structs.replace(state, reception=structs.replace(state.reception, challenge_until=None))
        )
        await on_stage.wait_until_drawn()
        assert on_stage.app.desk.talk == talk


@async_test
async def test_textual_shortcuts_are_disabled() -> None:
    async with stage() as on_stage:
        await on_stage.show(state_for("method"))
        await on_stage.pilot.press("ctrl+p", "ctrl+c", "tab", "shift+tab", "ctrl+backslash")
        await on_stage.wait_until_drawn()
        assert on_stage.app.screen is on_stage.app.desk
        assert on_stage.app.focused is None
        assert on_stage.counter.posted == []


# --- staff --------------------------------------------------------------------------------------------------

WITH_PASSWORD = Settings.model_validate(
    {"staff": {"password_hash": PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("a2468")}}
)


async def _unlock(on_stage: Stage) -> None:
    await on_stage.pilot.press("f8")
    await on_stage.wait_until_drawn()
    assert isinstance(on_stage.app.screen, PasswordDialog)
    await on_stage.pilot.press(*"a2468", "enter")
    await _wait_for_screen(on_stage, StaffMenu)


async def _wait_for_screen(on_stage: Stage, kind: type) -> None:
    async with asyncio.timeout(30):
        while not isinstance(on_stage.app.screen, kind):
            await on_stage.pilot.pause(0.02)
    await on_stage.wait_until_drawn()


@async_test
async def test_staff_dialog_is_unavailable_without_a_password() -> None:
    async with stage() as on_stage:
        await on_stage.pilot.press("f8")
        await on_stage.pilot.click("#steps", offset=(75, 0))
        await on_stage.wait_until_drawn()
        assert on_stage.app.screen is on_stage.app.desk


@async_test
async def test_dialog_has_only_the_inactivity_timer() -> None:
    async with stage(settings=WITH_PASSWORD) as on_stage:
        await on_stage.pilot.press("f8")
        await on_stage.wait_until_drawn()
        dialog = on_stage.app.screen
        assert isinstance(dialog, PasswordDialog)
        timers = [timer for timer in dialog._timers if timer._interval == CLOSE_SECONDS]
        assert timers == [dialog._closer], "a second timer would close the dialog during use"


@async_test
async def test_staff_logs_in_by_touch_and_confirms_the_holder() -> None:
    async with stage(settings=WITH_PASSWORD) as on_stage:
        await on_stage.show(state_for("method"))
        await on_stage.pilot.click("#steps", offset=(75, 0))
        await on_stage.wait_until_drawn()
        assert isinstance(on_stage.app.screen, PasswordDialog)
        await on_stage.pilot.click("#dialog-switch")
        await on_stage.pilot.click("#key-a")
        await on_stage.pilot.click("#dialog-switch")
        for key in "2468":
            await on_stage.pilot.click(f"#key-{key}")
        await on_stage.pilot.click("#key-enter")
        await _wait_for_screen(on_stage, StaffMenu)
        await on_stage.pilot.click("#choice-by-eye")
        await on_stage.wait_until_drawn()
        assert on_stage.counter.posted == [ev.StaffAuthenticated("r1")]
        assert on_stage.app.screen is on_stage.app.desk


@async_test
async def test_wrong_password_is_refused_and_not_entered_as_pin() -> None:
    async with stage(settings=WITH_PASSWORD) as on_stage:
        await on_stage.show(state_for("pin"))
        await on_stage.pilot.press("f8")
        await on_stage.wait_until_drawn()
        await on_stage.pilot.press(*"1234", "enter")
        await on_stage.pilot.pause(0.2)
        assert isinstance(on_stage.app.screen, PasswordDialog)
        assert len(on_stage.counter._patient.pin) == 0
        await on_stage.pilot.press("escape")
        await on_stage.wait_until_drawn()
        assert on_stage.app.screen is on_stage.app.desk
        assert on_stage.counter.posted == []


@async_test
async def test_staff_discards_a_reception_after_confirmation() -> None:
    async with stage(settings=WITH_PASSWORD) as on_stage:
        await on_stage.show(state_for("consent"))
        await _unlock(on_stage)
        await on_stage.pilot.press("2", "2")
        await on_stage.wait_until_drawn()
        assert isinstance(on_stage.app.screen, ConfirmDialog), "pressing the key twice must not discard the reception"
        await on_stage.pilot.press("9")
        await on_stage.wait_until_drawn()
        assert on_stage.counter.posted == [ev.StaffAuthenticated("r1"), ev.StaffDiscarded("r1")]


@async_test
async def test_staff_views_the_status_and_stops_the_terminal() -> None:
    async with stage(settings=WITH_PASSWORD) as on_stage:
        await _unlock(on_stage)
        await on_stage.pilot.press("3")
        await _wait_for_screen(on_stage, StatusDialog)
        status = on_stage.app.screen.query_one(StatusText)
        async with asyncio.timeout(10):
            while not status.lines:
                await on_stage.pilot.pause(0.01)
        assert "stand-in" in on_stage.app.export_screenshot()
        await on_stage.pilot.press("1")
        await on_stage.wait_until_drawn()
        await _unlock(on_stage)
        on_stage.app.screen.query_one("#choice-stop", Target)
        await on_stage.pilot.press("2")
        assert not isinstance(on_stage.app.screen, ConfirmDialog), "key 2 is reserved for discarding a reception"
        await on_stage.pilot.press("5")
        await _wait_for_screen(on_stage, ConfirmDialog)
        await on_stage.pilot.press("9")
        async with asyncio.timeout(30):
            while not on_stage.app._exit:
                await asyncio.sleep(0.01)
        assert on_stage.app.return_code == 0


# --- dock ---------------------------------------------------------------------------------------------------


class Hands:
    """Records the dock's actions."""

    personas = tuple(DockPersona(f"persona-{number}", "") for number in range(30))

    def __init__(self) -> None:
        self.current = "persona-0"
        self.family = (self.current,)
        self.props = DockState()

    def on_settings(self, changed: object) -> None:
        """Do nothing, because the test has only one institution."""

    async def set_profile(self, profile: object) -> None:
        """Do nothing, because the test has only one institution."""

    async def choose(self, name: str) -> None:
        self.current = name

    async def insert_card(self, name: str = "", *, two: bool = False) -> None:
        self.props = replace(self.props, card=name or self.current)

    async def pull_card(self) -> None:
        self.props = replace(self.props, card="")

    async def take_second_card(self) -> None:
        self.props = replace(self.props, second_card=False)

    async def hold_card(self, held: bool) -> None:
        self.props = replace(self.props, card_held=held)

    async def cover_camera(self, covered: bool) -> None:
        self.props = replace(self.props, camera_covered=covered)

    async def unplug_camera(self, unplugged: bool) -> None:
        self.props = replace(self.props, camera_unplugged=unplugged)

    async def unplug_reader(self, unplugged: bool) -> None:
        self.props = replace(self.props, reader_unplugged=unplugged)

    async def set_service_mode(self, service: ServiceMode) -> None:
        self.props = replace(self.props, service=service)

    async def set_clock_slow(self, slow: bool) -> None:
        self.props = replace(self.props, clock_slow=slow)

    own_face = None

    async def sit_down(self) -> None:
        raise AssertionError("no camera")

    async def stand_up(self) -> None:
        raise AssertionError("no camera")

    async def power_cycle(self) -> None:
        """Do nothing, because the test has no terminal to restart."""

    async def reset(self) -> None:
        self.props = DockState()


@sizes
@async_test
async def test_dock_operates_the_simulated_devices(size: tuple[int, int]) -> None:
    hands = Hands()
    async with stage(size, dock=hands) as on_stage:
        await on_stage.pilot.press("f9")
        assert hands.props.card
        await on_stage.pilot.press("f12")
        await on_stage.wait_until_drawn()
        panel = on_stage.app.desk.query_one(DockPanel)
        assert panel.display
        await on_stage.pilot.press("down", "down", "right")
        await on_stage.wait_until_drawn()
        assert hands.current == "persona-2"
        for name in ("card", "camera", "service"):
            await on_stage.pilot.click(f"#dock-{name}")
        await on_stage.wait_until_drawn()
        assert hands.props == DockState(camera_covered=True, service=ServiceMode.SILENT)
        await on_stage.pilot.click("#dock-personas", offset=(5, 0))
        await on_stage.wait_until_drawn()
        assert hands.current == "persona-0"
        await on_stage.pilot.press("f12")
        await on_stage.wait_until_drawn()
        assert not panel.display


@async_test
async def test_real_terminal_has_no_dock() -> None:
    async with stage() as on_stage:
        await on_stage.pilot.press("f12", "f9")
        await on_stage.wait_until_drawn()
        assert not on_stage.app.desk.query(DockPanel)


@pytest.mark.parametrize("size", [(79, 40), (120, 23), (40, 15)])
@async_test
async def test_small_window_displays_a_message_until_enlarged(size: tuple[int, int]) -> None:
    async with stage() as on_stage:
        await on_stage.show(state_for("pin"))
        on_stage.counter._patient.pin.push(1)
        await on_stage.pilot.resize_terminal(*size)
        await on_stage.wait_until_drawn()
        message = on_stage.app.desk.query_one("#too-small", Sentence)
        assert message.display
        assert message.region.area > 0
        assert "80" in message.text
        assert not on_stage.app.desk.query_one("#body").region.area
        await on_stage.pilot.resize_terminal(*SMALL)
        await on_stage.wait_until_drawn()
        assert not message.region.area
        assert on_stage.app.desk.query_one("#body").region.area
        assert len(on_stage.counter._patient.pin) == 1


@pytest.mark.parametrize("size", [SMALL, USUAL])
@pytest.mark.parametrize("text_size", [st.Size.LARGE, st.Size.LARGEST])
@async_test
async def test_large_text_omits_no_sentence(text_size: st.Size, size: tuple[int, int]) -> None:
    async with stage(size) as on_stage:
        for name in ("pin-wrong", "consent", "consent-child", "complete", "problem-expired", "idle-no-card"):
            await on_stage.show(state_for(name, size=text_size))
            talk, lines = on_stage.app.desk.talk, on_stage.app.desk.query_one(Lines)
            assert talk is not None
            assert lines.lines == talk.body.lines, name
            visible = on_stage.app.desk.query_one("#saying").region.intersection(lines.region)
            assert visible.height == lines.region.height, f"{name} is clipped"


# --- numeric keypad -----------------------------------------------------------------------------------------


@async_test
async def test_numeric_keypad_operates_all_functions() -> None:
    async with stage() as on_stage:
        await on_stage.show(state_for("pin"))
        await on_stage.key("1")
        await on_stage.key("asterisk")
        assert len(on_stage.counter._patient.pin) == 0
        assert not on_stage.counter.posted
        for key in ("asterisk", "slash", "full_stop", "minus"):
            await on_stage.key(key)
        assert on_stage.counter.posted == [
            ev.Back("r1"),
            ev.AsideRequested("r1", ev.Aside.CHANGES),
            ev.AsideRequested("r1", ev.Aside.LEAVING),
            ev.StaffCalled("r1"),
        ]


@async_test
async def test_all_display_options_fit_on_the_smallest_screen() -> None:
    async with stage() as on_stage:
        pin = state_for("pin", voice=True)
        assert isinstance(pin, st.PinEntry)
        await on_stage.show(structs.replace(pin, reception=structs.replace(pin.reception, aside=ev.Aside.CHANGES)))
        targets = [target for target in on_stage.app.desk.query("#answers Target") if target.display]
        assert all(target.region.height >= 1 and target.region.width >= 10 for target in targets)
        options = [target.button.id for target in targets if isinstance(target, Target) and target.button is not None]
        assert {"close", "face", "forgotten", "language", "large", "contrast", "voice", "slow"} <= set(options)


@async_test
async def test_displayed_question_is_spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage() as on_stage:
        spoken: list[Utterance] = []
        monkeypatch.setattr(on_stage.app._aplay, "say", spoken.append)
        await on_stage.show(state_for("method", voice=True))
        assert "本人確認の方法を選んでください" in [sentence.text for sentence in spoken[-1].sentences]
        await on_stage.key("0")
        assert on_stage.counter.posted == [ev.RepeatRequested("r1")]
        on_stage.counter.perform(fx.SpeakAgain("r1", 0))
        assert len(spoken) == 2
        await on_stage.show(state_for("pin", voice=True))
        await on_stage.key("7")
        assert (spoken[-1].tone, spoken[-1].sentences) == (Tone.DIGIT, ())
