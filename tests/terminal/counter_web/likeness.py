"""Comparison of the main screens with small reference screenshots."""

import shutil
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Page

from terminal.session.display import Size
from tests.terminal.counter_web.stage import PageStage
from tests.terminal.talk.gallery import state_for

REFERENCES = Path(__file__).with_name("looks")
SIZE = (160, 100)
FONT = "BIZ UDPGothic"
MAX_MEAN, MAX_SHARE, VISIBLE = 3.0, 0.015, 40
"""Limits for the mean difference (of 255) and for the share of pixels that differ by more than `VISIBLE`."""

LOOKS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "idle": ("idle", "ja", {}),
    "method": ("method", "ja", {}),
    "pin": ("pin-wrong", "ja", {}),
    "consent": ("consent", "ja", {}),
    "consent-contrast": ("consent", "en", {"high_contrast": True}),
    "limit-large": ("limit", "ja", {"size": Size.LARGE}),
    "complete": ("complete", "ja", {}),
    "problem": ("problem-suspended", "ja", {}),
}


def has_page_font() -> bool:
    fc_match = shutil.which("fc-match")
    return fc_match is not None and FONT in subprocess.run([fc_match, FONT], capture_output=True, text=True).stdout


def take_screenshot(stage: PageStage, page: Page, look: str) -> Image.Image:
    """Return a grey screenshot, scaled down to reduce the effect of small shifts and antialiasing."""
    name, language, display = LOOKS[look]
    stage.show(page, state_for(name, language, **display))
    page.wait_for_timeout(450)
    picture = Image.open(BytesIO(page.screenshot(animations="disabled"))).convert("L")
    return picture.resize(SIZE, Image.Resampling.BOX)


def reference(look: str) -> Image.Image:
    return Image.open(REFERENCES / f"{look}.png").convert("L")


def differences(first: Image.Image, second: Image.Image) -> tuple[float, float]:
    """Return the mean difference and the share of pixels that differ by more than `VISIBLE`."""
    difference = np.abs(np.asarray(first, np.int16) - np.asarray(second, np.int16))
    return float(difference.mean()), float((difference > VISIBLE).mean())


def is_similar(first: Image.Image, second: Image.Image) -> bool:
    mean, share = differences(first, second)
    return mean <= MAX_MEAN and share <= MAX_SHARE
