"""Convert dlib's face recognition network to an ONNX graph.

Architecture: dlib's example `dnn_face_recognition_ex.cpp`. Affine layers are folded into the preceding convolutions,
and the input normalisation into the first convolution.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from vision.engines.models.dlib_file import Tensor
from vision.engines.models.onnx_file import Graph

CHIP = 150
"""Side length of the square RGB input image in pixels."""
SIZE = 128
"""Number of output values."""
_TENSORS = 59
_MEAN = np.array([122.782, 117.001, 104.298], np.float32)
_SCALE = np.float32(256)
_BLOCKS = (
    *((32, False),) * 3,
    (64, True),
    *((64, False),) * 3,
    (128, True),
    *((128, False),) * 2,
    (256, True),
    *((256, False),) * 2,
    (256, True),
)
"""Channels of each residual block, and whether it halves the resolution."""


class UnexpectedNetwork(Exception):
    """The weights do not match dlib's face network."""


def face_network(weights: Sequence[Tensor]) -> bytes:
    """Return an ONNX model that maps `chip` (N, 3, 150, 150), float32 RGB 0..255, to `descriptor` (N, 128).

    Raises UnexpectedNetwork.
    """
    if len(weights) != _TENSORS:
        raise UnexpectedNetwork(f"the file contains {len(weights)} tensors instead of {_TENSORS}")
    return _Builder(iter(weights)).build()


class _Builder:
    def __init__(self, weights: Iterator[Tensor]) -> None:
        self._weights = weights
        self._graph = Graph("dlib_face_resnet")

    def build(self) -> bytes:
        x = self._convolution("chip", 3, 32, size=7, stride=2, first=True)
        x = self._graph.node("Relu", [x])
        x = self._graph.node("MaxPool", [x], {"kernel_shape": (3, 3), "strides": (2, 2)})
        channels, rows = 32, 35
        for block_channels, halved in _BLOCKS:
            x, rows = self._residual(x, channels, block_channels, rows, halved)
            channels = block_channels
        x = self._graph.node("Flatten", [self._graph.node("GlobalAveragePool", [x])], {"axis": 1})
        last = next(self._weights)
        if last.size != channels * SIZE:
            raise UnexpectedNetwork("the last layer has an unexpected size")
        self._graph.node("MatMul", [x, self._graph.constant(last.reshape(channels, SIZE))], output="descriptor")
        return self._graph.model(("chip", ("N", 3, CHIP, CHIP)), ("descriptor", ("N", SIZE)))

    def _convolution(self, x: str, inputs: int, outputs: int, *, size: int, stride: int, first: bool = False) -> str:
        values, affine = next(self._weights), next(self._weights)
        count = outputs * inputs * size * size
        if values.size != count + outputs or affine.size != 2 * outputs:
            raise UnexpectedNetwork("a convolution has an unexpected size")
        kernel = values[:count].reshape(outputs, inputs, size, size)
        bias = values[count:]
        if first:
            bias = bias - (kernel * _MEAN[None, :, None, None] / _SCALE).sum((1, 2, 3))
            kernel = kernel / _SCALE
        gain, shift = affine[:outputs], affine[outputs:]
        kernel, bias = kernel * gain[:, None, None, None], bias * gain + shift
        edge = 0 if stride != 1 else size // 2
        constants = [self._graph.constant(values.astype(np.float32)) for values in (kernel, bias)]
        shape = {"kernel_shape": (size, size), "strides": (stride, stride), "pads": (edge,) * 4}
        return self._graph.node("Conv", [x, *constants], shape)

    def _residual(self, x: str, inputs: int, outputs: int, rows: int, halved: bool) -> tuple[str, int]:
        y = self._convolution(x, inputs, outputs, size=3, stride=2 if halved else 1)
        y = self._convolution(self._graph.node("Relu", [y]), outputs, outputs, size=3, stride=1)
        if halved:
            x = self._graph.node("AveragePool", [x], {"kernel_shape": (2, 2), "strides": (2, 2)})
            rows_x, rows_y = (rows - 2) // 2 + 1, (rows - 3) // 2 + 1
            rows = max(rows_x, rows_y)
            x = self._padded(x, outputs - inputs, rows - rows_x)
            y = self._padded(y, 0, rows - rows_y)
        return self._graph.node("Relu", [self._graph.node("Add", [y, x])]), rows

    def _padded(self, x: str, channels: int, rows: int) -> str:
        """Pad with zeros, like dlib's `add_prev` for the smaller operand."""
        if not channels and not rows:
            return x
        ends = np.array([0, 0, 0, 0, 0, channels, rows, rows], np.int64)
        return self._graph.node("Pad", [x, self._graph.constant(ends)], {"mode": "constant"})
