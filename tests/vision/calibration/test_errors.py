"""Error rates of invented encodings, counted by hand."""

import numpy as np
import pytest

from vision.calibration.calibrate import TooFewPersons, calibrate, grouped, is_reported
from vision.calibration.errors import bootstrap_limits, threshold_at, trials
from vision.calibration.persons import Person


def nowhere(_: np.ndarray) -> float:
    return 0.0


def invented(count: int, live: int, spread: float = 0.02, prefix: str = "p") -> list[Person]:
    generator = np.random.default_rng(9)
    persons = []
    for number in range(count):
        face = generator.normal(0, 0.1, 128)
        pictures = face + generator.normal(0, spread, (live + 1, 128))
        persons.append(Person(f"{prefix}_{number}", pictures[0], list(pictures[1:])))
    return persons


def test_every_mean_against_every_card() -> None:
    tried = trials(invented(4, 3), 1, nowhere, 1.0)
    assert (tried.genuine.size, tried.impostor.size) == (4 * 3, 4 * 3 * 3)
    assert tried.genuine.max() < tried.impostor.min()
    assert trials(invented(4, 3), 3, nowhere, 1.0).genuine.size == 4
    assert trials(invented(4, 3), 4, nowhere, 1.0).genuine.size == 0


def test_distances_are_euclidean_and_averaging_shortens_them() -> None:
    person = Person("one", np.zeros(2), [np.array([3.0, 4.0]), np.array([3.0, -4.0])])
    assert trials([person], 1, nowhere, 1.0).distances == pytest.approx([5, 5])
    assert trials([person], 2, nowhere, 1.0).distances == pytest.approx([3])


def test_nearness_is_subtracted_from_the_score_and_not_from_the_distance() -> None:
    tried = trials(invented(3, 1), 1, lambda _: 0.4, 0.5)
    assert tried.distances - tried.scores == pytest.approx(0.2)


@pytest.mark.parametrize(("fmr", "passing"), [(0.0, 0), (0.01, 1), (0.1, 10), (0.099, 9)])
def test_a_threshold_lets_no_more_pass_than_it_says(fmr: float, passing: int) -> None:
    impostor = np.random.default_rng(2).normal(0.8, 0.1, 100)
    assert int((impostor <= threshold_at(impostor, fmr)).sum()) == passing


def test_limits_by_person_are_wider_than_by_trial() -> None:
    wrong = np.repeat([True, False, False, False], 50)
    low, high = bootstrap_limits(wrong, np.repeat([0, 1, 2, 3], 50))
    assert low == 0
    assert high >= 0.5


def test_the_worst_group_decides() -> None:
    alike = [Person(f"twins_{n}", p.reference, p.live) for n, p in enumerate(invented(12, 6, 0.05))]
    for person in alike:
        assert person.reference is not None
        person.reference[:] *= 0.5
        for one in person.live:
            one[:] *= 0.5
    others = invented(12, 6, prefix="others")
    both = calibrate([*alike, *others], "engine", nowhere)
    alone = calibrate(others, "engine", nowhere)
    assert both.thresholds[5] < alone.thresholds[5]
    assert set(grouped([*alike, *others])) == {"twins", "others"}


def test_few_persons_calibrate_nothing() -> None:
    with pytest.raises(TooFewPersons, match="5 persons"):
        calibrate(invented(5, 6), "engine", nowhere)


def test_about_half_of_all_names_is_reported_on() -> None:
    share = np.mean([is_reported(person) for person in invented(400, 0)])
    assert 0.4 < share < 0.6
