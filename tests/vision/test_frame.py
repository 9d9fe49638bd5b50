"""Tests for converting camera images to 8-bit frames."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.frame import MAX_SIDE, Frame, FrameProblem, to_frame

IMAGE = np.random.default_rng(1).integers(0, 256, (120, 160, 3), np.uint8)


def convert(image: object) -> Frame:
    frame = to_frame(image, number=1, taken_at=0.0)  # type: ignore[arg-type]
    assert isinstance(frame, Frame)
    return frame


@pytest.mark.parametrize(
    "image",
    [
        IMAGE[:, :, ::-1],
        IMAGE[::1, 20:],
        np.asfortranarray(IMAGE),
        IMAGE.transpose(1, 0, 2),
        np.dstack([IMAGE, IMAGE[:, :, :1]]),
        IMAGE[:, :, 0],
        IMAGE[:, :, :1],
        IMAGE.astype(np.uint16) * 257,
    ],
    ids=["reversed", "cropped", "fortran", "portrait", "rgba", "grey", "one channel", "16 bit"],
)
def test_all_image_formats_are_converted_to_contiguous_rgb_and_grey(image: np.ndarray) -> None:
    frame = convert(image)
    assert frame.rgb.flags.c_contiguous
    assert frame.grey.flags.c_contiguous
    assert frame.rgb.dtype == frame.grey.dtype == np.uint8
    assert frame.rgb.shape == (*image.shape[:2], 3)
    assert frame.grey.shape == image.shape[:2]


def test_colour_channels_are_in_order() -> None:
    frame = to_frame(IMAGE[:, :, ::-1], number=1, taken_at=0.0, order="BGR")
    assert isinstance(frame, Frame)
    np.testing.assert_array_equal(frame.rgb, IMAGE)
    np.testing.assert_array_equal(convert(IMAGE.astype(np.uint16) * 257).rgb, IMAGE)


def test_4k_image_is_scaled_down() -> None:
    frame = convert(np.zeros((2160, 3840, 3), np.uint8))
    assert frame.rgb.shape == (720, MAX_SIDE, 3)


@pytest.mark.parametrize(
    ("image", "problem"),
    [
        (np.zeros((0, 0, 3), np.uint8), FrameProblem.EMPTY),
        (np.zeros((40, 640, 3), np.uint8), FrameProblem.TOO_SMALL),
        (np.zeros((480, 640, 3), np.float32), FrameProblem.NOT_AN_IMAGE),
        (np.zeros((480, 640, 2), np.uint8), FrameProblem.NOT_AN_IMAGE),
        (np.zeros((2, 480, 640, 3), np.uint8), FrameProblem.NOT_AN_IMAGE),
    ],
)
def test_non_image_array_is_refused(image: np.ndarray, problem: FrameProblem) -> None:
    assert to_frame(image, number=1, taken_at=0.0) is problem


@given(
    shape=st.lists(st.integers(0, 100), min_size=1, max_size=4),
    dtype=st.sampled_from([np.uint8, np.uint16, np.int32, np.float64, np.bool_]),
)
def test_any_array_is_accepted_or_refused(shape: list[int], dtype: type) -> None:
    assert isinstance(to_frame(np.zeros(shape, dtype), number=1, taken_at=0.0), Frame | FrameProblem)


def test_repr_of_frame_has_no_pixels() -> None:
    assert repr(convert(IMAGE)) == "Frame(1)"
