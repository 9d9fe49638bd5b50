"""Convert a MiniFASNet checkpoint to an ONNX graph.

Architecture: `src/model_lib/MiniFASNet.py` of Silent-Face-Anti-Spoofing (Apache-2.0). It consists of MobileFaceNet
blocks, with channel attention at the end of each stage in the SE variant. Normalisation layers are folded into the
convolutions.
"""

import numpy as np
from numpy.typing import NDArray

from vision.antispoofing.pth import Tensors
from vision.engines.models.onnx_file import Graph
from vision.engines.models.weights import NotBuilt

SIDE = 80
"""Side length in pixels of the square BGR input image, whose values are 0..255."""
CLASSES = 3
_EPSILON = 1e-5
_STAGES = (("conv_23", "conv_3"), ("conv_34", "conv_4"), ("conv_45", "conv_5"))
"""Names of the downsampling block and of the residual blocks of each stage."""


def anti_spoofing_network(tensors: Tensors) -> bytes:
    """Return an ONNX model that maps `image` (1, 3, 80, 80) to `classes` (1, 3), as logits. Raises NotBuilt."""
    try:
        return _Builder(tensors).build()
    except (KeyError, ValueError, IndexError) as error:
        raise NotBuilt(f"not a MiniFASNet checkpoint: {error!r}") from error


class _Builder:
    def __init__(self, tensors: Tensors) -> None:
        self._tensors = tensors
        self._graph = Graph("minifasnet")

    def build(self) -> bytes:
        x = self._block("image", "conv1", stride=2)
        x = self._block(x, "conv2_dw")
        for downsampling, stage in _STAGES:
            x = self._depthwise(x, downsampling, stride=2)
            index = 0
            while f"{stage}.model.{index}.conv.conv.weight" in self._tensors:
                x = self._residual(x, f"{stage}.model.{index}")
                index += 1
        x = self._block(self._block(x, "conv_6_sep"), "conv_6_dw", padding=0)
        x = self._graph.node("Flatten", [x], {"axis": 1})
        gain, shift = self._normalisation("bn")
        weights = self._tensors["linear.weight"] * gain[:, None]
        x = self._graph.node("MatMul", [x, self._graph.constant(np.ascontiguousarray(weights.T))])
        x = self._graph.node("Add", [x, self._graph.constant(shift)])
        last = np.ascontiguousarray(self._tensors["prob.weight"].T)
        if last.shape[1] != CLASSES:
            raise ValueError("the last layer has an unexpected size")
        self._graph.node("MatMul", [x, self._graph.constant(last)], output="classes")
        return self._graph.model(("image", (1, 3, SIDE, SIDE)), ("classes", (1, CLASSES)))

    def _residual(self, x: str, name: str) -> str:
        y = self._depthwise(x, name)
        if f"{name}.se_module.fc1.weight" in self._tensors:
            y = self._attention(y, f"{name}.se_module")
        return self._graph.node("Add", [x, y])

    def _depthwise(self, x: str, name: str, stride: int = 1) -> str:
        x = self._block(x, f"{name}.conv")
        x = self._block(x, f"{name}.conv_dw", stride=stride)
        return self._block(x, f"{name}.project")

    def _attention(self, x: str, name: str) -> str:
        y = self._graph.node("GlobalAveragePool", [x])
        y = self._graph.node("Relu", [self._convolution(y, f"{name}.fc1", f"{name}.bn1")])
        y = self._graph.node("Sigmoid", [self._convolution(y, f"{name}.fc2", f"{name}.bn2")])
        return self._graph.node("Mul", [x, y])

    def _block(self, x: str, name: str, stride: int = 1, padding: int | None = None) -> str:
        x = self._convolution(x, f"{name}.conv", f"{name}.bn", stride, padding)
        slope = self._tensors.get(f"{name}.prelu.weight")
        return x if slope is None else self._graph.node("PRelu", [x, self._graph.constant(slope[:, None, None])])

    def _convolution(self, x: str, name: str, normalisation: str, stride: int = 1, padding: int | None = None) -> str:
        """Add a convolution, which is depthwise for single-channel kernels."""
        kernel = self._tensors[f"{name}.weight"]
        gain, shift = self._normalisation(normalisation)
        size = kernel.shape[2]
        shape = {
            "kernel_shape": (size, size),
            "strides": (stride, stride),
            "pads": (size // 2 if padding is None else padding,) * 4,
            "group": kernel.shape[0] if kernel.shape[1] == 1 else 1,
        }
        constants = [self._graph.constant(values) for values in (kernel * gain[:, None, None, None], shift)]
        return self._graph.node("Conv", [x, *constants], shape)

    def _normalisation(self, name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the scale and offset of a batch normalisation layer."""
        mean, variance = self._tensors[f"{name}.running_mean"], self._tensors[f"{name}.running_var"]
        gain = self._tensors[f"{name}.weight"] / np.sqrt(variance + _EPSILON)
        return gain.astype(np.float32), (self._tensors[f"{name}.bias"] - mean * gain).astype(np.float32)
