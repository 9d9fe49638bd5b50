"""Small reference screenshots of the main screens, and the limits for comparing with them."""

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
from tests.terminal.talk.gallery import state_of

REFERENCES = Path(__file__).with_name("looks")
SMALL = (160, 100)
FONT = "BIZ UDPGothic"
MEAN, SHARE, FAR = 3.0, 0.015, 40
"""Limits: mean difference (out of 255), and share of pixels that may differ by more than `FAR`."""

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


def has_our_font() -> bool:
    finder = shutil.which("fc-match")
    return finder is not None and FONT in subprocess.run([finder, FONT], capture_output=True, text=True).stdout


def shot(stage: PageStage, page: Page, look: str) -> Image.Image:
    """Return a small grey screenshot, in which slight shifts and different antialiasing hardly matter."""
    name, language, display = LOOKS[look]
    stage.turn_to(page, state_of(name, language, **display))
    page.wait_for_timeout(450)
    picture = Image.open(BytesIO(page.screenshot(animations="disabled"))).convert("L")
    return picture.resize(SMALL, Image.Resampling.BOX)


def reference(look: str) -> Image.Image:
    return Image.open(REFERENCES / f"{look}.png").convert("L")


def differences(one: Image.Image, other: Image.Image) -> tuple[float, float]:
    """Return the mean difference and the share of pixels that differ by more than `FAR`."""
    apart = np.abs(np.asarray(one, np.int16) - np.asarray(other, np.int16))
    return float(apart.mean()), float((apart > FAR).mean())


def alike(one: Image.Image, other: Image.Image) -> bool:
    mean, share = differences(one, other)
    return mean <= MEAN and share <= SHARE
