"""The live camera preview on the page: cropping, rate, backpressure and removal."""

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
from terminal.counter_web.preview import MIN_INTERVAL, Preview, encode_jpeg
from tests.terminal.counter_web.stage import PageStage, until, wait_for
from tests.terminal.counter_web.test_access import Visitor
from tests.terminal.counter_web.test_contrast import AAA, luminance, ratio
from tests.terminal.counter_web.test_page import show_screen
from tests.terminal.screens.stand_in import StandIn
from tests.terminal.talk.gallery import state_for


def frame_with_red_centre(width: int, height: int) -> Any:
    """Return a black RGB frame with a red 4:3 area in the centre."""
    picture = np.zeros((height, width, 3), np.uint8)
    keep_width, keep_height = min(width, height * 4 // 3), min(height, width * 3 // 4)
    left, top = (width - keep_width) // 2, (height - keep_height) // 2
    picture[top : top + keep_height, left : left + keep_width] = (200, 0, 0)
    return picture


@pytest.mark.parametrize(
    ("camera", "preview"),
    [((640, 480), (640, 480)), ((1280, 720), (640, 480)), ((320, 400), (320, 240)), ((400, 240), (320, 240))],
)
def test_preview_shows_centre_of_frame_in_correct_colours(camera: tuple[int, int], preview: tuple[int, int]) -> None:
    decoded = cv2.imdecode(np.frombuffer(encode_jpeg(frame_with_red_centre(*camera)), np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert (decoded.shape[1], decoded.shape[0]) == preview
    edges = np.concatenate([decoded[2, 2:-2], decoded[-3, 2:-2], decoded[2:-2, 2], decoded[2:-2, -3]])
    assert np.abs(edges.astype(int) - (0, 0, 200)).max() < 40, "an edge of the preview is not red (BGR)"


def test_preview_rate_is_limited() -> None:
    class FastCamera:
        def after(self, number: int, timeout: float) -> Any:
            return SimpleNamespace(rgb=np.zeros((3, 4, 3), np.uint8), number=number + 1)

    times: list[float] = []
    preview = Preview(FastCamera(), lambda _: times.append(time.monotonic()))  # type: ignore[arg-type]
    preview.run(True)
    while len(times) < 20:
        time.sleep(0.01)
    preview.run(False)
    assert times[19] - times[0] > 0.9 * 19 * MIN_INTERVAL / 2


class TestCamera:
    """Camera that delivers 30 frames per second and counts them."""

    __test__ = False

    def __init__(self) -> None:
        self.frame_count = 0
        self._rgb = np.random.default_rng(1).integers(0, 255, (480, 640, 3), dtype=np.uint8)

    def after(self, number: int, timeout: float) -> object:
        time.sleep(1 / 30)
        self.frame_count += 1
        return SimpleNamespace(rgb=self._rgb, number=number + 1)

    def latest(self) -> object:
        return None

    def lost(self) -> object | None:
        return None


NO_PIXEL = "() => !window.canvas.getContext('2d').getImageData(0, 0, 640, 480).data.some(Boolean)"


def is_idle(camera: TestCamera, page: Page) -> bool:
    """Return whether the camera delivers no frame during ten frame intervals."""
    frame_count = camera.frame_count
    page.wait_for_timeout(330)
    return camera.frame_count == frame_count


def test_live_picture_is_erased_when_the_screen_changes(browser: Browser, tmp_path: Path) -> None:
    camera = TestCamera()
    context = browser.new_context()
    page = context.new_page()
    frames: list[str | bytes] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(frame)))
    with PageStage(Settings(state_dir=tmp_path), StandIn(), camera) as stage:
        stage.open(page)
        show_screen(stage, page, "method")
        assert camera.frame_count == 0
        show_screen(stage, page, "face-turn")
        until(
            page,
            """() => { const canvas = document.querySelector("canvas");
                 return canvas && canvas.getContext("2d").getImageData(320, 240, 1, 1).data[3] === 255; }""",
        )
        assert page.locator(".arrow path").count() == 4
        page.evaluate("() => { window.canvas = document.querySelector('canvas'); }")
        # the page requests each frame after drawing the previous frame
        wait_for(page, lambda: sum(isinstance(frame, bytes) for frame in frames) > 4)
        show_screen(stage, page, "consent")
        assert page.evaluate(NO_PIXEL)
        wait_for(page, lambda: is_idle(camera, page))
        frame_count = camera.frame_count
        assert page.locator("canvas").count() == 0
        show_screen(stage, page, "staff-check")  # this screen does not show the comparison for staff
        assert page.locator("canvas").count() == 0
        assert is_idle(camera, page)
        assert camera.frame_count == frame_count
        show_screen(stage, page, "face")
        until(page, f"!({NO_PIXEL})()")
    until(page, NO_PIXEL)  # after the terminal stopped
    context.close()


def count_frames(socket: Connection, camera: TestCamera) -> int:
    """Return the number of frames received while the camera delivers five frames."""
    end = camera.frame_count + 5
    while camera.frame_count < end:
        time.sleep(0.01)
    socket.send(json.dumps({"type": "touch", "serial": 0, "offer": "of-another-question"}))
    count = 0
    while True:
        message = socket.recv(timeout=60)
        if isinstance(message, bytes):
            count += 1
        elif json.loads(message)["type"] == "too-early":
            return count


def test_slow_page_receives_at_most_two_frames_in_advance(tmp_path: Path) -> None:
    """The limit also applies to a patient's second face check."""
    camera = TestCamera()
    with PageStage(Settings(state_dir=tmp_path), StandIn(), camera, settle_seconds=0) as stage:
        visitor = Visitor(stage)
        visitor.enter()
        with visitor.connect() as socket:
            for _ in range(2):
                stage.set_state(state_for("face"))
                assert count_frames(socket, camera) == 2
                socket.send(json.dumps({"type": "shown"}))
                assert count_frames(socket, camera) == 1
                stage.set_state(state_for("method"))
        visitor.http.close()


PAINT = """background => {
    const pen = document.querySelector(".live canvas").getContext("2d");
    pen.fillStyle = background;
    pen.fillRect(0, 0, 640, 480);
    for (let left = 0; background === "noise" && left < 640; left += 4) {
        for (let top = 0; top < 480; top += 4) {
            const grey = Math.random() * 255;
            pen.fillStyle = `rgb(${grey} ${grey} ${grey})`;
            pen.fillRect(left, top, 4, 4);
        }
    }
}"""


def test_oval_has_contrast_on_any_background(stage: PageStage, page: Page) -> None:
    """The oval is a white line next to a dark line, with a contrast of 7:1 at its left edge."""
    stage.open(page)
    stage.show(page, state_for("face"))
    for background in ("#ffffff", "#000000", "#808080", "#e0ac8c", "#5c3a28", "noise"):
        page.evaluate(PAINT, background)
        screenshot = Image.open(BytesIO(page.locator(".live").screenshot())).convert("RGB")
        scale, row = screenshot.width / 640, round(screenshot.height * 236 / 480)
        band = np.asarray(screenshot)[row, [round(scale * x) for x in range(158, 183)]]
        shades = [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in band]
        assert ratio(min(shades, key=luminance), max(shades, key=luminance)) >= AAA, background
