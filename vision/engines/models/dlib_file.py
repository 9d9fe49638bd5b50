"""Reader for the tensors of a network serialised by dlib (`dlib/serialize.h`, `dlib/cuda/tensor.h`, version 2).

A tensor consists of the integer 2, four dimensions, and little-endian floats. An integer begins with a control byte
whose low nibble is the number of bytes that follow. Layer data is skipped: the order of the
tensors is sufficient.
"""

import math

import numpy as np
from numpy.typing import NDArray

Tensor = NDArray[np.float32]
"""One-dimensional array. The network architecture determines the shape."""

_VERSION_2 = b"\x01\x02"
_MIN_SIZE = 64
"""Minimum number of values. Shorter arrays are layer settings in the same format."""
_MAX_DIMENSION = 10**8
_MAX_VALUE = 1e4


def tensors(data: bytes) -> list[Tensor]:
    """Return all weights in file order."""
    weights: list[Tensor] = []
    position = data.find(_VERSION_2)
    while position >= 0:
        tensor, end = _tensor_at(data, position + len(_VERSION_2))
        if tensor is not None:
            weights.append(tensor)
        position = data.find(_VERSION_2, end if tensor is not None else position + 1)
    return weights


def _tensor_at(data: bytes, position: int) -> tuple[Tensor | None, int]:
    dimensions: list[int] = []
    for _ in range(4):
        value, position = _integer_at(data, position)
        if not 0 < value < _MAX_DIMENSION:
            return None, position
        dimensions.append(value)
    count = math.prod(dimensions)
    if count < _MIN_SIZE or position + 4 * count > len(data):
        return None, position
    values = np.frombuffer(data, "<f4", count, position).astype(np.float32)
    # skip other data that begins like a tensor
    if not np.isfinite(values).all() or not 1e-12 < float(np.abs(values).max()) < _MAX_VALUE:
        return None, position
    return values, position + 4 * count


def _integer_at(data: bytes, position: int) -> tuple[int, int]:
    """Return the integer (0 if invalid) and its end position."""
    if position >= len(data):
        return 0, position
    size = data[position]  # bit 7 is the sign, which is not set for dimensions
    end = position + 1 + size
    if not 1 <= size <= 8 or end > len(data):
        return 0, position
    return int.from_bytes(data[position + 1 : end], "little"), end
