"""A face engine: detects faces, encodes them, and knows the distance at which two are the same."""

from typing import TYPE_CHECKING, Protocol

import numpy as np

from vision.decision import Calibration, NotCalibrated
from vision.engines.cutouts import cut_outs
from vision.face import Encoding, Face
from vision.frame import Image

if TYPE_CHECKING:
    from vision.engines.yunet import YuNet


class FaceEngine(Protocol):
    """Blocking; used from one thread at a time."""

    @property
    def calibration(self) -> Calibration:
        """Raises NotCalibrated."""

    @property
    def drawn_calibration(self) -> Calibration | None:
        """For drawn persons before a synthetic camera; None if this engine has none."""

    def faces(self, grey: Image, *, thorough: bool = False) -> list[Face]:
        """Frontal faces. `thorough` also finds small and doubtful ones, at several times the cost: for a card photo."""

    def encode(self, grey: Image, face: Face) -> Encoding:
        """Encode a live frame. Both sides of a comparison are grey, as the card's photo is."""

    def encode_photo(self, grey: Image, face: Face) -> Encoding:
        """Encode a card's photo, for which there is more time than for a frame."""


class Encoder(Protocol):
    """A recognition network. It decides how a face is cut out for it and how many values it returns."""

    by_points: bool
    """Whether it cuts the face out by the detector's points."""

    def encode(self, grey: Image, face: Face) -> Encoding: ...


class Engine:
    """A detector and an encoder, with the calibrations that belong to the two."""

    def __init__(
        self,
        detector: "YuNet",
        encoder: Encoder,
        calibration: Calibration | None = None,
        drawn_calibration: Calibration | None = None,
    ) -> None:
        """Without `calibration`: to be calibrated."""
        self._detector, self._encoder = detector, encoder
        self._calibration = calibration
        self.drawn_calibration = drawn_calibration

    @property
    def calibration(self) -> Calibration:
        if self._calibration is None:
            raise NotCalibrated("this engine was opened to be calibrated")
        return self._calibration

    def faces(self, grey: Image, *, thorough: bool = False) -> list[Face]:
        return self._detector.faces(grey, thorough=thorough)

    def encode(self, grey: Image, face: Face) -> Encoding:
        return self._encoder.encode(grey, self._detector.settled(grey, face) if self._encoder.by_points else face)

    def encode_photo(self, grey: Image, face: Face) -> Encoding:
        """For an encoder that cuts out by points, the mean of several cut-outs (`vision.engines.cutouts`)."""
        if not self._encoder.by_points:
            return self._encoder.encode(grey, face)
        found = [self._encoder.encode(*one) for one in cut_outs(grey, self._detector.settled(grey, face))]
        mean: Encoding = np.mean(found, axis=0)
        for one in found:
            one.fill(0)
        return mean
