"""Text recognition of a printed line with PP-OCRv6 and onnxruntime, restricted to the characters of a field."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vision.frame import Image
from vision.printed.model import NoRecogniser

HEIGHT: Final = 48
"""Height of a line image in pixels."""
_MIN_WIDTH: Final = 96


@dataclass(frozen=True, slots=True, repr=False)
class Character:
    """Recognised character."""

    text: str
    confidence: float
    """Probability among all characters of the network, 0 to 1."""
    share: float = 0.0
    """Probability among the allowed characters only. High if confusable characters are not allowed."""


class Recogniser:
    """Text recogniser. Loading takes about half a second, so reuse the instance. Not thread-safe."""

    def __init__(self, path: Path) -> None:
        """Load the model. Raises NoRecogniser."""
        # some builds of onnxruntime send telemetry, beginning with the import
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        try:
            import onnxruntime
        except ImportError as error:
            raise NoRecogniser("onnxruntime is not installed. Install uketsuke with the `printed` extra.") from error
        if not path.is_file():
            raise NoRecogniser(f"the text recogniser's model file is missing: {path}. Reinstall.")
        onnxruntime.disable_telemetry_events()  # the variable has no effect on Windows
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        characters = self._session.get_modelmeta().custom_metadata_map.get("character", "")
        alphabet = ["", *characters.split("\n"), " "]
        self._index = {character: number for number, character in enumerate(alphabet)}
        self._input = self._session.get_inputs()[0].name

    def read(self, line: Image, allowed: str) -> list[Character]:
        """Return the characters of a line image (RGB, 48 rows) from left to right.

        A recognised character outside `allowed` is replaced by the most probable allowed one, with its low probability.
        """
        steps = self._probabilities(line)
        columns = np.array([0, *(self._index[character] for character in allowed)])
        probabilities = steps[:, columns]
        # a step is empty if blank or space is most probable, regardless of the allowed characters
        empty = np.isin(steps.argmax(axis=1), (0, self._index[" "]))
        best = np.where(empty, 0, 1 + probabilities[:, 1:].argmax(axis=1))
        line_characters: list[Character] = []
        previous = 0
        for step, column in enumerate(map(int, best)):
            if column:
                sure = float(probabilities[step, column])
                character = Character(allowed[column - 1], sure, sure / float(probabilities[step, 1:].sum()))
                if column != previous:
                    line_characters.append(character)
                elif character.confidence > line_characters[-1].confidence:
                    line_characters[-1] = character
            previous = column
        return line_characters

    def _probabilities(self, line: Image) -> NDArray[np.float32]:
        """Return an array of shape (steps, alphabet)."""
        width = max(line.shape[1], _MIN_WIDTH)
        padded = np.empty((HEIGHT, width, 3), np.float32)
        padded[:] = np.median(line.reshape(-1, 3), axis=0)
        padded[:, : line.shape[1]] = line
        blob = np.ascontiguousarray(((padded[:, :, ::-1] / 255.0 - 0.5) / 0.5).transpose(2, 0, 1)[None], np.float32)
        return np.asarray(self._session.run(None, {self._input: blob})[0][0], np.float32)
