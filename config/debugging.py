"""`UKETSUKE_DEBUG=1`: tracebacks for developers, where no real card and no real service is in play.

An exception's text may quote what the program was working on, so by default only its kind and place are printed.
"""

import os
import traceback
from typing import Final

VARIABLE: Final = "UKETSUKE_DEBUG"


def debugging() -> bool:
    return os.environ.get(VARIABLE) == "1"


def full_text(error: BaseException) -> str:
    """Traceback and message, without locals."""
    return "".join(traceback.format_exception(error)).rstrip()
