"""Test that the nose leads on a turned synthetic head but not on a turned print."""

from collections.abc import Callable

import numpy as np
import pytest

from vision.engines.engine import FaceEngine
from vision.face import Landmarks
from vision.frame import Image
from vision.nose_lead import Lead, TrackedFace, _predict
from vision.synthetic.attacks import printed
from vision.synthetic.held_sheet import HeldSheet, project_sheet
from vision.synthetic.people import PEOPLE
from vision.synthetic.scene import Pose, compose

WALL = np.full((480, 640, 3), 150, np.uint8)
STEPS = 12


def to_grey(image: Image) -> Image:
    return np.ascontiguousarray(image @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)


def detect(engine: FaceEngine, image: Image) -> tuple[Image, Landmarks]:
    grey = to_grey(image)
    return grey, engine.faces(grey)[0].landmarks


def lead_after_turn(engine: FaceEngine, image_at: Callable[[float], Image], angle: float) -> Lead | None:
    """Return the lead after a turn from the front by `angle` radians in small steps."""
    face = TrackedFace(*detect(engine, image_at(0.0)))
    for step in range(1, STEPS + 1):
        grey, points = detect(engine, image_at(angle * step / STEPS))
        face.track(grey)
    return face.lead(points)


@pytest.mark.parametrize("angle", [0.4, -0.4])
@pytest.mark.parametrize("name", ["hana", "ume", "jose", "ken"])
def test_nose_leads_when_head_turns(engine: FaceEngine, name: str, angle: float) -> None:
    lead = lead_after_turn(engine, lambda yaw: compose(PEOPLE[name], Pose(yaw)), angle)
    assert lead is not None
    side = 1 if angle > 0 else -1
    assert lead.towards(side) > 0.022
    assert lead.counted(side, abs(angle)) == lead.towards(side)
    assert lead.towards(-side) < 0


@pytest.mark.parametrize("angle", [0.5, -0.5])
@pytest.mark.parametrize("bend", [0.0, 1.0, 2.0])
def test_nose_does_not_lead_on_turned_print(engine: FaceEngine, angle: float, bend: float) -> None:
    sheet = printed(PEOPLE["hana"])
    lead = lead_after_turn(
        engine, lambda yaw: project_sheet(sheet, HeldSheet(yaw=yaw, bend=bend, distance=2.0), WALL), angle
    )
    assert lead is not None
    assert max(lead.towards(1), lead.towards(-1)) < 0.015


def test_flat_print_moves_as_a_plane(engine: FaceEngine) -> None:
    sheet = printed(PEOPLE["ume"])
    lead = lead_after_turn(
        engine,
        lambda yaw: project_sheet(sheet, HeldSheet(yaw=yaw, pitch=yaw / 2, roll=yaw / 3, distance=1.8), WALL),
        0.5,
    )
    assert lead is not None
    assert abs(np.median(lead.plane)) < 0.012


@pytest.mark.parametrize(("lagging", "expected"), [(0.2, True), (0.3, False)])
def test_most_nose_points_must_lead(lagging: float, expected: bool) -> None:
    """If cheeks are tracked badly on a print, half of the nose points can have a large lead."""
    points = np.where(np.arange(20) < 20 * lagging, -0.02, 0.08)
    lead = Lead(points, points, points, 0.0)
    assert (lead.towards(1) > 0.022) is expected
    assert lead.towards(-1) < 0


@pytest.mark.parametrize(
    ("narrowed", "angle", "expected"),
    [(0.3, 0.15, 0.03), (0.6, 0.15, 0.025), (0.7, 0.15, 0.0), (0.75, 0.3, 0.02), (0.9, 0.3, 0.0)],
)
def test_lead_must_match_turn(narrowed: float, angle: float, expected: float) -> None:
    """A strongly turned print becomes narrower and appears to lead slightly."""
    points = np.full(20, 0.03)
    assert Lead(points, points, points, narrowed).counted(1, angle) == pytest.approx(expected)
    assert Lead(-points, -points, -points, narrowed).counted(1, angle) < 0


@pytest.mark.parametrize("angle", [0.3, 0.8])
def test_turned_print_becomes_narrower(engine: FaceEngine, angle: float) -> None:
    sheet = printed(PEOPLE["hana"])
    lead = lead_after_turn(engine, lambda yaw: project_sheet(sheet, HeldSheet(yaw=yaw, distance=2.0), WALL), angle)
    assert lead is not None
    assert abs(lead.narrowed - np.sin(angle)) < 0.1
    assert lead.counted(1, 0.15) <= 0.015


def apparent_lead(rng: np.random.Generator) -> float:
    """Return the apparent lead of a motionless nose with 30 tracked points on the left cheek and 8 on the right.

    Tracking is accurate to 1/50 of the distance between the eyes.
    """
    cheeks = [rng.uniform([0.35, 0.3], [0.9, 0.9], (30, 2)), rng.uniform([-0.9, 0.3], [-0.6, 0.5], (8, 2))]
    start = np.vstack([*cheeks, rng.uniform([-0.1, 0.4], [0.1, 0.7], (20, 2))])
    on_cheeks = np.arange(len(start)) < 38
    moved = start + np.where(on_cheeks[:, None], rng.normal(0, 0.02, start.shape), 0)
    x, y = start.T
    distance = np.abs(x)
    ones = np.ones_like(x)
    quadratic = _predict([ones, x, y, x * x, x * y, y * y], moved, on_cheeks)
    folded = _predict([ones, x, y, distance, distance * y, x * y], moved, on_cheeks)
    return max(abs(float(np.median((moved - predicted)[~on_cheeks, 0]))) for predicted in (quadratic, folded))


def test_few_tracked_points_do_not_produce_a_lead() -> None:
    rng = np.random.default_rng(1)
    assert np.mean([apparent_lead(rng) for _ in range(40)]) < 0.01


def test_no_lead_is_measured_without_tracked_points(engine: FaceEngine) -> None:
    grey, points = detect(engine, compose(PEOPLE["hana"], Pose()))
    blank = TrackedFace(np.full_like(grey, 128), points)
    blank.track(grey)
    assert blank.lead(points) is None
    lost = TrackedFace(grey, points)
    lost.track(np.full_like(grey, 128))
    assert lost.lead(points) is None


def test_forget_clears_tracked_points(engine: FaceEngine) -> None:
    grey, points = detect(engine, compose(PEOPLE["hana"], Pose()))
    face = TrackedFace(grey, points)
    assert face.lead(points) is not None
    face.forget()
    assert face.lead(points) is None


def test_new_frame_size_interrupts_tracking(engine: FaceEngine) -> None:
    grey, points = detect(engine, compose(PEOPLE["hana"], Pose()))
    face = TrackedFace(grey, points)
    face.track(grey)
    assert not face.interrupted
    face.track(grey[::2, ::2].copy())
    assert face.interrupted
    assert face.lead(points) is None
