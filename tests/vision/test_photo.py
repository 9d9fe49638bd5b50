"""Tests for decoding the card's JPEG 2000 photo to grey pixels."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.photo import JP2_SIGNATURE, MAX_BYTES, PhotoProblem, card_jp2, decode_photo


def portrait() -> np.ndarray:
    y, x = np.mgrid[0:400, 0:300]
    return np.dstack([(x * 255 // 299), (y * 255 // 399), ((x + y) % 256)]).astype(np.uint8)


def test_portrait_is_encoded_and_decoded_to_grey() -> None:
    data = card_jp2(portrait(), 5000)
    assert data.startswith(JP2_SIGNATURE)
    assert 2000 < len(data) < 6500
    grey = decode_photo(data)
    assert isinstance(grey, np.ndarray)
    assert grey.shape == (320, 240)
    expected = np.asarray(portrait().mean(axis=2))
    assert abs(float(grey.mean()) - float(expected.mean())) < 12


@pytest.mark.parametrize("size", [5000, 10_000, 15_000, 20_000])
def test_photo_has_requested_size(size: int) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (320, 240), np.uint8)
    assert abs(len(card_jp2(noise, size)) - size) < 0.1 * size


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", PhotoProblem.NOT_JPEG2000),
        (b"\xff\xd8\xff\xe0 a JPEG", PhotoProblem.NOT_JPEG2000),
        (JP2_SIGNATURE, PhotoProblem.DAMAGED),
        (card_jp2(portrait())[:900], PhotoProblem.DAMAGED),
        (JP2_SIGNATURE + bytes(MAX_BYTES), PhotoProblem.TOO_LARGE),
    ],
    ids=["empty", "jpeg", "header only", "truncated", "too large"],
)
def test_unusable_data_is_refused_with_reason(data: bytes, problem: PhotoProblem) -> None:
    assert decode_photo(data) is problem


@given(at=st.integers(0, 4000), value=st.integers(0, 255))
def test_flipped_byte_is_decoded_or_refused(at: int, value: int) -> None:
    data = bytearray(_PHOTO)
    data[at % len(data)] = value
    assert isinstance(decode_photo(data), np.ndarray | PhotoProblem)


_PHOTO = card_jp2(portrait())


def test_small_file_with_too_many_pixels_is_refused() -> None:
    """Uniform images of any size are a few hundred bytes long."""
    from PIL import Image as Pillow

    def flat(width: int) -> bytes:
        buffer = io.BytesIO()
        Pillow.new("L", (width, 1024), 128).save(buffer, "JPEG2000")
        return buffer.getvalue()

    assert isinstance(decode_photo(flat(1024)), np.ndarray)
    assert len(flat(1025)) < 4096
    assert decode_photo(flat(1025)) is PhotoProblem.TOO_LARGE
