"""Face engine: face detection and encoding, with the calibration for comparing encodings."""

from typing import TYPE_CHECKING, Protocol

import numpy as np

from vision.decision import Calibration, NotCalibrated
from vision.engines.crop_variants import crop_variants
from vision.face import Encoding, Face
from vision.frame import Image

if TYPE_CHECKING:
    from vision.engines.yunet import YuNet


class FaceEngine(Protocol):
    """Face engine with blocking methods. Not thread-safe."""

    @property
    def calibration(self) -> Calibration:
        """Calibration of this engine. Raises NotCalibrated."""

    @property
    def synthetic_calibration(self) -> Calibration | None:
        """Calibration for synthetic people; None if there is none."""

    def faces(self, grey: Image, *, thorough: bool = False) -> list[Face]:
        """Return frontal faces.

        `thorough`: also detect small and low-confidence faces in a card photo, which takes several times as long.
        """

    def encode(self, grey: Image, face: Face) -> Encoding:
        """Encode a face in a live frame, which is grey like the card's photo."""

    def encode_photo(self, grey: Image, face: Face) -> Encoding:
        """Encode a face in a card's photo. May take longer than `encode`."""


class Encoder(Protocol):
    """Recognition network, including face cropping."""

    crops_by_landmarks: bool
    """Whether the crop depends on the detector's landmarks."""

    def encode(self, grey: Image, face: Face) -> Encoding: ...


class Engine:
    """Detector and encoder with their calibrations."""

    def __init__(
        self,
        detector: "YuNet",
        encoder: Encoder,
        calibration: Calibration | None = None,
        synthetic_calibration: Calibration | None = None,
    ) -> None:
        """`calibration`: None for an engine that is being calibrated."""
        self._detector, self._encoder = detector, encoder
        self._calibration = calibration
        self.synthetic_calibration = synthetic_calibration

    @property
    def calibration(self) -> Calibration:
        if self._calibration is None:
            raise NotCalibrated("this engine was opened for calibration")
        return self._calibration

    def faces(self, grey: Image, *, thorough: bool = False) -> list[Face]:
        return self._detector.faces(grey, thorough=thorough)

    def encode(self, grey: Image, face: Face) -> Encoding:
        if self._encoder.crops_by_landmarks:
            face = self._detector.refine_landmarks(grey, face)
        return self._encoder.encode(grey, face)

    def encode_photo(self, grey: Image, face: Face) -> Encoding:
        """Return the encoding. Averaged over `crop_variants` if the crop depends on landmarks."""
        if not self._encoder.crops_by_landmarks:
            return self._encoder.encode(grey, face)
        variants = crop_variants(grey, self._detector.refine_landmarks(grey, face))
        encodings = [self._encoder.encode(*variant) for variant in variants]
        mean: Encoding = np.mean(encodings, axis=0)
        for encoding in encodings:
            encoding.fill(0)
        return mean
