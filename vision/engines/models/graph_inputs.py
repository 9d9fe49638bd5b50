"""Remove weights from the graph inputs of an ONNX file.

Older exporters list every weight as an input, which OpenCV 5 and onnxruntime reject. Parses the Protocol Buffers wire
format with the field numbers in `onnx.proto`, using only the standard library.
"""

from collections.abc import Iterator

_MODEL_GRAPH, _GRAPH_INPUT, _VALUE_NAME = 7, 11, 1
_BYTES = 2


def without_surplus_inputs(model: bytes, graph_input: str) -> bytes:
    """Return the ONNX model with a single graph input. Raises ValueError for a malformed file."""
    changed = b""
    for key, start, content, end in _fields(model):
        if key == _MODEL_GRAPH << 3 | _BYTES:
            graph = _filtered(model[content:end], graph_input)
            changed += _varint(key) + _varint(len(graph)) + graph
        else:
            changed += model[start:end]
    return changed


def _filtered(graph: bytes, graph_input: str) -> bytes:
    return b"".join(
        graph[start:end]
        for key, start, content, end in _fields(graph)
        if key != _GRAPH_INPUT << 3 | _BYTES or _name(graph[content:end]) == graph_input
    )


def _name(value: bytes) -> str | None:
    for key, _, content, end in _fields(value):
        if key == _VALUE_NAME << 3 | _BYTES:
            return value[content:end].decode(errors="replace")
    return None


def _fields(message: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield key, start, content start and end of each field."""
    position = 0
    while position < len(message):
        start = position
        key, position = _varint_at(message, position)
        content = position
        match key & 7:
            case 0:
                _, position = _varint_at(message, position)
            case 1:
                position += 8
            case 2:
                size, content = _varint_at(message, position)
                position = content + size
            case 5:
                position += 4
            case other:
                raise ValueError(f"unsupported wire type {other}")
        if position > len(message):
            raise ValueError("message is truncated")
        yield key, start, content, position


def _varint_at(message: bytes, position: int) -> tuple[int, int]:
    """Return the number and its end position."""
    value = shift = 0
    while True:
        if position >= len(message) or shift > 63:
            raise ValueError("message is truncated")
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, position


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
