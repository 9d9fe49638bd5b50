"""Damaged input to service, exchange and settings: a known answer, no crash and no large allocation."""

import random

import pytest

from tests.reader.fuzz_targets import within_limits
from tests.terminal.fuzz_targets import TARGETS, seeds

SEEDS = seeds()


@pytest.mark.parametrize("name", TARGETS)
def test_broken_input(name: str) -> None:
    target, chance = within_limits(TARGETS[name]), random.Random(name)
    for seed in SEEDS[name]:
        target(seed)
    for _ in range(60):
        target(broken(chance, chance.choice(SEEDS[name])))


def broken(chance: random.Random, seed: bytes) -> bytes:
    """Return a well-formed input with bytes changed, removed or repeated."""
    data = bytearray(seed)
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(3):
            case 0:
                data[at : at + 1] = bytes((chance.randrange(256),))
            case 1:
                del data[at : at + chance.randint(1, 64)]
            case _:
                data[at:at] = data[at : at + chance.randint(1, 64)]
    return bytes(data)
