"""Damaged input to the service, exchange and settings is handled without a crash or a large allocation."""

import random

import pytest

from tests.reader.fuzz_targets import within_limits
from tests.terminal.fuzz_targets import TARGETS, seeds

SEEDS = seeds()


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_input_is_handled(name: str) -> None:
    target, generator = within_limits(TARGETS[name]), random.Random(name)
    for seed in SEEDS[name]:
        target(seed)
    for _ in range(60):
        target(damage(generator, generator.choice(SEEDS[name])))


def damage(generator: random.Random, seed: bytes) -> bytes:
    """Return `seed` with one to five random changes: a byte replaced, or bytes removed or repeated."""
    data = bytearray(seed)
    for _ in range(generator.randint(1, 5)):
        index = generator.randrange(len(data) + 1)
        match generator.randrange(3):
            case 0:
                data[index : index + 1] = bytes((generator.randrange(256),))
            case 1:
                del data[index : index + generator.randint(1, 64)]
            case _:
                data[index:index] = data[index : index + generator.randint(1, 64)]
    return bytes(data)
