"""The page in Chromium: taps, keys, double taps, reloads, lost connections and second windows."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from config.settings import Settings
from terminal.session import effects as fx
from terminal.session import events as ev
from terminal.session.display import Size
from terminal.words.catalogue import words
from tests.terminal.counter_web.stage import PageStage, until, wait_for, wait_painted
from tests.terminal.talk.gallery import state_for


def show_screen(stage: PageStage, page: Page, name: str, language: str = "ja", *, settled: bool = True) -> None:
    """Show a screen and wait until it is painted and, if `settled`, accepts answers."""
    stage.set_state(state_for(name, language))
    wait_painted(page, stage.serial)
    if settled and stage.settle_seconds:
        page.wait_for_timeout(stage.settle_seconds * 1000 + 60)


def button_centre(page: Page, id: str) -> tuple[float, float]:
    box = page.locator(f"[data-offer={id}]").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_repeated_taps_post_one_answer(settling_stage: PageStage, page: Page) -> None:
    stage = settling_stage
    stage.open(page)
    show_screen(stage, page, "consent")
    x, y = button_centre(page, "all")
    for _ in range(4):
        page.touchscreen.tap(x, y)
    expect(page.locator("#foot .state.loud")).to_be_visible()
    assert [type(event) for event in stage.counter.posted] == [ev.ShareAll]


def test_early_touch_on_a_new_screen_shows_a_message(settling_stage: PageStage, page: Page) -> None:
    stage = settling_stage
    stage.open(page)
    show_screen(stage, page, "method", settled=False)
    # touch the new screen from the page, because a touch from the test may be too late
    page.evaluate(
        """() => new MutationObserver((_, observer) => {
             const target = document.querySelector("[data-offer=all]");
             if (!target) return;
             observer.disconnect();
             const { left, top } = target.getBoundingClientRect();
             for (const name of ["pointerdown", "pointerup"]) {
               target.dispatchEvent(new PointerEvent(name, { bubbles: true, isPrimary: true, pointerId: 7,
                                                            clientX: left + 9, clientY: top + 9 }));
             }
           }).observe(document.querySelector("#body"), { childList: true })"""
    )
    show_screen(stage, page, "consent", settled=False)
    text = page.locator("#foot .state.loud")
    expect(text).to_have_text(words("ja")("touch.too-early"))
    assert not stage.counter.posted
    expect(text).not_to_be_visible()


def test_tap_while_a_slow_tablet_draws_is_ignored(browser: Browser, tmp_path: Path) -> None:
    """Drawing takes longer than the settle time, after which the terminal accepts answers."""
    context = browser.new_context()
    page = context.new_page()
    with PageStage(Settings(state_dir=tmp_path), settle_seconds=0.2) as stage:
        stage.open(page)
        show_screen(stage, page, "method")
        page.evaluate(
            """() => new MutationObserver((_, observer) => {
                 const target = document.querySelector("[data-offer=all]");
                 if (!target) return;
                 observer.disconnect();
                 const { left, top } = target.getBoundingClientRect();
                 for (const end = performance.now() + 500; performance.now() < end;) {}
                 for (const name of ["pointerdown", "pointerup"]) {
                   target.dispatchEvent(new PointerEvent(name, { bubbles: true, isPrimary: true, pointerId: 7,
                                                                clientX: left + 9, clientY: top + 9 }));
                 }
               }).observe(document.querySelector("#body"), { childList: true })"""
        )
        stage.set_state(state_for("consent"))
        wait_painted(page, stage.serial)
        until(page, "document.querySelector('[data-offer=all]').matches('.early')")
        assert not stage.counter.posted
    context.close()


def test_sliding_off_cancels_a_touch_but_trembling_does_not(stage: PageStage, page: Page) -> None:
    stage.open(page)
    show_screen(stage, page, "method")
    x, y = button_centre(page, "pin")
    page.mouse.move(x, y)
    page.mouse.down()
    expect(page.locator("[data-offer=pin]")).to_have_class("answer pressed")
    page.mouse.move(x, 20)
    page.mouse.up()
    assert not stage.counter.posted
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 18, y - 12)
    page.mouse.up()
    wait_for(page, lambda: stage.counter.posted)
    assert [type(event) for event in stage.counter.posted] == [ev.PinChosen]


POINTER = """([name, more]) => {
  const target = document.querySelector("[data-offer=face]");
  const { left, top } = target.getBoundingClientRect();
  const at = { bubbles: true, isPrimary: true, pointerId: 7, clientX: left + 9, clientY: top + 9, ...more };
  target.dispatchEvent(new PointerEvent(name, at));
}"""


def test_palm_and_cancelled_touch_are_ignored(stage: PageStage, page: Page) -> None:
    stage.open(page)
    show_screen(stage, page, "method")
    for name in ("pointerdown", "pointerup"):
        page.evaluate(POINTER, [name, {"isPrimary": False}])
    for name in ("pointerdown", "pointercancel", "pointerup"):
        page.evaluate(POINTER, [name, {}])
    page.locator("[data-offer=face]").click(button="right")
    page.locator("[data-offer=pin]").tap()
    wait_for(page, lambda: stage.counter.posted)
    assert [type(event) for event in stage.counter.posted] == [ev.PinChosen]


def test_keys_with_modifiers_are_ignored(stage: PageStage, page: Page) -> None:
    stage.open(page)
    show_screen(stage, page, "method")
    for modifier in ("Control", "Alt", "Meta"):
        page.keyboard.press(f"{modifier}+Digit1")
    page.keyboard.press("Digit2")
    wait_for(page, lambda: stage.counter.posted)
    assert [type(event) for event in stage.counter.posted] == [ev.PinChosen]


def test_touch_outside_all_targets_wakes_only_the_idle_screen(stage: PageStage, page: Page) -> None:
    """On the idle screen, the voice then explains how to begin."""
    messages: list[dict[str, object]] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: messages.append(json.loads(str(frame)))))
    stage.open(page)
    show_screen(stage, page, "method")
    page.locator("h1").tap()
    show_screen(stage, page, "idle")
    page.locator("h1").tap()
    wait_for(page, lambda: messages)
    assert messages == [{"type": "presence"}]


def test_touched_button_changes_colour_in_the_next_frame(stage: PageStage, page: Page) -> None:
    stage.open(page)
    show_screen(stage, page, "method")
    page.evaluate(
        """() => addEventListener("pointerdown", (event) => requestAnimationFrame(() => {
             window.delay = performance.now() - event.timeStamp;
             window.colour = getComputedStyle(document.querySelector("[data-offer=pin]")).backgroundColor;
           }))"""
    )
    before = page.evaluate("getComputedStyle(document.querySelector('[data-offer=pin]')).backgroundColor")
    x, y = button_centre(page, "pin")
    page.mouse.move(x, y)
    page.mouse.down()
    until(page, "window.delay !== undefined")
    assert page.evaluate("window.colour") != before
    page.mouse.up()


def test_typed_digits_are_shown_as_dots_and_not_stored(stage: PageStage, page: Page) -> None:
    stage.open(page)
    show_screen(stage, page, "pin")
    assert page.locator(".dots i.set").count() == 0
    page.locator("[data-target='key:7']").tap()
    expect(page.locator(".dots i.set")).to_have_count(1)
    colour_count = page.evaluate(
        """() => { document.querySelector(".pad").classList.add("lit");
                   return new Set([...document.querySelectorAll(".pad button:not(.word)")]
                     .map((key) => getComputedStyle(key).backgroundColor)).size; }"""
    )
    assert colour_count == 1
    for key in ("Digit3", "Numpad1", "Numpad9"):
        page.keyboard.press(key)
    expect(page.locator(".dots i.set")).to_have_count(4)
    assert not stage.counter.pins  # digits are not sent before Enter
    stored = page.evaluate(
        """() => JSON.stringify([document.documentElement.outerHTML, location.href, {...localStorage},
                                 {...sessionStorage}, history.state, document.cookie])"""
    )
    assert "7319" not in stored
    page.keyboard.press("NumpadEnter")
    wait_for(page, lambda: stage.counter.pins)
    assert stage.counter.pins == [b"7319"]


def test_held_key_types_one_digit(stage: PageStage, page: Page) -> None:
    stage.open(page)
    show_screen(stage, page, "pin")
    for _ in range(3):
        page.keyboard.down("Digit4")  # the second and third are key repeats
    page.keyboard.up("Digit4")
    page.keyboard.press("Digit2")
    expect(page.locator(".dots i.set")).to_have_count(2)


def test_focused_target_has_an_outline_of_six_units(stage: PageStage, page: Page) -> None:
    stage.open(page)
    show_screen(stage, page, "method")
    page.keyboard.press("Tab")
    target = page.locator(":focus")
    assert target.get_attribute("data-target") == "offer:face"
    style = target.evaluate(
        "element => [getComputedStyle(element).outlineStyle, getComputedStyle(element).outlineWidth]"
    )
    assert style == ["solid", "6px"]


def test_question_and_keypad_have_separate_pages_in_the_largest_text(settling_stage: PageStage, page: Page) -> None:
    stage = settling_stage
    stage.open(page)
    stage.set_state(state_for("pin", size=Size.LARGEST))
    wait_painted(page, stage.serial)
    page.wait_for_timeout(stage.settle_seconds * 1000 + 60)
    pad, question = page.locator(".pad"), page.locator("h1")
    expect(question).to_be_visible()
    expect(pad).to_be_hidden()
    page.locator(".turner .onward").tap()
    expect(pad).to_be_visible()
    expect(question).to_be_hidden()
    page.locator("[data-target='key:5']").tap()  # the second tap of a double tap
    expect(page.locator("#foot .state.loud")).to_have_text(words("ja")("touch.too-early"))
    page.locator(".turner .backward").tap()
    expect(question).to_be_visible()
    page.keyboard.type("731", delay=15)
    expect(pad).to_be_visible()
    expect(page.locator(".dots i.set")).to_have_count(3)
    page.wait_for_timeout(stage.settle_seconds * 1000 + 60)
    page.locator("[data-target='key:9']").tap()
    page.locator("[data-target='key:enter']").tap()
    wait_for(page, lambda: stage.counter.pins)
    assert stage.counter.pins == [b"7319"]


def test_digits_are_cleared_when_the_question_changes(stage: PageStage, page: Page) -> None:
    stage.open(page)
    show_screen(stage, page, "pin")
    page.keyboard.press("1")
    expect(page.locator(".dots i.set")).to_have_count(1)
    show_screen(stage, page, "face")
    show_screen(stage, page, "pin")
    expect(page.locator(".dots i.set")).to_have_count(0)


def test_printed_code_is_checked_before_it_is_sent(stage: PageStage, page: Page) -> None:
    stage.open(page)
    show_screen(stage, page, "code")
    page.keyboard.type("481331" + "6502", delay=15)  # month 13
    expect(page.locator(".dots i.set")).to_have_count(10)
    page.keyboard.press("Enter")
    expect(page.locator(".parts .reason")).to_be_visible()
    assert not stage.counter.codes
    page.keyboard.type("480229" + "6502", delay=15)
    page.keyboard.press("Enter")
    wait_for(page, lambda: stage.counter.codes)
    assert len(stage.counter.codes) == 1


def test_reload_shows_the_current_screen_without_a_code(stage: PageStage, page: Page) -> None:
    stage.open(page)
    show_screen(stage, page, "limit")
    text = page.inner_text("h1")
    page.reload()
    expect(page.locator("h1")).to_have_text(text)
    assert page.url == stage.root


def test_used_address_is_reported_in_two_languages(stage: PageStage, page: Page) -> None:
    page.goto(stage.root + "#used-code")
    expect(page.locator("#veil")).to_contain_text("新しいアドレス")
    expect(page.locator("#veil")).to_contain_text("no longer be used")


def test_page_reconnects_after_a_terminal_restart(browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    with PageStage(Settings(state_dir=tmp_path)) as first:
        port = first.terminal.site.port
        first.open(page)
    expect(page.locator("#veil")).to_contain_text("少しお待ちください")
    expect(page.locator("#veil")).to_be_visible()
    with PageStage(Settings(state_dir=tmp_path), port=port) as restarted:
        restarted.set_state(state_for("pin"))
        expect(page.locator("h1")).to_contain_text("暗証番号")
        expect(page.locator("#veil")).not_to_be_visible()
    context.close()


def test_page_retries_every_two_seconds_while_the_terminal_is_unreachable(stage: PageStage, page: Page) -> None:
    stage.open(page)
    waits = page.evaluate(
        """async () => {
             const { Link } = await import("/page/js/connection.js");
             const [waits, later] = [[], setTimeout];
             window.fetch = async () => { throw new TypeError("connection refused"); };
             window.setTimeout = (again, wait) => { waits.push(wait); if (waits.length < 9) later(again); };
             await new Promise((done) => new Link({ onGone: () => waits.length === 8 && later(done) }).begin());
             return waits;
           }"""
    )
    assert waits[:3] == [250, 500, 1000]
    assert set(waits[3:]) == {2000}


def test_page_without_access_retries_while_the_terminal_loads(browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    statuses: list[int] = []
    page.on("response", lambda response: statuses.append(response.status))
    with PageStage(Settings(state_dir=tmp_path), load_later=True) as stage:
        page.goto(stage.root)
        wait_for(page, lambda: statuses.count(503) > 1)
        stage.load()
        expect(page.locator("#veil")).to_contain_text("新しいアドレス")
    context.close()


def test_second_window_waits_until_the_first_is_closed(stage: PageStage, page: Page) -> None:
    stage.open(page)
    second = page.context.new_page()
    second.goto(stage.root)
    expect(second.locator("#veil")).to_contain_text("ほかのページ")
    expect(second.locator("#veil")).to_be_visible()
    page.goto("about:blank")
    expect(second.locator("#veil")).not_to_be_visible()
    expect(second.locator("h1")).to_contain_text("マイナンバーカード")


def test_page_blocks_browser_gestures(stage: PageStage, page: Page) -> None:
    stage.open(page)
    show_screen(stage, page, "method")
    blocked = page.evaluate(
        """() => ["contextmenu", "selectstart", "dragstart", "wheel"].map((name) =>
             !document.querySelector("h1").dispatchEvent(new Event(name, { bubbles: true, cancelable: true })))"""
    )
    assert blocked == [True, True, True, True]
    page.evaluate(
        """() => new Promise((done) => { addEventListener("popstate", () => setTimeout(done)); history.back(); })"""
    )
    assert page.url == stage.root
    assert page.evaluate("getComputedStyle(document.body).touchAction") == "none"
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).userSelect") == "none"
    # the browser's zoom remains available
    assert page.get_attribute("meta[name=viewport]", "content") == "width=device-width, initial-scale=1"


def test_card_reminder_remains_when_staff_are_called(stage: PageStage, page: Page) -> None:
    stage.open(page)
    show_screen(stage, page, "complete")
    expect(page.locator(".call")).to_have_text("カードをお取りください")
    stage.run_on_loop(lambda: stage.counter.perform(fx.AlertStaff("r1", 1, "called")))
    expect(page.locator("#foot .state.loud")).to_have_text("係員がまいります")


def test_text_has_at_least_the_documented_sizes(stage: PageStage, page: Page) -> None:
    stage.open(page)
    show_screen(stage, page, "method")
    sizes = page.evaluate(
        """() => Object.fromEntries(["h1", ".answer span", ".answer small", "#foot .quiet"].map((part) =>
             [part, parseFloat(getComputedStyle(document.querySelector(part)).fontSize)]))"""
    )
    assert sizes["h1"] >= 44
    assert sizes[".answer span"] >= 34
    assert sizes[".answer small"] >= 26
    assert sizes["#foot .quiet"] >= 26


def test_page_sets_language_heading_and_focus_for_screen_readers(stage: PageStage, page: Page) -> None:
    stage.open(page)
    show_screen(stage, page, "consent", "en")
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.activeElement.tagName") == "H1"


@pytest.mark.parametrize("text", ["{情報|じょうほう}を見る", "<b>x</b>"])
def test_readings_are_rendered_and_markup_is_escaped(stage: PageStage, page: Page, text: str) -> None:
    stage.open(page)
    html = page.evaluate(
        """async (text) => { const { make, sentence } = await import("/page/js/make.js");
             return make("p", {}, sentence(text)).outerHTML; }""",
        text,
    )
    assert html in (
        "<p><ruby>情報<rt>じょうほう</rt></ruby>を見る</p>",
        "<p>&lt;b&gt;x&lt;/b&gt;</p>",
    )


def test_page_receives_no_internal_events(stage: PageStage, page: Page) -> None:
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    stage.open(page)
    show_screen(stage, page, "summary")
    talk = next(message["talk"] for message in map(json.loads, reversed(frames)) if message["type"] == "talk")
    assert set(talk["body"]["offers"][0]) <= {"id", "label", "hint", "key", "keypadKey", "back", "lang", "names"}
    assert "r1" not in json.dumps(talk)


def test_language_buttons_have_their_own_lang_attribute(stage: PageStage, page: Page) -> None:
    stage.open(page)
    show_screen(stage, page, "idle")
    assert page.get_attribute("[data-offer=language-en]", "lang") == "en"
    assert page.get_attribute("[data-offer=language-ja]", "lang") == "ja"
    assert page.get_attribute("[data-offer=call-staff]", "lang") is None
