"""Running the institution's command for a call to staff, for example for a light or a chat message.

It runs without a shell and is not waited for.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Sequence

from terminal.conductor.clock import Clock
from terminal.front.calls import Call, Calls
from terminal.front.counter import Counter
from terminal.session.states import Idle, State

log = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds after which the command is stopped."""
MAX_RUNNING = 4
_PASSED_ON = ("PATH", "HOME", "LANG", "SYSTEMROOT", "DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR")
"""Environment variables passed to the command. Settings of this terminal may contain secrets and are not passed."""


class CallCommand:
    """Runs the command, with `{kind}`, `{number}` and `{code}` in its words replaced. Used on the event loop."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = tuple(words)
        self._running: set[asyncio.Task[None]] = set()

    def __call__(self, call: Call) -> None:
        if not self._words:
            return
        if len(self._running) >= MAX_RUNNING:
            log.warning("staff.call_command not started: %d are already running", len(self._running))
            return
        values = {"{kind}": call.kind.value, "{number}": str(call.number or ""), "{code}": call.code}
        task = asyncio.create_task(_run([_filled(word, values) for word in self._words]))
        self._running.add(task)
        task.add_done_callback(self._running.discard)


def ring_for_calls(counter: Counter, words: Sequence[str], bell: Callable[[], object]) -> None:
    """Ring `bell` and run the command once per kind of call in a reception, if staff have no page to answer on."""
    calls = Calls(Clock().wall)
    calls.on_new += [lambda _: bell(), CallCommand(words)]

    def on_state(state: State) -> None:
        calls.follow(state)
        if isinstance(state, Idle):
            for call in calls.open:
                calls.answer(call.id)

    counter.listen(on_state=on_state, on_effect=calls.hear)


def _filled(word: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        word = word.replace(name, value)
    return word


async def _run(argv: list[str]) -> None:
    nothing = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=nothing,
            stdout=nothing,
            stderr=nothing,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        )
    except (OSError, ValueError) as error:
        log.error("staff.call_command cannot be started: %s", type(error).__name__)
        return
    try:
        async with asyncio.timeout(PATIENCE):
            code = await process.wait()
    except (TimeoutError, asyncio.CancelledError):
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        log.error("staff.call_command did not end within %g seconds; stopping it", PATIENCE)
        await process.wait()
        return
    if code:
        log.error("staff.call_command ended with exit code %d", code)
