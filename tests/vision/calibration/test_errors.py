"""Error rates of invented encodings, counted by hand."""

import numpy as np
import pytest

from vision.calibration.calibrate import TooFewPersons, calibrate, grouped, is_reported, on_own_scale
from vision.calibration.errors import bootstrap_limits, threshold_at, trials
from vision.calibration.measure import figures
from vision.calibration.persons import Person
from vision.crowd import shipped_crowd
from vision.decision import Calibration, Judge


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


def test_the_cap_is_the_widest_gate_of_those_measured_and_the_swap_their_own_spread() -> None:
    persons = invented(40, 6)

    def nearness(reference: np.ndarray) -> float:
        return float(np.linalg.norm(reference)) / 2

    made = calibrate(persons, "engine", nearness)
    assert made.cap is None
    assert made.swap is None
    own = on_own_scale(made, persons, nearness)
    gates = sorted(made.threshold(5) + nearness(person.reference) for person in persons if person.reference is not None)
    assert own.cap is not None
    assert gates[36] <= own.cap <= gates[39]
    # two pictures of one face are 0.02 * sqrt(2 * 128) apart, give or take a tenth
    assert own.swap == pytest.approx(0.02 * np.sqrt(2 * 128), rel=0.15)
    assert (own.thresholds, own.weight) == (made.thresholds, made.weight)


def test_figures_count_what_was_let_pass() -> None:
    persons = [*invented(12, 6, prefix="a"), *invented(12, 6, 0.12, prefix="b"), *invented(3, 6, prefix="c")]
    judge = Judge(Calibration("engine", 0.0, {1: 0.5, 5: 0.5}, 1e-3), shipped_crowd())
    found = figures(persons, judge, 0.4)
    assert {one.group for one in found} == {"all", "a", "b", "small groups"}
    by = {(one.group, one.frames): one for one in found}
    assert (by["a", 5].fnmr, by["a", 5].genuine, by["a", 5].impostor) == (0.0, 12 * 5, 12 * 11 * 5)
    assert by["b", 1].fnmr == 1.0
    assert by["all", 1].false_matches == round(by["all", 1].fmr * by["all", 1].impostor)
    # a and b are the same twelve faces: seen with another's name they are strangers that look alike
    assert by["all", 1].fmr > by["a", 1].fmr == 0.0
    assert [one.fmr for one in found] == sorted((one.fmr for one in found), reverse=True)
    low, high = by["all", 1].fnmr_limits
    assert low < by["all", 1].fnmr < high
    assert by["a", 5].fmr_limits == (0.0, 3 / by["a", 5].impostor), "none of 660 is not never"
    assert {one.fnmr_limits for one in figures(persons[:4], judge, 0.4)} == {(0.0, 1.0)}, "four persons say little"
    assert figures(persons[:1], judge, 0.4) == []
