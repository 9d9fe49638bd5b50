"""Tracebacks for developers, enabled by `UKETSUKE_DEBUG=1`. Not for use with real cards or a real service.

Exception messages may quote patient data. By default, only the exception type and location are printed.
"""

import os
import traceback
from typing import Final

VARIABLE: Final = "UKETSUKE_DEBUG"


def debugging() -> bool:
    return os.environ.get(VARIABLE) == "1"


def full_text(error: BaseException) -> str:
    """Return the traceback and message without local variables."""
    return "".join(traceback.format_exception(error)).rstrip()


def raised_at(error: BaseException) -> str:
    """Return the function and line that raised the error, for logs that must not contain its message."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "?" if trace is None else f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}"
