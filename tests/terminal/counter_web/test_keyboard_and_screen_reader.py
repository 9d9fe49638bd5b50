"""The page with a keyboard, a screen reader and large text."""

from playwright.sync_api import Page, expect

from terminal.session import events as ev
from terminal.session.states import Size
from tests.terminal.counter_web.stage import PageStage, wait_for, wait_painted
from tests.terminal.talk.gallery import state_for


def test_enter_key_and_screen_reader_activate_the_focused_button(stage: PageStage, page: Page) -> None:
    stage.open(page)
    stage.show(page, state_for("method"))
    page.locator("[data-offer=pin]").focus()
    for _ in range(3):
        page.keyboard.down("Enter")  # key repeats are ignored
    page.keyboard.up("Enter")
    page.evaluate("document.querySelector('[data-offer=face]').click()")
    wait_for(page, lambda: len(stage.counter.posted) >= 2)
    assert [type(event) for event in stage.counter.posted] == [ev.PinChosen, ev.FaceChosen]


def test_redraw_preserves_the_focus(stage: PageStage, page: Page) -> None:
    stage.open(page)
    stage.show(page, state_for("method"))
    page.locator("[data-offer=pin]").focus()
    page.evaluate("() => { window.previous = document.activeElement; }")
    stage.set_state(state_for("method", "en"))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.evaluate("document.activeElement !== window.previous && document.activeElement.dataset.offer") == "pin"


def test_new_question_starts_on_its_first_page(stage: PageStage, page: Page) -> None:
    stage.open(page)
    stage.show(page, state_for("consent", size=Size.LARGEST))
    question = page.locator("#body h1")
    expect(question).to_be_visible()
    expect(page.locator(".turner .backward")).to_be_disabled()
    while page.locator(".turner .onward").is_enabled():
        page.locator(".turner .onward").tap()
    expect(question).not_to_be_visible()
    stage.set_state(state_for("limit", size=Size.LARGEST))
    wait_painted(page, stage.serial)
    expect(question).to_be_visible()
    page.locator(".turner .onward").tap()
    page.locator(".turner .backward").tap()
    expect(question).to_be_visible()
    assert not stage.counter.posted


KEYS = """() => [
  ["F5"], ["F11"], ["F12"], ["ContextMenu"], ["BrowserBack"], ["r", "ctrlKey"], ["P", "ctrlKey"], ["s", "metaKey"],
  ["ArrowLeft", "altKey"],
  ["a"], ["Tab"], ["ArrowLeft"],
].map(([key, modifier]) => dispatchEvent(new KeyboardEvent("keydown", { key, [modifier]: true, cancelable: true })))"""
"""Script that returns, for each key, whether the page allows the browser's default action."""


def test_browser_shortcuts_are_blocked(stage: PageStage, page: Page) -> None:
    stage.open(page)
    assert page.evaluate(KEYS) == [False] * 9 + [True] * 3
