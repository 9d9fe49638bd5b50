"""Writes a network as an ONNX file: the few messages of `onnx.proto` (opset 13) that a convolutional network needs.

Protocol buffers' wire format: every field is a key (number << 3 | wire type) and a varint or a length with bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_IR_VERSION = 8
_OPSET = 13
_VARINT, _BYTES = 0, 2
_FLOAT, _INT64 = 1, 7
_ATTRIBUTE_INT, _ATTRIBUTE_STRING, _ATTRIBUTE_INTS = 2, 3, 7

Attribute = int | str | Sequence[int]
Port = tuple[str, Sequence[int | str]]
"""A name and a shape, whose free dimensions are named."""


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; a negative number as its 64-bit complement."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(key: int, value: int) -> bytes:
    return _varint(key << 3 | _VARINT) + _varint(value)


def _block(key: int, content: bytes | str) -> bytes:
    data = content.encode() if isinstance(content, str) else content
    return _varint(key << 3 | _BYTES) + _varint(len(data)) + data


@dataclass(slots=True)
class Graph:
    """Nodes in the order in which they run. Every method returns the name of what it adds."""

    name: str
    _nodes: list[bytes] = field(default_factory=list)
    _constants: list[bytes] = field(default_factory=list)

    def constant(self, values: NDArray[np.float32] | NDArray[np.int64]) -> str:
        kind, raw = (_FLOAT, "<f4") if values.dtype == np.float32 else (_INT64, "<i8")
        name = f"c{len(self._constants)}"
        dimensions = b"".join(_number(1, size) for size in values.shape)
        data = np.ascontiguousarray(values).astype(raw).tobytes()
        self._constants.append(dimensions + _number(2, kind) + _block(8, name) + _block(9, data))
        return name

    def node(
        self,
        operation: str,
        inputs: Sequence[str],
        attributes: Mapping[str, Attribute] | None = None,
        *,
        output: str = "",
    ) -> str:
        output = output or f"n{len(self._nodes)}"
        message = b"".join(_block(1, name) for name in inputs) + _block(2, output)
        message += _block(3, output + "_node") + _block(4, operation)
        message += b"".join(_block(5, _attribute(name, value)) for name, value in (attributes or {}).items())
        self._nodes.append(message)
        return output

    def model(self, takes: Port, *gives: Port) -> bytes:
        """The whole file; `takes` is its input, `gives` its outputs."""
        graph = b"".join(_block(1, node) for node in self._nodes) + _block(2, self.name)
        graph += b"".join(_block(5, constant) for constant in self._constants)
        graph += _block(11, _value(*takes)) + b"".join(_block(12, _value(*one)) for one in gives)
        opset = _block(1, "") + _number(2, _OPSET)
        return _number(1, _IR_VERSION) + _block(7, graph) + _block(8, opset)


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, str):
        return _block(1, name) + _block(4, value) + _number(20, _ATTRIBUTE_STRING)
    if isinstance(value, int):
        return _block(1, name) + _number(3, value) + _number(20, _ATTRIBUTE_INT)
    return _block(1, name) + b"".join(_number(8, one) for one in value) + _number(20, _ATTRIBUTE_INTS)


def _value(name: str, shape: Sequence[int | str]) -> bytes:
    sizes = b"".join(_block(1, _block(2, size) if isinstance(size, str) else _number(1, size)) for size in shape)
    return _block(1, name) + _block(2, _block(1, _number(1, _FLOAT) + _block(2, sizes)))
