"""MiniFASNet networks, which detect paper, prints and screens around a face. Their outputs are averaged."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from vision.antispoofing.graph import CLASSES, SIDE
from vision.engines.models.weights import NotBuilt
from vision.face import Face, FaceBox
from vision.frame import Image

_REAL_FACE = 1
"""Output class of a real face."""


class MiniFasNets:
    def __init__(self, networks: Sequence[tuple[float, Path]]) -> None:
        """`networks`: crop size relative to the face box, and ONNX file, of each network. Raises NotBuilt."""
        self._networks = []
        for scale, file in networks:
            try:
                net = cv2.dnn.readNetFromONNX(str(file))
                net.setInput(np.zeros((1, 3, SIDE, SIDE), np.float32))
                outputs = net.forward().size
            except cv2.error as error:
                raise NotBuilt(f"OpenCV {cv2.__version__} cannot read the network {file.name}") from error
            if outputs != CLASSES:
                raise NotBuilt(f"{file.name} is not a MiniFASNet: it returns {outputs} values instead of {CLASSES}")
            self._networks.append((scale, net))

    def liveness(self, rgb: Image, face: Face) -> float:
        """Return the mean liveness from 0 (photograph) to 1 (face)."""
        votes = []
        for scale, net in self._networks:
            left, top, right, bottom = surroundings(face.box.square(), scale, rgb.shape[1], rgb.shape[0])
            cut = np.ascontiguousarray(rgb[top:bottom, left:right])
            net.setInput(cv2.dnn.blobFromImage(cv2.resize(cut, (SIDE, SIDE)), swapRB=True))
            logits = np.asarray(net.forward()[0], np.float64)
            exponentials = np.exp(logits - logits.max())
            votes.append(float(exponentials[_REAL_FACE] / exponentials.sum()))
        return float(np.mean(votes))


def surroundings(box: FaceBox, scale: float, width: int, height: int) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom (exclusive) of the enlarged box, shrunk and moved to fit into the frame."""
    scale = min((height - 1) / max(box.height, 1), (width - 1) / max(box.width, 1), scale)
    wide, tall = box.width * scale, box.height * scale
    left = min(max((box.left + box.right - wide) / 2, 0), width - 1 - wide)
    top = min(max((box.top + box.bottom - tall) / 2, 0), height - 1 - tall)
    return int(left), int(top), int(left + wide) + 1, int(top + tall) + 1
