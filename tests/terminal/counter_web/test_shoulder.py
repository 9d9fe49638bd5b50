"""Shoulder surfing: neither the screen nor the page's messages reveal which digit was typed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from config.settings import Settings
from tests.terminal.counter_web.stage import PageStage, until, wait_for
from tests.terminal.talk.gallery import state_of

KEY_STYLES = """() => [...new Set([...document.querySelectorAll(".pad button:not(.word)")].map((key) => {
  const { backgroundColor, color, boxShadow, translate, opacity, animationName } = getComputedStyle(key);
  return [backgroundColor, color, boxShadow, translate, opacity, animationName].join();
}))]"""
"""Returns the distinct styles of the ten digit keys."""
WATCH = f"""() => {{
  window.lit = [];
  const pad = document.querySelector(".pad");
  new MutationObserver(() => pad.classList.contains("lit") && window.lit.push(({KEY_STYLES})()))
    .observe(pad, {{ attributes: true, attributeFilter: ["class"] }});
}}"""


@pytest.fixture
def never_settled(tmp_path: Path) -> Iterator[PageStage]:
    with PageStage(Settings(state_dir=tmp_path), settle_seconds=600) as started:
        yield started


def finger_on(page: Page, digit: int) -> None:
    box = page.locator(f"[data-target='key:{digit}']").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()


@pytest.mark.parametrize("contrast", [False, True])
def test_all_digit_keys_light_up_together(stage: PageStage, page: Page, contrast: bool) -> None:
    stage.open(page)
    stage.turn_to(page, state_of("pin", high_contrast=contrast))
    page.evaluate(WATCH)
    (before,) = page.evaluate(KEY_STYLES)
    finger_on(page, 7)
    expect(page.locator("[data-target='key:7']")).to_have_class("pressed")
    assert page.evaluate(KEY_STYLES) == [before]
    page.mouse.up()
    until(page, "window.lit.length > 0")
    (lit,) = page.evaluate("window.lit[0]")
    assert lit != before
    expect(page.locator(".pad.lit")).to_have_count(0)


def test_early_digit_is_not_revealed(never_settled: PageStage, page: Page) -> None:
    never_settled.open(page)
    never_settled.turn_to(page, state_of("pin"))
    finger_on(page, 7)
    page.mouse.up()
    expect(page.locator(".pad")).to_have_class("pad early")
    assert len(page.evaluate(KEY_STYLES)) == 1
    assert page.locator(".dots i.set").count() == 0


def test_digits_typed_without_a_keypad_are_not_sent(stage: PageStage, page: Page) -> None:
    """For example a PIN typed a moment too late."""
    sent: list[dict[str, object]] = []
    page.on("websocket", lambda line: line.on("framesent", lambda frame: sent.append(json.loads(str(frame)))))
    stage.open(page)
    stage.turn_to(page, state_of("reading"))
    page.keyboard.type("7319")
    wait_for(page, lambda: len(sent) >= 4)
    assert sent == [{"type": "attend", "key": "key"}] * 4


def test_held_key_counts_once(stage: PageStage, page: Page) -> None:
    stage.open(page)
    stage.turn_to(page, state_of("pin"))
    for _ in range(4):
        page.keyboard.down("Digit7")
    page.keyboard.up("Digit7")
    page.keyboard.type("319")
    page.keyboard.press("Enter")
    wait_for(page, lambda: stage.counter.pins)
    assert stage.counter.pins == [b"7319"]
