"""Face engine: detects and encodes faces, and has the calibration for comparing them."""

from typing import TYPE_CHECKING, Protocol

import numpy as np

from vision.decision import Calibration, NotCalibrated
from vision.engines.cutouts import cut_outs
from vision.face import Encoding, Face
from vision.frame import Image

if TYPE_CHECKING:
    from vision.engines.yunet import YuNet


class FaceEngine(Protocol):
    """Face engine. Methods are blocking and must be called from one thread at a time."""

    @property
    def calibration(self) -> Calibration:
        """Calibration of this engine. Raises NotCalibrated."""

    @property
    def drawn_calibration(self) -> Calibration | None:
        """Calibration for drawn people in front of a synthetic camera, or None."""

    def faces(self, grey: Image, *, thorough: bool = False) -> list[Face]:
        """Return frontal faces. `thorough`: also find small and doubtful ones in a card photo, at several times the
        cost.
        """

    def encode(self, grey: Image, face: Face) -> Encoding:
        """Encode a face in a live frame, in grey like the card's photo."""

    def encode_photo(self, grey: Image, face: Face) -> Encoding:
        """Encode a face in a card's photo, which may take longer than a frame."""


class Encoder(Protocol):
    """Recognition network, which also determines the crop of the face."""

    by_points: bool
    """Whether the crop depends on the detector's points."""

    def encode(self, grey: Image, face: Face) -> Encoding: ...


class Engine:
    """Detector and encoder with their calibrations."""

    def __init__(
        self,
        detector: "YuNet",
        encoder: Encoder,
        calibration: Calibration | None = None,
        drawn_calibration: Calibration | None = None,
    ) -> None:
        """`calibration`: None if the engine is opened for calibration."""
        self._detector, self._encoder = detector, encoder
        self._calibration = calibration
        self.drawn_calibration = drawn_calibration

    @property
    def calibration(self) -> Calibration:
        if self._calibration is None:
            raise NotCalibrated("this engine was opened for calibration")
        return self._calibration

    def faces(self, grey: Image, *, thorough: bool = False) -> list[Face]:
        return self._detector.faces(grey, thorough=thorough)

    def encode(self, grey: Image, face: Face) -> Encoding:
        return self._encoder.encode(grey, self._detector.settled(grey, face) if self._encoder.by_points else face)

    def encode_photo(self, grey: Image, face: Face) -> Encoding:
        """Return the mean encoding of several crops (`vision.engines.cutouts`) if the crop depends on points."""
        if not self._encoder.by_points:
            return self._encoder.encode(grey, face)
        found = [self._encoder.encode(*one) for one in cut_outs(grey, self._detector.settled(grey, face))]
        mean: Encoding = np.mean(found, axis=0)
        for one in found:
            one.fill(0)
        return mean
