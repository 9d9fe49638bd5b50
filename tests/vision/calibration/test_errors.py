"""Tests for error rates and thresholds, with random encodings."""

import numpy as np
import pytest

from vision.calibration.calibrate import TooFewPeople, by_group_name, calibrate, is_held_out
from vision.calibration.errors import bootstrap_limits, limits, tail_threshold, threshold_at, trials
from vision.calibration.measure import figures
from vision.calibration.people import EncodedPerson
from vision.calibration.synthetic import NotSeparable, calibrate_synthetic
from vision.decision import Calibration
from vision.face import unit


def random_people(count: int, live: int, spread: float = 0.02, prefix: str = "p") -> list[EncodedPerson]:
    generator = np.random.default_rng(9)
    people = []
    for number in range(count):
        face = generator.normal(0, 0.1, 128)
        images = face + generator.normal(0, spread, (live + 1, 128))
        people.append(EncodedPerson(f"{prefix}_{number}", images[0], list(images[1:])))
    return people


def calibration_with(**thresholds: float) -> Calibration:
    return Calibration("engine", {int(key[1:]): value for key, value in thresholds.items()}, 1e-3, 1e-2, 0.5)


def test_every_mean_is_compared_with_every_card() -> None:
    result = trials(random_people(4, 3), 1)
    assert (result.genuine.size, result.impostor.size) == (4 * 3, 4 * 3 * 3)
    assert result.genuine.max() < result.impostor.min()
    assert trials(random_people(4, 3), 3).genuine.size == 4
    assert trials(random_people(4, 3), 4).genuine.size == 0


def test_distances_compare_direction_of_mean() -> None:
    person = EncodedPerson("person", np.array([2.0, 0.0]), [np.array([3.0, 4.0]), np.array([3.0, -4.0])])
    assert trials([person], 1).distances == pytest.approx([np.sqrt(0.8)] * 2)
    assert trials([person], 2).distances == pytest.approx([0])


def test_measured_matches_equal_terminal_decisions() -> None:
    people = random_people(30, 3, 0.08)
    result = trials(people, 3)
    calibration = calibration_with(k3=float(np.quantile(result.genuine, 0.7)))
    passed = result.distances <= calibration.threshold(3)
    decided = [
        calibration.matches(np.mean(other.live, axis=0), card.reference, 3)  # type: ignore[arg-type]
        for card in people
        for other in people
    ]
    assert 0 < sum(decided) < len(decided)
    assert passed.tolist() == decided


@pytest.mark.parametrize(("fmr", "passing"), [(0.0, 0), (0.01, 1), (0.1, 10), (0.099, 9)])
def test_threshold_does_not_exceed_its_false_match_rate(fmr: float, passing: int) -> None:
    impostor = np.random.default_rng(2).normal(0.8, 0.1, 100)
    assert int((impostor <= threshold_at(impostor, fmr)).sum()) == passing


def test_tail_estimate_from_few_trials_is_accurate() -> None:
    generator = np.random.default_rng(2)
    estimates = [tail_threshold(generator.normal(0.2, 0.1, 500), 1e-3) for _ in range(20)]
    assert 0.2 - 3.6 * 0.1 < np.mean(estimates) < 0.2 - 3.0 * 0.1
    exact = [threshold_at(generator.normal(0.2, 0.1, 500), 1e-3) for _ in range(20)]
    assert np.std(estimates) < np.std(exact)


def test_limits_by_person_are_wider_than_by_trial() -> None:
    errors = np.repeat([True, False, False, False], 50)
    low, high = bootstrap_limits(errors, np.repeat([0, 1, 2, 3], 50))
    assert low == 0
    assert high >= 0.5


def test_limits_without_errors_depend_on_number_of_people() -> None:
    assert limits(np.zeros(600, np.bool_), np.repeat(np.arange(6), 100)) == (0.0, 3 / 600)
    assert limits(np.zeros(400, np.bool_), np.repeat(np.arange(4), 100)) == (0.0, 1.0)


def twins(count: int) -> list[EncodedPerson]:
    """Return people who look alike."""
    return [
        EncodedPerson(f"twins_{n}", np.asarray(p.reference) + 0.2, [encoding + 0.2 for encoding in p.live])
        for n, p in enumerate(random_people(count, 6, 0.05))
    ]


def test_worst_group_sets_threshold() -> None:
    others = random_people(40, 6, prefix="others")
    without_twins = calibrate(others, "engine")
    with_many_twins = calibrate([*twins(32), *others], "engine")
    with_few_twins = calibrate([*twins(12), *others], "engine")
    assert max(with_many_twins.thresholds[5], with_few_twins.thresholds[5]) < without_twins.thresholds[5]
    assert set(by_group_name([*twins(2), *others])) == {"twins", "others"}
    assert 0 < with_many_twins.fmr_upper < 0.02


def test_too_few_people_are_refused() -> None:
    with pytest.raises(TooFewPeople, match="5 people"):
        calibrate(random_people(5, 6), "engine")


def test_about_half_of_all_people_are_held_out() -> None:
    share = np.mean([is_held_out(person) for person in random_people(400, 0)])
    assert 0.4 < share < 0.6


def test_other_person_distance_depends_on_spread_of_photos() -> None:
    result = calibrate(random_people(40, 6), "engine")
    # two images of a face differ by 0.02 * sqrt(2 * 128), and encodings have length 0.1 * sqrt(128)
    assert result.other_person == pytest.approx(0.2 * np.sqrt(2), rel=0.15)


def test_synthetic_thresholds_are_below_nearest_stranger() -> None:
    result = calibrate_synthetic(random_people(8, 10), "engine")
    assert result.thresholds == {5: pytest.approx(1.05, abs=0.15)}
    assert result.fmr == 0
    alike = [EncodedPerson(f"p_{n}", unit(np.ones(16)), [unit(np.ones(16))] * 10) for n in range(3)]
    with pytest.raises(NotSeparable):
        calibrate_synthetic(alike, "engine")


def test_figures_count_matches() -> None:
    people = [
        *random_people(12, 6, prefix="a"),
        *random_people(12, 6, 0.12, prefix="b"),
        *random_people(3, 6, prefix="c"),
    ]
    rows = figures(people, calibration_with(k1=0.5, k5=0.5))
    assert {row.group for row in rows} == {"all", "a", "b", "small groups"}
    by_group = {(row.group, row.frames): row for row in rows}
    assert (by_group["a", 5].fnmr, by_group["a", 5].genuine, by_group["a", 5].impostor) == (0.0, 12 * 6, 12 * 11 * 6)
    assert by_group["b", 1].fnmr == 1.0
    assert by_group["all", 1].false_matches == round(by_group["all", 1].fmr * by_group["all", 1].impostor)
    # a and b contain the same twelve faces, which count as similar strangers across groups
    assert by_group["all", 1].fmr > by_group["a", 1].fmr == 0.0
    assert [row.fmr for row in rows] == sorted((row.fmr for row in rows), reverse=True)
    low, high = by_group["all", 1].fnmr_limits
    assert low < by_group["all", 1].fnmr < high
    assert by_group["a", 5].fmr_limits == (0.0, 3 / by_group["a", 5].impostor), "0 of 792 does not prove a rate of 0"
    assert figures(people[:1], calibration_with(k1=0.5)) == []
