"""The live camera preview on the page: cropped, rate-limited and removed with its screen."""

import json
import time
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page
from websockets.sync.connection import Connection

from config.settings import Settings
from terminal.counter_web.preview import MIN_INTERVAL, Preview, jpeg_of
from tests.terminal.counter_web.stage import PageStage, until, wait_for
from tests.terminal.counter_web.test_access import Visitor
from tests.terminal.counter_web.test_contrast import AAA, luminance, ratio
from tests.terminal.counter_web.test_page import ask
from tests.terminal.screens.stand_in import StandIn
from tests.terminal.talk.gallery import state_of


def striped(width: int, height: int) -> Any:
    """Return an RGB picture with a red 4:3 area in the middle on black."""
    picture = np.zeros((height, width, 3), np.uint8)
    keep_width, keep_height = min(width, height * 4 // 3), min(height, width * 3 // 4)
    left, top = (width - keep_width) // 2, (height - keep_height) // 2
    picture[top : top + keep_height, left : left + keep_width] = (200, 0, 0)
    return picture


@pytest.mark.parametrize(
    ("camera", "shown"),
    [((640, 480), (640, 480)), ((1280, 720), (640, 480)), ((320, 400), (320, 240)), ((400, 240), (320, 240))],
)
def test_preview_is_the_middle_of_the_picture_in_true_colours(camera: tuple[int, int], shown: tuple[int, int]) -> None:
    drawn = cv2.imdecode(np.frombuffer(jpeg_of(striped(*camera)), np.uint8), cv2.IMREAD_COLOR)
    assert drawn is not None
    assert (drawn.shape[1], drawn.shape[0]) == shown
    edges = np.concatenate([drawn[2, 2:-2], drawn[-3, 2:-2], drawn[2:-2, 2], drawn[2:-2, -3]])
    assert np.abs(edges.astype(int) - (0, 0, 200)).max() < 40, "red up to every edge (BGR)"


def test_preview_rate_is_limited() -> None:
    class Fast:
        def after(self, number: int, timeout: float) -> Any:
            return SimpleNamespace(rgb=np.zeros((3, 4, 3), np.uint8), number=number + 1)

    times: list[float] = []
    preview = Preview(Fast(), lambda _: times.append(time.monotonic()))  # type: ignore[arg-type]
    preview.run(True)
    while len(times) < 20:
        time.sleep(0.01)
    preview.run(False)
    assert times[19] - times[0] > 0.9 * 19 * MIN_INTERVAL / 2


class TestCamera:
    """A camera with 30 frames per second that counts the frames taken."""

    __test__ = False

    def __init__(self) -> None:
        self.taken = 0
        self._rgb = np.random.default_rng(1).integers(0, 255, (480, 640, 3), dtype=np.uint8)

    def after(self, number: int, timeout: float) -> object:
        time.sleep(1 / 30)
        self.taken += 1
        return SimpleNamespace(rgb=self._rgb, number=number + 1)

    def latest(self) -> object:
        return None

    def lost(self) -> object | None:
        return None


NO_PIXEL = "() => !window.shown.getContext('2d').getImageData(0, 0, 640, 480).data.some(Boolean)"


def rests(camera: TestCamera, page: Page) -> bool:
    """Return whether the camera takes no frame in the time that ten frames usually take."""
    taken = camera.taken
    page.wait_for_timeout(330)
    return camera.taken == taken


def test_live_picture_is_erased_with_its_screen(browser: Browser, tmp_path: Path) -> None:
    camera = TestCamera()
    context = browser.new_context()
    page = context.new_page()
    got: list[str | bytes] = []
    page.on("websocket", lambda line: line.on("framereceived", lambda frame: got.append(frame)))
    with PageStage(Settings(state_dir=tmp_path), StandIn(), camera) as stage:
        stage.open(page)
        ask(stage, page, "method")
        assert camera.taken == 0
        ask(stage, page, "face-turn")
        until(
            page,
            """() => { const canvas = document.querySelector("canvas");
                 return canvas && canvas.getContext("2d").getImageData(320, 240, 1, 1).data[3] === 255; }""",
        )
        assert page.locator(".arrow path").count() == 4
        page.evaluate("() => { window.shown = document.querySelector('canvas'); }")
        wait_for(page, lambda: sum(isinstance(frame, bytes) for frame in got) > 4)  # each drawn frame requests the next
        ask(stage, page, "consent")
        assert page.evaluate(NO_PIXEL)
        wait_for(page, lambda: rests(camera, page))
        taken = camera.taken
        assert page.locator("canvas").count() == 0
        ask(stage, page, "staff-check")  # the staff comparison is not shown on this screen
        assert page.locator("canvas").count() == 0
        assert rests(camera, page)
        assert camera.taken == taken
        ask(stage, page, "face")
        until(page, f"!({NO_PIXEL})()")
    until(page, NO_PIXEL)  # the terminal has stopped
    context.close()


def pictures(line: Connection, camera: TestCamera) -> int:
    """Return how many pictures arrive while the camera takes five frames."""
    ends = camera.taken + 5
    while camera.taken < ends:
        time.sleep(0.01)
    line.send(json.dumps({"type": "touch", "serial": 0, "offer": "of-another-question"}))
    count = 0
    while True:
        got = line.recv(timeout=60)
        if isinstance(got, bytes):
            count += 1
        elif json.loads(got)["type"] == "not-yet":
            return count


def test_slow_page_receives_at_most_two_pictures_ahead(tmp_path: Path) -> None:
    """Also in the second face check of a patient."""
    camera = TestCamera()
    with PageStage(Settings(state_dir=tmp_path), StandIn(), camera, settle_seconds=0) as stage:
        visitor = Visitor(stage)
        visitor.enter()
        with visitor.line() as line:
            for _ in range(2):
                stage.be(state_of("face"))
                assert pictures(line, camera) == 2
                line.send(json.dumps({"type": "shown"}))
                assert pictures(line, camera) == 1
                stage.be(state_of("method"))
        visitor.http.close()


PAINT = """ground => {
    const pen = document.querySelector(".live canvas").getContext("2d");
    pen.fillStyle = ground;
    pen.fillRect(0, 0, 640, 480);
    for (let left = 0; ground === "noise" && left < 640; left += 4) {
        for (let top = 0; top < 480; top += 4) {
            const grey = Math.random() * 255;
            pen.fillStyle = `rgb(${grey} ${grey} ${grey})`;
            pen.fillRect(left, top, 4, 4);
        }
    }
}"""


def test_oval_stands_out_from_any_picture(stage: PageStage, page: Page) -> None:
    """At its left edge, whatever the camera shows, a white line lies beside a dark one: 7:1 on the screen."""
    stage.open(page)
    stage.turn_to(page, state_of("face"))
    for ground in ("#ffffff", "#000000", "#808080", "#e0ac8c", "#5c3a28", "noise"):
        page.evaluate(PAINT, ground)
        drawn = Image.open(BytesIO(page.locator(".live").screenshot())).convert("RGB")
        across, row = drawn.width / 640, round(drawn.height * 236 / 480)
        band = np.asarray(drawn)[row, [round(across * x) for x in range(158, 183)]]
        shades = [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in band]
        assert ratio(min(shades, key=luminance), max(shades, key=luminance)) >= AAA, ground
