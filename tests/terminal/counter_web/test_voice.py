"""Sound on the page: access, interruption by the next question, volume and browsers that block sound."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, Route, expect

from config.settings import DigitOrder, Settings, VoiceSettings
from terminal.session import effects as fx
from terminal.session import events as ev
from terminal.voice.tones import tone
from terminal.voice.utterance import Tone
from terminal.voice.wav import wrap_wav
from tests.terminal.counter_web.stage import ARGUMENTS, CHROMIUM, PageStage, until, wait_for, wait_painted
from tests.terminal.screens.stand_in import StandIn
from tests.terminal.talk.gallery import state_for

AUDIO = """
  window.audio = [];
  const begin = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () { window.audio.push(this); return begin.call(this); };
"""
REPORT_BLOCKED = """
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () {
    const playing = play.call(this);
    playing.catch(() => window.blocked());
    return playing;
  };
"""
LONG = wrap_wav(bytes(2 * 24_000 * 20), 24_000)
"""Twenty seconds of silence."""


@pytest.fixture
def speaking_stage(tmp_path: Path) -> Iterator[PageStage]:
    with _open_speaking_stage(tmp_path, LONG) as stage:
        yield stage


@contextmanager
def _open_speaking_stage(folder: Path, sound: bytes) -> Iterator[PageStage]:
    async def render(_text: str, _language: str, *, slow: bool = False) -> bytes:
        return sound

    counter = StandIn()
    counter.rules = replace(counter.rules, voices=("ja", "en"))
    with PageStage(Settings(state_dir=folder), counter, settle_seconds=0) as stage:
        stage.terminal.screen.guide.library._render = render
        yield stage


def show(stage: PageStage, page: Page, name: str) -> None:
    stage.set_state(state_for(name, voice=True))
    wait_painted(page, stage.serial)


def test_sentence_is_fetched_by_a_random_id_with_the_cookie(speaking_stage: PageStage, page: Page) -> None:
    requested_urls: list[str] = []
    page.on("request", lambda request: requested_urls.append(request.url))
    page.add_init_script(AUDIO)
    speaking_stage.open(page)
    show(speaking_stage, page, "pin-wrong")
    until(page, "window.audio.length > 0 && !window.audio[0].paused")
    clips = {url.rsplit("/", 1)[1] for url in requested_urls if "/voice/" in url}
    assert clips
    assert all(len(clip) == 12 and clip.isascii() for clip in clips)
    show(speaking_stage, page, "pin")
    show(speaking_stage, page, "pin-wrong")
    later_clips = {url.rsplit("/", 1)[1] for url in requested_urls if "/voice/" in url} - clips
    assert not later_clips & clips, "a repeated sentence reused its id"
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{speaking_stage.root}voice/{next(iter(clips))}")  # without the cookie


def test_next_question_cuts_off_the_current_sentence(speaking_stage: PageStage, page: Page) -> None:
    page.add_init_script(AUDIO)
    speaking_stage.open(page)
    show(speaking_stage, page, "method")
    until(page, "window.audio.length === 1 && !window.audio[0].paused")
    show(speaking_stage, page, "pin")
    until(page, "window.audio.length === 2 && !window.audio[1].paused")
    assert page.evaluate("window.audio[0].paused")
    speaking_stage.run_on_loop(lambda: speaking_stage.counter.perform(fx.RemindToTakeCard("r1", 0)))
    speaking_stage.set_state(state_for("method"))  # without voice; the page receives it after the reminder
    until(page, "window.audio[1].paused")
    assert page.evaluate("window.audio.length") == 2, "the reminder interrupted the sentence"


def test_missing_sentence_does_not_block_the_next(speaking_stage: PageStage, page: Page) -> None:
    page.add_init_script(AUDIO)
    dropped_urls: list[str] = []

    def drop_the_first(route: Route) -> None:
        if not dropped_urls:
            dropped_urls.append(route.request.url)
        if route.request.url in dropped_urls:
            route.fulfill(status=204)
        else:
            route.continue_()

    page.route("**/voice/*", drop_the_first)
    speaking_stage.open(page)
    show(speaking_stage, page, "method")
    until(page, "window.audio.some((audio) => !audio.paused && audio.currentTime > 0)")


def test_sound_stops_when_the_terminal_stops(browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(AUDIO)
    two_minutes = wrap_wav(bytes(2 * 8_000 * 120), 8_000)
    with _open_speaking_stage(tmp_path, two_minutes) as stage:
        stage.open(page)
        show(stage, page, "method")
        until(page, "window.audio.length > 0 && !window.audio[0].paused")
    until(page, "window.audio.every((audio) => audio.paused)")
    context.close()


def test_volume_key_raises_the_volume(speaking_stage: PageStage, page: Page) -> None:
    page.add_init_script(AUDIO)
    speaking_stage.open(page)
    show(speaking_stage, page, "method")
    until(page, "window.audio.length === 1")
    assert page.evaluate("window.audio[0].volume") == pytest.approx(0.5)
    page.keyboard.press("NumpadAdd")
    wait_for(page, lambda: speaking_stage.counter.posted)
    assert speaking_stage.counter.posted == [ev.DisplayChanged("r1", volume=100)]


def test_page_reports_blocked_sound_until_it_is_touched(browser: Browser, tmp_path: Path) -> None:
    arguments = [argument for argument in ARGUMENTS if "autoplay" not in argument]
    arguments.append("--autoplay-policy=document-user-activation-required")
    strict = browser.browser_type.launch(executable_path=CHROMIUM, args=arguments)
    blocked: list[bool] = []
    with _open_speaking_stage(tmp_path, tone(Tone.DIGIT)) as stage:
        page = strict.new_page()
        page.expose_function("blocked", lambda: blocked.append(True))
        page.add_init_script(AUDIO + REPORT_BLOCKED)
        stage.set_state(state_for("method", voice=True))
        page.goto(stage.address())
        wait_for(page, lambda: blocked)  # wait first, because `expect` counts as a touch
        message = page.locator("#foot .state.loud")
        expect(message).to_have_text("画面にふれると 音が出ます")
        page.mouse.click(640, 120)
        expect(message).not_to_be_visible()
        until(page, "window.audio[0].ended")
    strict.close()


@pytest.mark.parametrize("order", list(DigitOrder))
def test_keys_of_a_configured_keypad_are_shown(browser: Browser, tmp_path: Path, order: DigitOrder) -> None:
    with PageStage(Settings(state_dir=tmp_path, voice=VoiceSettings(keypad=order)), settle_seconds=0) as stage:
        page = browser.new_page()
        stage.open(page)
        stage.set_state(state_for("limit"))
        wait_painted(page, stage.serial)
        keys = page.locator("#foot kbd, .offers kbd").all_inner_texts()
        assert keys == (["1", "2", "3"] if order is DigitOrder.NONE else ["1", "2", "3", ".", "/", "−"])
        page.keyboard.press("NumpadDecimal")
        wait_for(page, lambda: stage.counter.posted)
        assert stage.counter.posted == [ev.AsideRequested("r1", ev.Aside.LEAVING)], "the keypad key was ignored"
        page.close()
