"""The demo with the trainer's own face, from the browser camera: consent, portrait and face check."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import async_playwright, expect

from config.settings import Settings
from terminal.counter_web.program import patient_site
from terminal.counter_web.web_terminal import WebTerminal
from terminal.front.assembled import AssembledCounter
from terminal.readiness import NotReady
from terminal.simulated.demo.browser_camera import BROWSER, BrowserSource
from terminal.simulated.demo.dock_door import dock_sites
from terminal.simulated.demo.dock_site import DockSite
from terminal.simulated.demo.live import LiveDemo
from terminal.words.catalogue import words
from tests.terminal.counter_web.stage import ARGUMENTS, CHROMIUM


def write_camera_video(path: Path, frames: int = 20) -> Path:
    """Write a motion JPEG file that Chromium uses as its camera."""
    from terminal.counter_web.preview import encode_jpeg
    from vision.frame import Frame
    from vision.synthetic.source import SyntheticSource

    source = SyntheticSource("hana")
    source.open()
    with path.open("wb") as file:
        for _ in range(frames):
            frame = source.read()
            assert isinstance(frame, Frame)
            file.write(encode_jpeg(frame.rgb))
    source.close()
    return path


def fake_camera(video: Path) -> tuple[str, ...]:
    return (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={video}",
    )


async def _own_face_from_the_start(settings: Settings, video: Path) -> None:
    source = BrowserSource()
    dock = DockSite(dock_sites(settings, 0, lambda _: None, on_frame=source.put), source=source)
    demo = LiveDemo(settings, camera=BROWSER, source=source, timeout_seconds=20)

    async def open_counter() -> AssembledCounter:
        await dock.ask()
        await dock.ask("nobody in front of the camera")
        try:
            return await demo.open()
        except NotReady as error:
            raise AssertionError(str(error)) from error

    site = patient_site(settings, 0, lambda _: None)
    terminal = WebTerminal(open_counter, settings, site, simulated=True, companion=dock)
    terminal_task = asyncio.create_task(terminal.run())
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *fake_camera(video)])
        page = await browser.new_page(viewport={"width": 1600, "height": 900}, locale="ja-JP")
        await page.goto(dock.site.address)
        take_button = page.get_by_role("button", name="写真をとって 始める")
        await take_button.wait_for()
        assert "メモリーにだけ" in await page.inner_text("#dock")
        assert not dock._camera_requested
        await take_button.click()
        await page.locator(".problem").wait_for()
        await take_button.click()
        await page.get_by_role("button", name="カードを置く").wait_for(timeout=60_000)
        assert not dock._camera_requested  # off before a face check
        await page.get_by_role("button", name="カードを置く").click()
        counter = page.frame_locator("iframe")
        face = counter.locator("[data-offer=face]")
        await face.wait_for()
        await page.wait_for_timeout(450)  # the page refuses earlier touches on a new screen
        await face.click()
        await counter.locator("canvas").wait_for()
        for _ in range(100):
            if dock._camera_requested:
                break
            await asyncio.sleep(0.1)
        assert dock._camera_requested
        await browser.close()
    terminal.end()
    assert await terminal_task == 0
    demo.close()


async def _own_face_on_and_off(settings: Settings, video: Path) -> None:
    source = BrowserSource()
    dock = DockSite(dock_sites(settings, 0, lambda _: None, on_frame=source.put), source=source)
    demo = LiveDemo(settings, source=source, timeout_seconds=20)
    site = patient_site(settings, 0, lambda _: None)
    terminal = WebTerminal(demo.open, settings, site, simulated=True, companion=dock)
    terminal_task = asyncio.create_task(terminal.run())
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *fake_camera(video)])
        page = await browser.new_page(viewport={"width": 1600, "height": 900}, locale="ja-JP")
        await page.goto(dock.site.address)
        await page.locator("[data-hand=card]").wait_for()
        await page.locator("summary", has_text=words("ja")("dock.more")).click()
        own_face = page.locator("[data-hand=own-face]")
        await own_face.click()
        await page.get_by_role("button", name=words("ja")("webcam.back")).click()  # decline
        await expect(own_face).to_have_attribute("aria-pressed", "false")
        await own_face.click()
        await page.get_by_role("button", name=words("ja")("webcam.take")).click()
        await expect(own_face).to_have_attribute("aria-pressed", "true")
        await page.locator("[data-hand=card]").click()
        await page.frame_locator("iframe").locator("[data-offer=face]").wait_for()
        await own_face.click()
        await expect(own_face).to_have_attribute("aria-pressed", "false")
        await page.locator("[data-hand=card]").click()
        await page.frame_locator("iframe").locator("[data-offer=face]").wait_for()
        await browser.close()
    terminal.end()
    assert await terminal_task == 0
    demo.close()


@pytest.mark.long
@pytest.mark.parametrize("demo", [_own_face_from_the_start, _own_face_on_and_off], ids=["from the start", "on and off"])
def test_demo_stores_no_image_of_trainer(
    tmp_path: Path, demo: Callable[[Settings, Path], Coroutine[Any, Any, None]]
) -> None:
    settings = Settings(state_dir=tmp_path / "state")
    asyncio.run(demo(settings, write_camera_video(tmp_path / "hana.mjpeg")))
    files = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert not [path for path in files if path.suffix in (".jpg", ".jp2", ".png", ".mjpeg")]
