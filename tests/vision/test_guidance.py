"""Tests for selecting the most useful guidance for a frame."""

import cv2
import numpy as np
import pytest

from vision.face import Face, FaceBox
from vision.guidance import Limits, SteadyGuidance, eye_brightness, guide, sharpness, turn
from vision.verdict import Guidance

NOISE = cv2.GaussianBlur(np.random.default_rng(5).normal(0, 40, (480, 640)), (0, 0), 1.5)
"""Texture coarser than sensor noise, similar to skin and eyebrows."""
GREY = np.clip(128 + NOISE, 0, 255).astype(np.uint8)
GOOD = FaceBox(220, 120, 420, 320)
STRAIGHT = np.array([(282.5, 190), (357.5, 190), (320, 240), (290, 280), (350, 280)])


def face(box: FaceBox = GOOD, nose: float = 320, landmarks: np.ndarray = STRAIGHT) -> Face:
    """Return a face with nose and mouth at the x position `nose`. By default it looks straight ahead."""
    shifted = landmarks.copy()
    shifted[2:, 0] += nose - 320
    return Face(box, shifted)


@pytest.mark.parametrize(
    ("boxes", "grey", "expected"),
    [
        ([GOOD], GREY, None),
        ([], GREY, Guidance.NO_FACE),
        ([], np.zeros_like(GREY), Guidance.TOO_DARK),
        ([GOOD, FaceBox(0, 0, 200, 200)], GREY, Guidance.TWO_FACES),
        ([FaceBox(280, 200, 360, 280)], GREY, Guidance.TOO_FAR),
        ([FaceBox(120, 40, 520, 440)], GREY, Guidance.TOO_NEAR),
        ([FaceBox(0, 120, 200, 320)], GREY, Guidance.OFF_CENTRE),
        ([GOOD], np.clip(20 + NOISE, 0, 255).astype(np.uint8), Guidance.TOO_DARK),
        ([FaceBox(-40, 120, 160, 320)], GREY, Guidance.OFF_CENTRE),
    ],
)
def test_guidance_for_brightness_number_and_position_of_faces(
    boxes: list[FaceBox], grey: np.ndarray, expected: Guidance | None
) -> None:
    assert guide(grey, [face(box) for box in boxes]) is expected


def test_bright_background_is_reported_as_backlight() -> None:
    grey = GREY.copy()
    grey[:] = 230
    grey[120:320, 220:420] = np.clip(40 + NOISE[120:320, 220:420], 0, 255)
    assert guide(grey, [face()]) is Guidance.BACKLIT


def test_sensor_noise_does_not_count_as_sharpness() -> None:
    grains = np.random.default_rng(6).normal(0, 4, GREY.shape)
    blurred = cv2.GaussianBlur(GREY, (0, 0), 6)
    assert guide(np.clip(blurred + grains, 0, 255).astype(np.uint8), [face()]) is Guidance.BLURRED


def test_blurred_face_is_reported() -> None:
    blurred = np.asarray(cv2.GaussianBlur(GREY, (0, 0), 6), np.uint8)
    assert sharpness(blurred, GOOD) < sharpness(GREY, GOOD)
    assert guide(blurred, [face()]) is Guidance.BLURRED


@pytest.mark.parametrize(
    ("nose", "expected"), [(320, None), (332, None), (340, Guidance.TURNED_AWAY), (300, Guidance.TURNED_AWAY)]
)
def test_turned_head_is_reported(nose: int, expected: Guidance | None) -> None:
    assert guide(GREY, [face(nose=nose)]) is expected


def test_turn_does_not_depend_on_size_or_tilt() -> None:
    landmarks = face(nose=340).landmarks
    angle = np.radians(20)
    tilted = landmarks @ np.array([(np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))]) * 1.7
    assert turn(landmarks) == pytest.approx(1.5 * 20 / 75)
    assert turn(tilted) == pytest.approx(1.5 * 20 / 75)


def test_dark_glasses_are_reported() -> None:
    grey = GREY.copy()
    assert eye_brightness(grey, STRAIGHT) > 0.9
    for left in (250, 325):
        grey[170:210, left : left + 65] = 25
    assert guide(grey, [face()]) is Guidance.EYES_COVERED


def test_thick_frames_above_eyes_do_not_cover_them() -> None:
    grey = GREY.copy()
    for left in (250, 325):
        grey[165:185, left : left + 65] = 25
    assert guide(grey, [face()]) is None


def test_eyes_outside_image_are_not_reported_as_covered() -> None:
    assert eye_brightness(GREY, STRAIGHT - 2000) == 1.0


def test_loosened_limits_allow_small_movements() -> None:
    limits = Limits()
    slightly_small = FaceBox(220, 120, 420, 120 + round(480 * limits.min_height) - 3)
    assert guide(GREY, [face(slightly_small)], limits) is Guidance.TOO_FAR
    assert guide(GREY, [face(slightly_small)], limits.loosened()) is None


def test_guidance_changes_only_if_new_guidance_persists() -> None:
    steady = SteadyGuidance(delay=0.4)
    too_far, too_dark, no_face = Guidance.TOO_FAR, Guidance.TOO_DARK, Guidance.NO_FACE
    measured = [too_far, too_dark, too_far, no_face, too_dark, too_dark, too_dark, too_far]
    displayed = [steady.update(guidance, 0.25 * number) for number, guidance in enumerate(measured)]
    assert displayed == [too_far, too_far, too_far, too_far, too_far, too_far, too_dark, too_dark]


def test_hold_still_is_displayed_immediately() -> None:
    steady = SteadyGuidance()
    steady.update(Guidance.TOO_FAR, 0.0)
    assert steady.update(Guidance.HOLD_STILL, 0.01) is Guidance.HOLD_STILL
