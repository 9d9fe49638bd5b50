"""Reads the tensors of a network that dlib serialised (`dlib/serialize.h`, `dlib/cuda/tensor.h`, version 2).

A tensor is: the integer 2, four dimensions, then as many little-endian floats. An integer is one control byte, whose
low nibble is the number of bytes that follow. Layers in between say nothing that the tensors' order does not.
"""

import math

import numpy as np
from numpy.typing import NDArray

Tensor = NDArray[np.float32]
"""One dimension; the network's architecture knows the shape."""

_VERSION_2 = b"\x01\x02"
_SMALLEST = 64
"""Values; what is shorter is a layer's own settings, which look alike."""
_LARGEST_DIMENSION = 10**8
_LARGEST_VALUE = 1e4


def tensors(data: bytes) -> list[Tensor]:
    """All weights in the order in which they were written."""
    found: list[Tensor] = []
    position = data.find(_VERSION_2)
    while position >= 0:
        tensor, end = _tensor_at(data, position + len(_VERSION_2))
        if tensor is not None:
            found.append(tensor)
        position = data.find(_VERSION_2, end if tensor is not None else position + 1)
    return found


def _tensor_at(data: bytes, position: int) -> tuple[Tensor | None, int]:
    dimensions: list[int] = []
    for _ in range(4):
        value, position = _integer_at(data, position)
        if not 0 < value < _LARGEST_DIMENSION:
            return None, position
        dimensions.append(value)
    count = math.prod(dimensions)
    if count < _SMALLEST or position + 4 * count > len(data):
        return None, position
    values = np.frombuffer(data, "<f4", count, position).astype(np.float32)
    # other data that happens to begin like a tensor does not hold weights
    if not np.isfinite(values).all() or not 1e-12 < float(np.abs(values).max()) < _LARGEST_VALUE:
        return None, position
    return values, position + 4 * count


def _integer_at(data: bytes, position: int) -> tuple[int, int]:
    """The integer and where it ends; 0 where there is none."""
    if position >= len(data):
        return 0, position
    size = data[position]  # bit 7 is the sign: no dimension is negative
    end = position + 1 + size
    if not 1 <= size <= 8 or end > len(data):
        return 0, position
    return int.from_bytes(data[position + 1 : end], "little"), end
