"""Test the ONNX writer: compare its output with known bytes, and run it in OpenCV."""

import cv2
import numpy as np
import pytest

from vision.engines.models.onnx_file import Graph, _varint


@pytest.mark.parametrize(
    ("value", "encoded"),
    [(0, "00"), (1, "01"), (127, "7f"), (128, "8001"), (300, "ac02"), (-1, "ffffffffffffffffff01")],
)
def test_varints_are_encoded_as_specified(value: int, encoded: str) -> None:
    assert _varint(value).hex() == encoded


def test_node_is_encoded_as_specified() -> None:
    graph = Graph("g")
    graph.node("Relu", ["x"], {"axis": 1}, output="y")
    attribute = b"\x0a\x04axis" + b"\x18\x01" + b"\xa0\x01\x02"
    node = b"\x0a\x01x" + b"\x12\x01y" + b"\x1a\x06y_node" + b"\x22\x04Relu" + b"\x2a\x0b" + attribute
    assert b"\x0a" + bytes([len(node)]) + node in graph.model(("x", (1,)), ("y", (1,)))


def run(model: bytes, values: np.ndarray) -> np.ndarray:
    net = cv2.dnn.readNetFromONNX(np.frombuffer(model, np.uint8))
    net.setInput(values)
    return np.asarray(net.forward())


def test_matrix_product() -> None:
    graph = Graph("product")
    weights = np.arange(6, dtype=np.float32).reshape(3, 2)
    graph.node("MatMul", ["x", graph.constant(weights)], output="y")
    x = np.array([[1, 2, 3], [-1, 0, 0.5]], np.float32)
    np.testing.assert_allclose(run(graph.model(("x", ("N", 3)), ("y", ("N", 2))), x), x @ weights)


def test_convolution_with_bias_and_strides() -> None:
    graph = Graph("convolution")
    kernel = np.ones((1, 1, 2, 2), np.float32)
    bias = np.array([10], np.float32)
    shape = {"kernel_shape": (2, 2), "strides": (2, 2), "pads": (0, 0, 0, 0)}
    graph.node("Conv", ["x", graph.constant(kernel), graph.constant(bias)], shape, output="y")
    x = np.arange(16, dtype=np.float32).reshape(1, 1, 4, 4)
    output = run(graph.model(("x", ("N", 1, 4, 4)), ("y", ("N", 1, 2, 2))), x)
    np.testing.assert_allclose(output, [[[[20, 28], [52, 60]]]])


def test_network_with_two_outputs() -> None:
    graph = Graph("two")
    graph.node("Relu", ["x"], output="positive")
    graph.node("Neg", ["x"], output="negative")
    net = cv2.dnn.readNetFromONNX(
        np.frombuffer(graph.model(("x", (1, 3)), ("positive", (1, 3)), ("negative", (1, 3))), np.uint8)
    )
    x = np.array([[1, -2, 3]], np.float32)
    net.setInput(x)
    positive, negative = net.forward(["positive", "negative"])
    np.testing.assert_array_equal(positive, [[1, 0, 3]])
    np.testing.assert_array_equal(negative, -x)


def test_padding_with_integers_and_string_attribute() -> None:
    graph = Graph("padding")
    padding = np.array([0, 0, 0, 0, 0, 1, 0, 0], np.int64)
    graph.node("Pad", ["x", graph.constant(padding)], {"mode": "constant"}, output="y")
    x = np.ones((1, 1, 2, 2), np.float32)
    output = run(graph.model(("x", (1, 1, 2, 2)), ("y", (1, 2, 2, 2))), x)
    np.testing.assert_array_equal(output[0, :, 0, 0], [1, 0])
