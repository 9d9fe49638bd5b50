"""Tests for converting camera pictures to 8-bit frames."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.frame import MAX_SIDE, Frame, FrameProblem, frame_of

PICTURE = np.random.default_rng(1).integers(0, 256, (120, 160, 3), np.uint8)


def convert(picture: object) -> Frame:
    frame = frame_of(picture, number=1, taken_at=0.0)  # type: ignore[arg-type]
    assert isinstance(frame, Frame)
    return frame


@pytest.mark.parametrize(
    "picture",
    [
        PICTURE[:, :, ::-1],
        PICTURE[::1, 20:],
        np.asfortranarray(PICTURE),
        PICTURE.transpose(1, 0, 2),
        np.dstack([PICTURE, PICTURE[:, :, :1]]),
        PICTURE[:, :, 0],
        PICTURE[:, :, :1],
        PICTURE.astype(np.uint16) * 257,
    ],
    ids=["reversed", "cropped", "fortran", "portrait", "rgba", "grey", "one channel", "16 bit"],
)
def test_all_picture_formats_are_converted_to_contiguous_rgb_and_grey(picture: np.ndarray) -> None:
    frame = convert(picture)
    assert frame.rgb.flags.c_contiguous
    assert frame.grey.flags.c_contiguous
    assert frame.rgb.dtype == frame.grey.dtype == np.uint8
    assert frame.rgb.shape == (*picture.shape[:2], 3)
    assert frame.grey.shape == picture.shape[:2]


def test_colour_channels_are_in_order() -> None:
    frame = frame_of(PICTURE[:, :, ::-1], number=1, taken_at=0.0, order="BGR")
    assert isinstance(frame, Frame)
    np.testing.assert_array_equal(frame.rgb, PICTURE)
    np.testing.assert_array_equal(convert(PICTURE.astype(np.uint16) * 257).rgb, PICTURE)


def test_a_4k_picture_is_scaled_down() -> None:
    frame = convert(np.zeros((2160, 3840, 3), np.uint8))
    assert frame.rgb.shape == (720, MAX_SIDE, 3)


@pytest.mark.parametrize(
    ("picture", "problem"),
    [
        (np.zeros((0, 0, 3), np.uint8), FrameProblem.EMPTY),
        (np.zeros((40, 640, 3), np.uint8), FrameProblem.TOO_SMALL),
        (np.zeros((480, 640, 3), np.float32), FrameProblem.NOT_A_PICTURE),
        (np.zeros((480, 640, 2), np.uint8), FrameProblem.NOT_A_PICTURE),
        (np.zeros((2, 480, 640, 3), np.uint8), FrameProblem.NOT_A_PICTURE),
    ],
)
def test_an_array_that_is_not_a_picture_is_refused(picture: np.ndarray, problem: FrameProblem) -> None:
    assert frame_of(picture, number=1, taken_at=0.0) is problem


@given(
    shape=st.lists(st.integers(0, 100), min_size=1, max_size=4),
    dtype=st.sampled_from([np.uint8, np.uint16, np.int32, np.float64, np.bool_]),
)
def test_any_array_is_accepted_or_refused(shape: list[int], dtype: type) -> None:
    assert isinstance(frame_of(np.zeros(shape, dtype), number=1, taken_at=0.0), Frame | FrameProblem)


def test_repr_of_a_frame_has_no_pixels() -> None:
    assert repr(convert(PICTURE)) == "Frame(1)"
