"""Handle fatal errors: one plain line, no locals, no message text, no core dump.

Tracebacks with locals, exception texts and memory images may carry a PIN or a photo. Only the kind of an error and
its place in the code are kept.
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
    """An internal error that carries only a type and a location."""


def place(error: BaseException) -> str:
    """Type and location of an error, without its text: where it was raised, and where our own code led to it."""
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
    """Return the only line that a crash prints."""
    return f"uketsuke: {ProblemCode.INTERNAL.code}: the terminal has stopped ({place(error)})"


def forget(error: BaseException) -> None:
    """Drop the frames, and so the locals, of an error and its causes."""
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
        log.warning("this system does not let a process forbid its own dumps")


def plain_errors() -> None:
    """Last-resort hooks: an uncaught exception prints only its type and location, unless debugging."""

    def hook(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        log.critical("%s", place(error))
        print(full_text(error) if debugging() else last_words(error), file=sys.__stderr__)

    def thread_hook(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            log.critical("thread: %s", place(args.exc_value))

    sys.excepthook = hook
    threading.excepthook = thread_hook


def on_loop_error(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Replaces asyncio's handler, which logs messages and arguments."""
    error = context.get("exception")
    log.error("event loop: %s", place(error) if isinstance(error, BaseException) else "trouble without an exception")
