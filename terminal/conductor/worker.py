"""Run blocking device calls, which cannot be cancelled, on one thread per device."""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Worker:
    """Runs calls sequentially on a daemon thread, so an unresponsive device cannot keep the process alive."""

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call `function` on the thread. Return its result or raise its exception."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[R] = loop.create_future()

        def settle(value: R | None, error: BaseException | None) -> None:
            if result.cancelled():
                return
            if error is None:
                result.set_result(value)  # type: ignore[arg-type]
            else:
                result.set_exception(error)

        def call() -> None:
            value: R | None = None
            error: BaseException | None = None
            try:
                value = function(*args, **kwargs)
            except BaseException as caught:
                error = caught
            try:
                loop.call_soon_threadsafe(settle, value, error)
            except RuntimeError:
                pass  # the loop is closed

        self._calls.put(call)
        return await result

    def submit(self, function: Callable[[], object]) -> None:
        """Queue a call without waiting for its result. Exceptions are ignored."""

        def call() -> None:
            with contextlib.suppress(Exception):
                function()

        self._calls.put(call)

    def close(self, timeout: float = 5.0) -> bool:
        """Stop the thread after the queued calls have run. Return False if this takes longer than `timeout` seconds."""
        self._calls.put(None)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            call()
            del call  # release its arguments before waiting for the next call
