"""Error rates of invented encodings, counted by hand."""

import numpy as np
import pytest

from vision.calibration.calibrate import TooFewPersons, calibrate, grouped, is_reported, on_own_scale
from vision.calibration.errors import bootstrap_limits, tail_threshold, threshold_at, trials
from vision.calibration.measure import figures, passed_by
from vision.calibration.persons import Person
from vision.crowd import Crowd, Population, shipped_crowd
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
    weighed, plain = (trials(invented(3, 1), 1, lambda _: 0.4, weight) for weight in (0.5, 0.0))
    assert plain.scores - weighed.scores == pytest.approx(0.2)
    assert (weighed.distances == plain.distances).all()


def test_the_score_compares_directions() -> None:
    person = Person("one", np.array([2.0, 0.0]), [np.array([0.0, 3.0]), np.array([5.0, 0.0])])
    tried = trials([person], 1, nowhere, 0.0)
    assert sorted(tried.scores) == pytest.approx([0, 2**0.5])
    assert sorted(tried.distances) == pytest.approx([3, 13**0.5])


def test_what_is_measured_is_what_the_terminal_decides() -> None:
    persons = invented(30, 3, 0.05)
    crowd = Crowd({"own": Population.of(np.array([person.reference for person in persons]))})
    tried = trials(persons, 3, crowd.counted, 0.7)
    score, largest = (float(np.quantile(values[tried.same], 0.7)) for values in (tried.scores, tried.distances))
    judge = Judge(Calibration("engine", 0.7, {3: score}, 1e-3), crowd)
    passed = passed_by(judge, tried, 3, largest)
    references = [card.reference for card in persons if card.reference is not None]
    assert len(references) == len(persons)
    decided = [
        judge.matches(np.mean(live.live, axis=0), reference, 3, largest) for reference in references for live in persons
    ]
    assert 0 < sum(decided) < (tried.scores <= score).sum()
    assert passed.tolist() == decided


@pytest.mark.parametrize(("fmr", "passing"), [(0.0, 0), (0.01, 1), (0.1, 10), (0.099, 9)])
def test_a_threshold_lets_no_more_pass_than_it_says(fmr: float, passing: int) -> None:
    impostor = np.random.default_rng(2).normal(0.8, 0.1, 100)
    assert int((impostor <= threshold_at(impostor, fmr)).sum()) == passing


def test_the_tail_of_few_trials_is_that_of_the_many_they_were_drawn_from() -> None:
    drawn = np.random.default_rng(2)
    few = [tail_threshold(drawn.normal(0.2, 0.1, 500), 1e-3) for _ in range(20)]
    assert 0.2 - 3.6 * 0.1 < np.mean(few) < 0.2 - 3.0 * 0.1
    counted = [threshold_at(drawn.normal(0.2, 0.1, 500), 1e-3) for _ in range(20)]
    assert np.std(few) < np.std(counted)


def test_limits_by_person_are_wider_than_by_trial() -> None:
    wrong = np.repeat([True, False, False, False], 50)
    low, high = bootstrap_limits(wrong, np.repeat([0, 1, 2, 3], 50))
    assert low == 0
    assert high >= 0.5


def test_the_worst_group_decides() -> None:
    alike = [Person(f"twins_{n}", p.reference, p.live) for n, p in enumerate(invented(12, 6, 0.05))]
    for person in alike:
        assert person.reference is not None
        person.reference[:] += 0.2
        for one in person.live:
            one[:] += 0.2
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
    cards = [person.reference for person in persons if person.reference is not None]
    gates = sorted(float((made.threshold(5) + nearness(card)) * np.linalg.norm(card)) for card in cards)
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
    assert (by["a", 5].fnmr, by["a", 5].genuine, by["a", 5].impostor) == (0.0, 12 * 6, 12 * 11 * 6)
    assert by["b", 1].fnmr == 1.0
    assert by["all", 1].false_matches == round(by["all", 1].fmr * by["all", 1].impostor)
    # a and b are the same twelve faces: seen with another's name they are strangers that look alike
    assert by["all", 1].fmr > by["a", 1].fmr == 0.0
    assert [one.fmr for one in found] == sorted((one.fmr for one in found), reverse=True)
    low, high = by["all", 1].fnmr_limits
    assert low < by["all", 1].fnmr < high
    assert by["a", 5].fmr_limits == (0.0, 3 / by["a", 5].impostor), "none of 792 is not never"
    assert {one.fnmr_limits for one in figures(persons[:4], judge, 0.4)} == {(0.0, 1.0)}, "four persons say little"
    assert figures(persons[:1], judge, 0.4) == []
