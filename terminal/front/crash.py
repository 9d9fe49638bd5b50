"""Handling of fatal errors: print a single line, without locals, exception message or core dump.

Tracebacks with locals, exception messages and memory dumps may contain a PIN or a photo. Only the type and location of
an error are reported.
"""

import asyncio
import logging
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from config.debugging import debugging, full_text
from config.platform.chosen import system
from terminal.problems import ProblemCode

log = logging.getLogger(__name__)

_OUR_CODE = str(Path(__file__).parents[2])


class Crashed(Exception):
    """Internal error that contains only the type and location of the original error."""


def place(error: BaseException) -> str:
    """Return the type and location of an error without its message: where it was raised, and from where in our code."""
    innermost, ours = "", ""
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        innermost = f"{Path(code.co_filename).name}:{trace.tb_lineno} in {code.co_name}"
        if code.co_filename.startswith(_OUR_CODE) and "/site-packages/" not in code.co_filename.removeprefix(_OUR_CODE):
            ours = innermost
        trace = trace.tb_next
    where = innermost if ours in ("", innermost) else f"{innermost}, from {ours}"
    return f"{type(error).__name__} at {where}" if where else type(error).__name__


def last_words(error: BaseException) -> str:
    """Return the line printed after a crash."""
    return f"uketsuke: {ProblemCode.INTERNAL.code}: the terminal has stopped ({place(error)})"


def forget(error: BaseException) -> None:
    """Drop the tracebacks, and thus the locals, of an error and its causes."""
    seen: set[int] = set()
    following: list[BaseException | None] = [error]
    while following:
        one = following.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        following += [one.__cause__, one.__context__]
        one.__traceback__ = None


def no_core_dumps() -> None:
    """Prevent core files, dumps piped to a collector, and inspection by the user's other processes."""
    if not system.forbid_dumps():
        log.warning("core dumps cannot be disabled on this system")


def plain_errors() -> None:
    """Install hooks that print only type and location of an uncaught exception, unless debugging."""

    def hook(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        log.critical("%s", place(error))
        print(full_text(error) if debugging() else last_words(error), file=sys.__stderr__)

    def thread_hook(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            log.critical("thread: %s", place(args.exc_value))

    sys.excepthook = hook
    threading.excepthook = thread_hook


def on_loop_error(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Exception handler for the event loop. asyncio's own would log messages and arguments."""
    error = context.get("exception")
    log.error("event loop: %s", place(error) if isinstance(error, BaseException) else "error without an exception")
