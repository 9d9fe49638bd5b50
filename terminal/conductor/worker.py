"""One thread per device: a blocking `transmit` or `read` cannot be cancelled, so it must not hold up anything else."""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Worker:
    """Runs one call after the other, in the order given. A daemon thread: a hung device does not hold the exit."""

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
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
                pass  # the loop has closed: the result is no longer needed

        self._calls.put(call)
        return await result

    def give(self, function: Callable[[], object]) -> None:
        """Run it in its turn, without waiting for it."""

        def call() -> None:
            with contextlib.suppress(Exception):
                function()

        self._calls.put(call)

    def close(self, timeout: float = 5.0) -> bool:
        """End after the calls already given; False if the thread still hangs in one of them."""
        self._calls.put(None)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            call()
            del call  # or what it was called with would stay reachable until the next call
