"""Recognising a printed line with PP-OCRv6 run by onnxruntime, restricted to the characters allowed in a field."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vision.frame import Image
from vision.printed.model import NoRecogniser

HEIGHT: Final = 48
"""Height of a line picture in pixels."""
_MIN_WIDTH: Final = 96


@dataclass(frozen=True, slots=True, repr=False)
class Character:
    """Recognised character."""

    text: str
    sure: float
    """Probability among all characters of the network, 0 to 1."""
    share: float = 0.0
    """Probability among the allowed characters only, which is high if similar characters are not allowed."""


class Recogniser:
    """Text recogniser. Loading takes about half a second, so reuse the instance. Not thread-safe."""

    def __init__(self, path: Path) -> None:
        """Load the model. Raises NoRecogniser."""
        # onnxruntime builds send telemetry from the import on
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        try:
            import onnxruntime
        except ImportError as error:
            raise NoRecogniser("onnxruntime is not installed: install uketsuke with the extra `printed`") from error
        if not path.is_file():
            raise NoRecogniser(f"the model file of the text recogniser is missing: {path}")
        onnxruntime.disable_telemetry_events()  # the variable has no effect on Windows
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        listed = self._session.get_modelmeta().custom_metadata_map.get("character", "")
        alphabet = ["", *listed.split("\n"), " "]
        self._index = {character: number for number, character in enumerate(alphabet)}
        self._input = self._session.get_inputs()[0].name

    def read(self, line: Image, allowed: str) -> list[Character]:
        """Return the characters of a line picture (RGB, 48 rows), left to right.

        If the network recognises a character that is not in `allowed`, the most probable allowed one is returned with
        its low probability.
        """
        steps = self._probabilities(line)
        columns = np.array([0, *(self._index[character] for character in allowed)])
        known = steps[:, columns]
        # if blank or space is most probable, the step is empty, regardless of the allowed characters
        empty = np.isin(steps.argmax(axis=1), (0, self._index[" "]))
        chosen = np.where(empty, 0, 1 + known[:, 1:].argmax(axis=1))
        found: list[Character] = []
        before = 0
        for step, number in enumerate(int(one) for one in chosen):
            if number:
                sure = float(known[step, number])
                read = Character(allowed[number - 1], sure, sure / float(known[step, 1:].sum()))
                if number != before:
                    found.append(read)
                elif read.sure > found[-1].sure:
                    found[-1] = read
            before = number
        return found

    def _probabilities(self, line: Image) -> NDArray[np.float32]:
        """Return an array of shape (steps, alphabet)."""
        width = max(line.shape[1], _MIN_WIDTH)
        padded = np.empty((HEIGHT, width, 3), np.float32)
        padded[:] = np.median(line.reshape(-1, 3), axis=0)
        padded[:, : line.shape[1]] = line
        blob = np.ascontiguousarray(((padded[:, :, ::-1] / 255.0 - 0.5) / 0.5).transpose(2, 0, 1)[None], np.float32)
        return np.asarray(self._session.run(None, {self._input: blob})[0][0], np.float32)
