"""`UKETSUKE_DEBUG=1`: tracebacks for developers, if neither a real card nor a real service is in use.

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


def raised_at(error: BaseException) -> str:
    """Function and line that raised it, for a log that must not have its text."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "?" if trace is None else f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}"
