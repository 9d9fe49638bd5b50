"""Report fatal errors as a single line with type and location.

Tracebacks with locals, exception messages and core dumps are suppressed, because they may contain a PIN or a photo.
"""

import asyncio
import logging
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from config.debugging import debugging, full_text
from config.platform.current import system
from terminal.problems import ProblemCode

log = logging.getLogger(__name__)

_PROJECT = str(Path(__file__).parents[2])


class Crashed(Exception):
    """Internal error with only the type and location of the original error."""


def error_location(error: BaseException) -> str:
    """Return an error's type, where it was raised, and the innermost location in this project. Omit its message."""
    innermost, ours = "", ""
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        innermost = f"{Path(code.co_filename).name}:{trace.tb_lineno} in {code.co_name}"
        if code.co_filename.startswith(_PROJECT) and "/site-packages/" not in code.co_filename.removeprefix(_PROJECT):
            ours = innermost
        trace = trace.tb_next
    where = innermost if ours in ("", innermost) else f"{innermost}, from {ours}"
    return f"{type(error).__name__} at {where}" if where else type(error).__name__


def crash_message(error: BaseException) -> str:
    """Return the line printed after a crash."""
    return f"uketsuke: {ProblemCode.INTERNAL.code}: the terminal has stopped ({error_location(error)})"


def clear_tracebacks(error: BaseException) -> None:
    """Clear the tracebacks of an error and its causes, to release their local variables."""
    cleared: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        cause = pending.pop()
        if cause is None or id(cause) in cleared:
            continue
        cleared.add(id(cause))
        pending += [cause.__cause__, cause.__context__]
        cause.__traceback__ = None


def disable_core_dumps() -> None:
    """Disable core dumps and inspection by the user's other processes."""
    if not system.forbid_dumps():
        log.warning("cannot disable core dumps on this system")


def install_error_hooks() -> None:
    """Install exception hooks that print only type and location, unless debugging is on."""

    def hook(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        log.critical("%s", error_location(error))
        print(full_text(error) if debugging() else crash_message(error), file=sys.__stderr__)

    def thread_hook(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            log.critical("thread: %s", error_location(args.exc_value))

    sys.excepthook = hook
    threading.excepthook = thread_hook


def on_loop_error(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Event loop exception handler. Unlike asyncio's default handler, it logs no messages or arguments."""
    error = context.get("exception")
    log.error(
        "event loop: %s", error_location(error) if isinstance(error, BaseException) else "error without an exception"
    )
