"""Tests for reading tensors from dlib's file format."""

import math

import numpy as np
import pytest

from vision.engines.models.dlib_file import tensors
from vision.engines.models.resnet import UnexpectedNetwork, face_network
from vision.engines.models.weights import ENCODER, KNOWN_SHA256, LANDMARK_MODEL, WeightsMissing, sha256_of, weights


def integer(value: int) -> bytes:
    size = max(1, (value.bit_length() + 7) // 8)
    return bytes([size]) + value.to_bytes(size, "little")


def tensor(values: np.ndarray, shape: tuple[int, int, int, int]) -> bytes:
    assert values.size == math.prod(shape)
    return integer(2) + b"".join(integer(size) for size in shape) + values.astype("<f4").tobytes()


def test_tensors_are_found_in_order_among_other_data() -> None:
    first = np.linspace(-1, 1, 300).astype(np.float32)
    second = np.linspace(5, 6, 64).astype(np.float32)
    data = b"\x05con_4" + tensor(first, (300, 1, 1, 1)) + b"\x01\x02\x01\x02 noise" + tensor(second, (1, 64, 1, 1))
    found = tensors(data)
    assert len(found) == 2
    np.testing.assert_array_equal(found[0], first)
    np.testing.assert_array_equal(found[1], second)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x01\x02",
        b"\x01\x02\x01\x08",
        b"\x01\x02" + b"\x08" + b"\xff" * 8,
        tensor(np.full(64, np.nan), (64, 1, 1, 1)),
        tensor(np.zeros(64), (64, 1, 1, 1)),
        tensor(np.ones(64), (64, 1, 1, 1))[:-1],
    ],
)
def test_other_data_is_not_mistaken_for_tensors(data: bytes) -> None:
    assert tensors(data) == []


def test_weights_match_lock_file() -> None:
    for name in (ENCODER, LANDMARK_MODEL):
        assert sha256_of(weights(name)) == KNOWN_SHA256[name]


def test_missing_weights_are_reported_by_name() -> None:
    with pytest.raises(WeightsMissing, match="other"):
        weights("other.dat")


def test_weights_must_fit_network() -> None:
    found = tensors(weights(ENCODER).read_bytes())
    assert len(found) == 59
    with pytest.raises(UnexpectedNetwork, match="58 tensors"):
        face_network(found[:-1])
    with pytest.raises(UnexpectedNetwork, match="an unexpected size"):
        face_network([found[-1], *found[1:]])
