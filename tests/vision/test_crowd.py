"""The crowd is statistics: it says how common a face is, and gives nobody's away."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from config.settings import VisionSettings
from vision.crowd import (
    SHIPPED,
    SMALLEST_POPULATION,
    Crowd,
    Population,
    load_populations,
    save_populations,
    shipped_crowd,
)
from vision.decision import Calibration, load_calibration, save_calibration, shipped_calibration
from vision.engines.engine import unit
from vision.engines.models.weights import ENCODER, KNOWN_SHA256

COMMON = np.full(16, 0.3)
OTHERS = np.tile([0.3, -0.3], 8)
"""A population's middle at a right angle to the first one's."""


def people(count: int, seed: int = 1, middle: np.ndarray = COMMON) -> np.ndarray:
    return middle + np.random.default_rng(seed).normal(0, 0.1, (count, 16))


def between(share: float) -> np.ndarray:
    """From the one middle towards the other."""
    return (1 - share) * COMMON + share * OTHERS


def test_statistics_come_back_from_the_file(tmp_path: Path) -> None:
    population = replace(Population.of(people(100)), weight=0.5, typical=0.25)
    save_populations(tmp_path / "crowd.npz", {"here": population, "there": Population.of(people(30, seed=2))})
    found = load_populations(tmp_path / "crowd.npz")
    assert [len(found[name].parts) for name in ("here", "there")] == [2, 1]
    assert (found["here"].weight, found["here"].typical) == (0.5, 0.25)
    for read, written in zip(found["here"].parts, population.parts, strict=True):
        assert read.share == pytest.approx(written.share)
        np.testing.assert_array_equal(read.mean, written.mean)
        np.testing.assert_allclose(read.covariance, written.covariance, rtol=1e-6)


def test_few_persons_make_no_statistics() -> None:
    with pytest.raises(ValueError, match="19 persons"):
        Population.of(people(19))


def test_a_population_of_two_kinds_is_told_apart_and_no_part_is_of_few() -> None:
    kinds = [people(90), people(60, 2, OTHERS)]
    population = Population.of(np.vstack(kinds))
    assert sum(part.share for part in population.parts) == pytest.approx(1)
    assert min(part.share for part in population.parts) * 150 >= SMALLEST_POPULATION
    for kind in kinds:
        middle = unit(kind).mean(axis=0)
        assert min(float(np.linalg.norm(part.mean - middle)) for part in population.parts) < 0.2
    assert Population.of(np.vstack([people(90), people(3, 2, OTHERS)])).parts[0].share == 1


def test_a_population_weighs_how_much_nearer_a_photo_is_than_its_own() -> None:
    population = Population.of(people(200))
    common, rare = COMMON, between(0.4)
    plain, halved = Crowd({"here": population}), Crowd({"here": replace(population, weight=0.5)})
    assert halved.nearness(common) - population.typical == pytest.approx(
        0.5 * (plain.nearness(common) - population.typical)
    )
    assert halved.nearness(rare) - halved.nearness(common) == pytest.approx(
        0.5 * (plain.nearness(rare) - plain.nearness(common))
    )


def test_the_weight_is_that_of_the_population_a_photo_belongs_to() -> None:
    here, there = Population.of(people(200)), Population.of(people(200, 2, OTHERS))
    both = Crowd({"here": here, "there": replace(there, weight=0.0, typical=7.0)})
    assert both.nearness(OTHERS) == pytest.approx(7.0)
    assert both.nearness(COMMON) == pytest.approx(Crowd({"here": here}).nearness(COMMON))


def test_a_photo_unlike_everybodys_counts_as_a_typical_one() -> None:
    population = Population.of(people(200))
    crowd = Crowd({"here": population})
    common, rare = COMMON, between(0.5)
    assert crowd.counted(common) == crowd.nearness(common) < population.typical
    assert crowd.counted(rare) == pytest.approx(population.typical)
    assert crowd.nearness(rare) > population.typical


def test_a_common_face_is_nearer_than_a_rare_one() -> None:
    crowd = Crowd({"here": Population.of(people(200))}, members=300, neighbours=30)
    assert crowd.nearness(COMMON) < crowd.nearness(between(0.3)) < crowd.nearness(between(0.6))
    assert crowd.nearness(COMMON) == pytest.approx(crowd.nearness(5 * COMMON), rel=1e-5)


def test_the_same_crowd_every_time() -> None:
    population = {"here": Population.of(people(200))}
    reference = np.full(16, 0.4)
    assert Crowd(population).nearness(reference) == Crowd(population).nearness(reference)


def test_what_is_shipped_is_means_and_covariances_alone() -> None:
    with np.load(SHIPPED, allow_pickle=False) as arrays:
        shapes = {key: arrays[key].shape for key in arrays.files}
        shares = {name: arrays[f"{name}.shares"] for name in ("east-asian", "lfw")}
    assert shapes == {
        f"{name}.{what}": shape
        for name, parts in shares.items()
        for what, shape in (
            ("shares", parts.shape),
            ("means", (len(parts), 128)),
            ("covariances", (len(parts), 128 * 129 // 2)),
            ("weighing", (2,)),
        )
    }
    assert min(698 * shares["east-asian"]) > SMALLEST_POPULATION
    assert min(197 * shares["lfw"]) > SMALLEST_POPULATION


def test_the_shipped_calibration_is_of_the_shipped_encoder() -> None:
    calibration = shipped_calibration()
    assert calibration.engine == KNOWN_SHA256[ENCODER]
    assert calibration.threshold(VisionSettings().frames) == calibration.thresholds[5]
    assert calibration.thresholds[5] <= calibration.thresholds[3] <= calibration.thresholds[1]


def test_a_reference_in_the_middle_of_its_population_must_be_met_more_closely() -> None:
    calibration, crowd = shipped_calibration(), shipped_crowd()
    common = load_populations(SHIPPED)["east-asian"].parts[0].mean.astype(np.float64)
    rare = common + 0.06 * np.sign(common)
    assert calibration.score(0.35, crowd.nearness(common)) > calibration.score(0.35, crowd.nearness(rare))


def test_thresholds_by_number_of_frames(tmp_path: Path) -> None:
    calibration = Calibration("e", 0.5, {1: -0.1, 5: -0.2}, 1e-3)
    save_calibration(tmp_path / "c.json", calibration)
    found = load_calibration(tmp_path / "c.json")
    assert found == calibration
    assert [found.threshold(frames) for frames in (1, 4, 5, 30)] == [-0.1, -0.1, -0.2, -0.2]
    with pytest.raises(ValueError, match="0 frames"):
        found.threshold(0)
