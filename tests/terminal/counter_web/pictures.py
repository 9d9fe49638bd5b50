"""Take the page screenshots for docs/pictures and the reference screenshots for tests.

Usage: `python -m tests.terminal.counter_web.pictures [--looks]`. With --looks, it takes only the references.
"""

import sys
import tempfile
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page

from config.settings import Settings
from terminal.session.display import Size
from tests.terminal.counter_web import likeness
from tests.terminal.counter_web.stage import PageStage, chromium
from tests.terminal.screens.stand_in import StandIn
from tests.terminal.talk.gallery import ALL_LANGUAGES, state_for
from vision.camera import Camera
from vision.synthetic.source import SyntheticSource

OUT = Path(__file__).parents[3] / "docs" / "pictures"
README = {
    "page-idle-ja": ("idle", "ja"),
    "page-method-ja": ("method", "ja"),
    "page-face-ja": ("face-turn", "ja"),
    "page-pin-ja": ("pin", "ja"),
    "page-consent-en": ("consent", "en"),
    "page-consent-ja": ("consent", "ja"),
    "page-complete-ja": ("complete", "ja"),
}
SHEET: tuple[tuple[str, str, dict[str, Any]], ...] = (
    *((name, "ja", {}) for name in ("idle", "method", "face-turn", "pin-wrong")),
    *((name, "ja", {}) for name in ("pin-last", "code", "opening", "registration")),
    *((name, "ja", {}) for name in ("consent", "consent-one", "limit", "summary")),
    *((name, "ja", {}) for name in ("complete", "complete-awaiting", "problem-suspended", "idle-card-left")),
    *((name, "en", {"high_contrast": True}) for name in ("consent", "pin-wrong", "limit", "complete")),
    ("consent", "ja", {"size": Size.LARGE}),
    ("method", "ja", {"size": Size.LARGEST}),
    ("pin-wrong", "ja", {"size": Size.LARGEST}),
    ("pin-wrong", "ja", {"low": True}),
)
TALL = ("idle", "method", "face-turn", "pin-wrong", "consent", "complete")
GAP, WIDE = 8, 400


def take_screenshot(stage: PageStage, page: Page, name: str, language: str, look: dict[str, Any]) -> Image.Image:
    stage.show(page, state_for(name, language, **look))
    page.wait_for_timeout(1200 if name.startswith("face") else 450)
    if name == "pin":
        page.keyboard.press("1")
        page.keyboard.press("9")
        page.wait_for_timeout(400)
    return Image.open(BytesIO(page.screenshot())).convert("RGB")


def sheet(wide: list[Image.Image], tall: list[Image.Image]) -> Image.Image:
    """Arrange landscape screenshots in rows of four above one row of portrait screenshots."""
    width, height = 4 * (WIDE + GAP) + GAP, WIDE * 5 // 8
    rows = -(-len(wide) // 4)
    narrow = (width - GAP) // len(tall) - GAP
    image = Image.new("RGB", (width, rows * (height + GAP) + narrow * 8 // 5 + 2 * GAP), "#54636e")
    for index, picture in enumerate(wide):
        position = (GAP + index % 4 * (WIDE + GAP), GAP + index // 4 * (height + GAP))
        image.paste(picture.resize((WIDE, height), Image.Resampling.LANCZOS), position)
    for index, picture in enumerate(tall):
        position = (GAP + index * (narrow + GAP), GAP + rows * (height + GAP))
        image.paste(picture.resize((narrow, narrow * 8 // 5), Image.Resampling.LANCZOS), position)
    return image


def take_references() -> None:
    likeness.REFERENCES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        chromium() as browser,
        PageStage(Settings(state_dir=Path(folder))) as stage,
    ):
        page = stage.open(browser.new_page(viewport={"width": 1280, "height": 800}))
        for look in likeness.LOOKS:
            likeness.take_screenshot(stage, page, look).quantize(32).save(
                likeness.REFERENCES / f"{look}.png", optimize=True
            )


def main() -> None:
    take_references()
    if "--looks" in sys.argv:
        return
    camera = Camera(SyntheticSource("hana"))
    camera.start()
    with ExitStack() as stack:
        stack.callback(camera.stop)
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        browser = stack.enter_context(chromium())
        stage = stack.enter_context(PageStage(Settings(state_dir=Path(folder)), StandIn(ALL_LANGUAGES), camera))
        stack.enter_context(camera.held_open())
        page = stage.open(browser.new_page(viewport={"width": 1280, "height": 800}))
        for file, (name, language) in README.items():
            picture = take_screenshot(stage, page, name, language, {}).resize((960, 600), Image.Resampling.LANCZOS)
            picture.quantize(96).save(OUT / f"{file}.png", optimize=True)
        wide = [take_screenshot(stage, page, name, language, look) for name, language, look in SHEET]
        page.set_viewport_size({"width": 800, "height": 1280})
        tall = [take_screenshot(stage, page, name, "ja", {}) for name in TALL]
        sheet(wide, tall).save(OUT / "counter-web.jpg", quality=80)


if __name__ == "__main__":
    main()
