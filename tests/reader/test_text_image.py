"""Tests for the name and address images on simulated cards."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from config.platform.current import system
from reader.softcard.text_image import text_png

with_font = pytest.mark.skipif(not system.japanese_fonts(), reason="no Japanese font is installed (run make setup)")
LONG = "東京都模擬区試験町一丁目２番３号　模擬マンション第二号棟　１２０３号室　試験　太郎様方"


def pixels(text: str, width: int = 240, height: int = 24) -> np.ndarray:
    image = Image.open(io.BytesIO(text_png(text, width, height)), formats=["PNG"])
    assert (image.mode, image.size) == ("1", (width, height))
    return np.asarray(image)


@with_font
@pytest.mark.parametrize(("first", "second"), [("﨑", "崎"), ("髙", "高"), ("𠮷", "吉"), ("辻", "辺")])
def test_similar_characters_are_drawn_differently(first: str, second: str) -> None:
    image = pixels(f"模擬　{first}美")
    assert (image != pixels(f"模擬　{second}美")).sum() > 4
    rows, columns = np.nonzero(~image)
    assert rows.max() - rows.min() >= 16, "the text fills the height of the image"
    assert columns.max() < 140


@with_font
def test_long_address_is_wrapped_without_loss() -> None:
    shorter = pixels(LONG[:-3], 480)
    rows, columns = np.nonzero(~pixels(LONG, 480))
    assert (pixels(LONG, 480) != shorter).any()
    assert columns.max() < 479
    assert rows.max() < 24


def test_without_japanese_font_image_contains_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "japanese_fonts", lambda: ())
    assert (pixels("模擬　太郎") == pixels("試験　花子の名前")).all()
    assert (pixels("模擬　太郎") == pixels("no Japanese font")).all()


def test_digits_require_no_japanese_font(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "japanese_fonts", lambda: (Path("/nowhere.ttf"),))
    assert (pixels("1234", 24, 12) != pixels("1235", 24, 12)).any()
