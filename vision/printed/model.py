"""Location of the text recogniser's model file: PP-OCRv6 small (Apache-2.0) by the PaddleOCR project.

Uses only the standard library, because the wheel build imports this module.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

FILE: Final = "PP-OCRv6_rec_small.onnx"
SHA256: Final = "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884"
"""Hash listed in the wheel of rapidocr 3.10.0."""
MODEL_FILE: Final = Path(__file__).with_name("data") / FILE
"""Included file. It is not in the repository; `hatch_build.py` adds it."""


class NoRecogniser(RuntimeError):
    """onnxruntime or the model file is missing. The message contains the remedy."""


def require_recogniser() -> None:
    """Raise NoRecogniser if the model file is missing. Does not check its hash, which takes longer."""
    if not MODEL_FILE.is_file():
        raise NoRecogniser(f"{FILE} is missing in {MODEL_FILE.parent}. Reinstall with `make setup` or the wheel.")


@cache
def recogniser_path() -> Path:
    """Return the path of the model file after checking its hash. Raises NoRecogniser."""
    require_recogniser()
    if hashlib.sha256(MODEL_FILE.read_bytes()).hexdigest() != SHA256:
        raise NoRecogniser(f"{MODEL_FILE} does not have the known hash: it is damaged or a different file. Reinstall.")
    return MODEL_FILE
