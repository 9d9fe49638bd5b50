"""As delivered: everybody is their own card's holder and nobody else's, whichever of two conditions sees to it."""

import itertools

import numpy as np

from config.settings import VisionSettings
from tests.vision.conftest import Measured
from vision.crowd import SHIPPED, load_populations
from vision.decision import shipped_judge
from vision.engines.engine import unit

FRAMES = VisionSettings().frames
LARGEST = VisionSettings().threshold


def accepted(live: Measured, card: Measured, largest: float = LARGEST) -> bool:
    return shipped_judge().matches(live.mean, card.reference, FRAMES, largest)


def test_every_synthetic_person_holds_their_own_card(people: dict[str, Measured]) -> None:
    assert [name for name, one in people.items() if not accepted(one, one)] == []


def test_no_synthetic_person_holds_another_ones(people: dict[str, Measured]) -> None:
    pairs = itertools.permutations(people, 2)
    assert [pair for pair in pairs if accepted(people[pair[0]], people[pair[1]])] == []


def test_the_largest_distance_refuses_by_itself(people: dict[str, Measured]) -> None:
    for one in people.values():
        distance = float(np.linalg.norm(one.mean - one.reference))
        assert not accepted(one, one, largest=distance - 0.001)
        assert accepted(one, one, largest=distance + 0.001)


def test_a_photo_unlike_everybodys_gets_no_wider_gate_than_a_typical_one() -> None:
    judge = shipped_judge()
    widest = max(one.typical for one in load_populations(SHIPPED).values()) + judge.calibration.threshold(FRAMES)
    drawn = np.random.default_rng(5)
    for _ in range(20):
        photo, away = unit(drawn.normal(size=(2, 128)))
        live = unit(photo + (widest + 0.05) * unit(away - (away @ photo) * photo))
        assert judge.crowd.nearness(photo) > 2 * widest
        assert not judge.matches(live, photo, FRAMES, largest=2.0)
