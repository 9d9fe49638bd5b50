"""The crowd is statistics: it says how common a face is, and gives nobody's away."""

from pathlib import Path

import numpy as np
import pytest

from config.settings import VisionSettings
from vision.crowd import SHIPPED, Crowd, Population, load_populations, save_populations, shipped_crowd
from vision.decision import Calibration, load_calibration, save_calibration, shipped_calibration
from vision.models.weights import ENCODER, KNOWN_SHA256


def people(count: int, seed: int = 1, size: int = 16) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.3, 0.1, (count, size))


def test_statistics_come_back_from_the_file(tmp_path: Path) -> None:
    population = Population.of(people(60))
    save_populations(tmp_path / "crowd.npz", {"here": population})
    found = load_populations(tmp_path / "crowd.npz")["here"]
    np.testing.assert_array_equal(found.mean, population.mean)
    np.testing.assert_allclose(found.covariance, population.covariance, rtol=1e-6)


def test_few_persons_make_no_statistics() -> None:
    with pytest.raises(ValueError, match="19 persons"):
        Population.of(people(19))


def test_a_common_face_is_nearer_than_a_rare_one() -> None:
    crowd = Crowd({"here": Population.of(people(200))}, members=300, neighbours=30)
    assert crowd.nearness(np.full(16, 0.3)) < crowd.nearness(np.full(16, 0.5)) < crowd.nearness(np.full(16, 0.9))


def test_the_same_crowd_every_time() -> None:
    population = {"here": Population.of(people(200))}
    reference = np.full(16, 0.4)
    assert Crowd(population).nearness(reference) == Crowd(population).nearness(reference)


def test_what_is_shipped_is_means_and_covariances_alone() -> None:
    with np.load(SHIPPED, allow_pickle=False) as arrays:
        shapes = {key: arrays[key].shape for key in arrays.files}
    assert shapes == {
        f"{name}.{what}": shape
        for name in ("east-asian", "lfw")
        for what, shape in (("mean", (128,)), ("covariance", (128 * 129 // 2,)))
    }


def test_the_shipped_calibration_is_of_the_shipped_encoder() -> None:
    calibration = shipped_calibration()
    assert calibration.engine == KNOWN_SHA256[ENCODER]
    assert calibration.threshold(VisionSettings().frames) == calibration.thresholds[5]
    assert calibration.thresholds[5] <= calibration.thresholds[3] <= calibration.thresholds[1]


def test_a_reference_in_the_middle_of_its_population_must_be_met_more_closely() -> None:
    calibration, crowd = shipped_calibration(), shipped_crowd()
    common = load_populations(SHIPPED)["east-asian"].mean.astype(np.float64)
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
