"""Writer for ONNX files, with the messages of `onnx.proto` (opset 13) required for convolutional networks.

In the Protocol Buffers wire format, a field is a key (number << 3 | wire type) followed by a varint, or by a length and
bytes.
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
"""Name and shape. Variable dimensions have a name instead of a size."""


def _varint(value: int) -> bytes:
    """Encode seven bits per byte, lowest first. Negative numbers are 64-bit two's complement."""
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
    """Graph with nodes in execution order. `constant` and `node` return the name of their output."""

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

    def model(self, graph_input: Port, *graph_outputs: Port) -> bytes:
        """Return the complete file."""
        graph = b"".join(_block(1, node) for node in self._nodes) + _block(2, self.name)
        graph += b"".join(_block(5, constant) for constant in self._constants)
        graph += _block(11, _value(*graph_input)) + b"".join(_block(12, _value(*port)) for port in graph_outputs)
        opset = _block(1, "") + _number(2, _OPSET)
        return _number(1, _IR_VERSION) + _block(7, graph) + _block(8, opset)


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, str):
        return _block(1, name) + _block(4, value) + _number(20, _ATTRIBUTE_STRING)
    if isinstance(value, int):
        return _block(1, name) + _number(3, value) + _number(20, _ATTRIBUTE_INT)
    return _block(1, name) + b"".join(_number(8, number) for number in value) + _number(20, _ATTRIBUTE_INTS)


def _value(name: str, shape: Sequence[int | str]) -> bytes:
    sizes = b"".join(_block(1, _block(2, size) if isinstance(size, str) else _number(1, size)) for size in shape)
    return _block(1, name) + _block(2, _block(1, _number(1, _FLOAT) + _block(2, sizes)))
