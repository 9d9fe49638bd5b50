"""Protection against shoulder surfing: the screen and the messages do not reveal typed digits."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from config.settings import Settings
from tests.terminal.counter_web.stage import PageStage, until, wait_for
from tests.terminal.talk.gallery import state_for

KEY_STYLES = """() => [...new Set([...document.querySelectorAll(".pad button:not(.word)")].map((key) => {
  const { backgroundColor, color, boxShadow, translate, opacity, animationName } = getComputedStyle(key);
  return [backgroundColor, color, boxShadow, translate, opacity, animationName].join();
}))]"""
"""Script that returns the distinct styles of the ten digit keys."""
WATCH = f"""() => {{
  window.lit = [];
  const pad = document.querySelector(".pad");
  new MutationObserver(() => pad.classList.contains("lit") && window.lit.push(({KEY_STYLES})()))
    .observe(pad, {{ attributes: true, attributeFilter: ["class"] }});
}}"""


@pytest.fixture
def unsettled_stage(tmp_path: Path) -> Iterator[PageStage]:
    with PageStage(Settings(state_dir=tmp_path), settle_seconds=600) as stage:
        yield stage


def press_digit(page: Page, digit: int) -> None:
    box = page.locator(f"[data-target='key:{digit}']").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()


@pytest.mark.parametrize("contrast", [False, True])
def test_all_digit_keys_light_up_together(stage: PageStage, page: Page, contrast: bool) -> None:
    stage.open(page)
    stage.show(page, state_for("pin", high_contrast=contrast))
    page.evaluate(WATCH)
    (before,) = page.evaluate(KEY_STYLES)
    press_digit(page, 7)
    expect(page.locator("[data-target='key:7']")).to_have_class("pressed")
    assert page.evaluate(KEY_STYLES) == [before]
    page.mouse.up()
    until(page, "window.lit.length > 0")
    (lit,) = page.evaluate("window.lit[0]")
    assert lit != before
    expect(page.locator(".pad.lit")).to_have_count(0)


def test_digit_typed_too_early_is_not_revealed(unsettled_stage: PageStage, page: Page) -> None:
    unsettled_stage.open(page)
    unsettled_stage.show(page, state_for("pin"))
    press_digit(page, 7)
    page.mouse.up()
    expect(page.locator(".pad")).to_have_class("pad early")
    assert len(page.evaluate(KEY_STYLES)) == 1
    assert page.locator(".dots i.set").count() == 0


def test_digits_typed_without_a_keypad_are_not_sent(stage: PageStage, page: Page) -> None:
    """A patient may type the PIN before or after the PIN screen."""
    messages: list[dict[str, object]] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: messages.append(json.loads(str(frame)))))
    stage.open(page)
    stage.show(page, state_for("reading"))
    page.keyboard.type("7319")
    wait_for(page, lambda: len(messages) >= 4)
    assert messages == [{"type": "presence", "key": "key"}] * 4


def test_key_repeats_are_ignored(stage: PageStage, page: Page) -> None:
    stage.open(page)
    stage.show(page, state_for("pin"))
    for _ in range(4):
        page.keyboard.down("Digit7")
    page.keyboard.up("Digit7")
    page.keyboard.type("319")
    page.keyboard.press("Enter")
    wait_for(page, lambda: stage.counter.pins)
    assert stage.counter.pins == [b"7319"]
