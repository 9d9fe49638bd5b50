"""Networks in the places of SFace and YuNet, and persons they tell apart: patterns under a bright patch.

The real weights are not to be had here; OpenCV's own FaceDetectorYN and FaceRecognizerSF run these.
"""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from vision.engines.models.onnx_file import Graph, Port

FACE = (54, 96, 132, 132)
"""Left, top, width, height in a picture of 240x320, as the card's; in the middle of its width."""
EYES = ((86, 150), (154, 150))
POINTS = (*EYES, (120, 175), (95, 205), (145, 205))
_CELL = 32


def recogniser(values: int = 128) -> bytes:
    """(N, 3, 112, 112) to `values`: brightness of a grid, turned by a fixed matrix."""
    graph = Graph("recogniser")
    pooled = graph.node("AveragePool", ["data"], {"kernel_shape": (8, 8), "strides": (8, 8)})
    flat = graph.node("Flatten", [pooled], {"axis": 1})
    matrix = np.random.default_rng(3).normal(0, 1, (3 * 14 * 14, values)).astype(np.float32)
    matrix -= matrix.mean(axis=0)  # brightness as such says nothing
    graph.node("MatMul", [flat, graph.constant(matrix)], output="fc1")
    return graph.model(("data", ("N", 3, 112, 112)), ("fc1", ("N", values)))


def detector() -> bytes:
    """YuNet's twelve outputs; a cell of 32 pixels that is all bright is the middle of a face of `FACE`'s size."""
    graph = Graph("detector")
    gives: list[Port] = []
    left, top, width, height = FACE
    middle = np.array((left + width / 2, top + height / 2))
    cell = middle // _CELL
    box = [*(middle / _CELL - cell), np.log(width / _CELL), np.log(height / _CELL)]
    points = (np.array(POINTS) / _CELL - cell).ravel()
    for stride in (8, 16, 32):
        pooled = graph.node("AveragePool", ["input"], {"kernel_shape": (stride, stride), "strides": (stride, stride)})
        seen = stride == _CELL
        # 1 from a mean of 240 on, 0 up to 220; the other strides see nothing
        heads = {
            "cls": (np.full((1, 3), 0.05 / 3 * seen), [-11.0]),
            "obj": (np.zeros((1, 3)), [1.0]),
            "bbox": (np.zeros((4, 3)), box),
            "kps": (np.zeros((10, 3)), points),
        }
        for name, (kernel, bias) in heads.items():
            constants = [graph.constant(np.asarray(one, np.float32)) for one in (kernel[:, :, None, None], bias)]
            found = graph.node("Conv", [pooled, *constants], {"kernel_shape": (1, 1)})
            last = graph.node("Transpose", [found], {"perm": (0, 2, 3, 1)})
            shape = graph.constant(np.array([1, -1, len(bias)], np.int64))
            graph.node("Reshape", [last, shape], output=f"{name}_{stride}")
            gives.append((f"{name}_{stride}", (1, "N", len(bias))))
    return graph.model(("input", (1, 3, "H", "W")), *gives)


def write_networks(folder: Path) -> tuple[Path, Path]:
    files = folder / "recogniser.onnx", folder / "detector.onnx"
    for file, network in zip(files, (recogniser(), detector()), strict=True):
        file.write_bytes(network)
    return files


def face_picture(person: int, photograph: int, size: tuple[int, int] = (240, 320)) -> np.ndarray:
    """(height, width) grey: that person's pattern in `FACE`, with the light and noise of that photograph."""
    pattern = np.random.default_rng(person).uniform(30, 150, (6, 6)).astype(np.float32)
    other = np.random.default_rng((person, photograph))
    left, top, width, height = FACE
    picture: np.ndarray = np.full((320, 240), 60.0, np.float32)
    left_light, right_light = other.uniform(0.85, 1.15, 2)
    light = np.linspace(left_light, right_light, width)
    picture[top : top + height, left : left + width] = cv2.resize(pattern, (width, height)) * light
    picture[150:202, 84:156] = 255  # covers one whole cell, and the same one in the mirror
    picture += other.normal(0, 4, picture.shape)
    picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.clip(picture, 0, 255).astype(np.uint8)


def photographs(person: int, count: int) -> Iterator[np.ndarray]:
    """Cut so that the edge which `vision.calibration.persons` puts around them makes them 240x320 again in shape."""
    for photograph in range(count):
        picture = face_picture(person, photograph, (312, 416))
        yield picture[48:-48, 48:-48]


def write_persons(folder: Path, persons: int, count: int = 7) -> Path:
    for person in range(persons):
        place = folder / f"{'ab'[person % 2]}_{person}"
        place.mkdir(parents=True)
        for number, picture in enumerate(photographs(person, count)):
            cv2.imwrite(str(place / f"{number}.png"), picture)
    return folder
