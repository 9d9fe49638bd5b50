"""Run the institution's command for a call to staff, for example to switch on a light or send a chat message.

The command runs in the background without a shell.
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

TIMEOUT = 10.0
"""Time limit for the command in seconds."""
MAX_RUNNING = 4
_ENVIRONMENT = ("PATH", "HOME", "LANG", "SYSTEMROOT", "DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR")
"""Environment variables passed to the command. The terminal's settings may contain secrets and are not passed."""


class CallCommand:
    """Runs the command with `{kind}`, `{number}` and `{code}` replaced in its arguments. Call it on the event loop."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = tuple(words)
        self._running: set[asyncio.Task[None]] = set()

    def __call__(self, call: Call) -> None:
        if not self._words:
            return
        if len(self._running) >= MAX_RUNNING:
            log.warning("staff.call_command not started: %d instances are running", len(self._running))
            return
        values = {"{kind}": call.kind.value, "{number}": str(call.number or ""), "{code}": call.code}
        task = asyncio.create_task(_run([_fill_in(word, values) for word in self._words]))
        self._running.add(task)
        task.add_done_callback(self._running.discard)


def ring_for_calls(counter: Counter, words: Sequence[str], bell: Callable[[], object]) -> None:
    """Ring `bell` and run the command once per kind of call and reception. Use this without a staff page."""
    calls = Calls(Clock().wall)
    calls.on_new += [lambda _: bell(), CallCommand(words)]

    def on_state(state: State) -> None:
        calls.update(state)
        if isinstance(state, Idle):
            for call in calls.open:
                calls.answer(call.id)

    counter.listen(on_state=on_state, on_effect=calls.handle_effect)


def _fill_in(word: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        word = word.replace(name, value)
    return word


async def _run(argv: list[str]) -> None:
    devnull = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=devnull,
            stdout=devnull,
            stderr=devnull,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        )
    except (OSError, ValueError) as error:
        log.error("cannot start staff.call_command: %s", type(error).__name__)
        return
    try:
        async with asyncio.timeout(TIMEOUT):
            code = await process.wait()
    except (TimeoutError, asyncio.CancelledError):
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        log.error("staff.call_command stopped: it ran for more than %g seconds", TIMEOUT)
        await process.wait()
        return
    if code:
        log.error("staff.call_command failed with exit code %d", code)
