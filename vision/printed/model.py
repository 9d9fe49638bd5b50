"""Where the text recogniser's file is: PP-OCRv6 small, Apache-2.0, as the PaddleOCR project publishes it.

It comes as data: in uketsuke's own wheel, or in a checkout inside the wheel `rapidocr`, whose code is never imported.
"""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from vision.printed.recogniser import NoRecogniser

FILE: Final = "PP-OCRv6_rec_small.onnx"
SHA256: Final = "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884"
"""As the wheel rapidocr 3.10.0 lists it."""
_OWN: Final = Path(__file__).with_name("data") / FILE


@cache
def recogniser_path() -> Path:
    """The file, its hash checked. Raises NoRecogniser."""
    for path in (_OWN, _in_rapidocr()):
        if path is not None and path.is_file():
            if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
                raise NoRecogniser(f"{path} is not the known text recogniser: its SHA-256 is another")
            return path
    raise NoRecogniser(f"no text recogniser: neither {_OWN} nor an installed rapidocr 3.10.0 holds {FILE}")


def _in_rapidocr() -> Path | None:
    try:
        return Path(str(distribution("rapidocr").locate_file(f"rapidocr/models/{FILE}")))
    except PackageNotFoundError:
        return None
