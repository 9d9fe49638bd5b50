"""How the service misbehaves on request: silent, slow, failing, breaking off. Settable at run time, per operation."""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from threading import Lock
from typing import Annotated

from pydantic import Field
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from terminal.qualification.contract import PREFIX, Model

DROP_EXTENSION = "uketsuke.drop"
"""ASGI scope extension of our server: a function that ends the connection without a word."""


class Operation(StrEnum):
    CHALLENGE = "challenge"
    OPEN = "open"
    REGISTER = "register"
    SUBMIT = "submit"
    RESULT = "result"


_ROUTES = (
    (Operation.CHALLENGE, "POST", re.compile(rf"{PREFIX}/challenges")),
    (Operation.OPEN, "POST", re.compile(rf"{PREFIX}/checks")),
    (Operation.REGISTER, "POST", re.compile(rf"{PREFIX}/checks/[^/]+/registration")),
    (Operation.SUBMIT, "PUT", re.compile(rf"{PREFIX}/checks/[^/]+/submission")),
    (Operation.RESULT, "GET", re.compile(rf"{PREFIX}/checks/[^/]+/result")),
)


class Manner(StrEnum):
    NORMAL = "normal"
    SILENT = "silent"
    """Takes the request and never answers; nothing is done."""
    DROPPED = "dropped"
    """Ends the connection at once; nothing is done."""
    LOST_ANSWER = "lost-answer"
    """Does it, then ends the connection without answering."""
    HALF = "half"
    """Does it, and ends the connection in the middle of the answer."""
    GARBAGE = "garbage"
    """Answers 200 with something that is no JSON; nothing is done."""
    FAILING = "failing"
    """Answers with an HTTP error; nothing is done."""


class Rule(Model):
    manner: Manner = Manner.NORMAL
    delay_seconds: Annotated[float, Field(ge=0, le=600)] = 0
    """Waits so long before anything else."""
    status: Annotated[int, Field(ge=500, le=599)] = 503
    """For `failing`."""
    times: Annotated[int, Field(ge=1)] | None = None
    """Applies so often, then the operation is normal again; None: until changed."""


class Behaviour:
    """The rules in force. May be set from any thread."""

    def __init__(self) -> None:
        self._rules: dict[Operation, Rule] = {}
        self._waiting: set[Callable[[], None]] = set()
        self._lock = Lock()

    def set(self, operation: Operation, rule: Rule) -> None:
        with self._lock:
            self._rules[operation] = rule

    def clear(self, operation: Operation | None = None) -> None:
        """Normal again: one operation, or all."""
        with self._lock:
            if operation is None:
                self._rules.clear()
            else:
                self._rules.pop(operation, None)

    def rules(self) -> dict[Operation, Rule]:
        with self._lock:
            return dict(self._rules)

    def let_go(self) -> None:
        """End the calls that are being kept waiting: the server stops."""
        with self._lock:
            waiting = list(self._waiting)
        for release in waiting:
            release()

    @contextmanager
    def kept_waiting(self) -> Iterator[asyncio.Event]:
        """An event that `let_go` sets."""
        let_go, loop = asyncio.Event(), asyncio.get_running_loop()

        def release() -> None:
            loop.call_soon_threadsafe(let_go.set)

        with self._lock:
            self._waiting.add(release)
        try:
            yield let_go
        finally:
            with self._lock:
                self._waiting.discard(release)

    def take(self, operation: Operation) -> Rule:
        """The rule for one call that is happening now."""
        with self._lock:
            rule = self._rules.get(operation, Rule())
            if rule.times == 1:
                del self._rules[operation]
            elif rule.times is not None:
                self._rules[operation] = rule.model_copy(update={"times": rule.times - 1})
            return rule


class Misbehaving:
    """ASGI middleware that follows a `Behaviour`."""

    def __init__(self, app: ASGIApp, behaviour: Behaviour) -> None:
        self._app = app
        self._behaviour = behaviour

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        operation = _operation_of(scope)
        if operation is None:
            await self._app(scope, receive, send)
            return
        rule = self._behaviour.take(operation)
        if rule.delay_seconds and await self._let_go_within(rule.delay_seconds):
            await _drop(scope, receive, send)
            return
        match rule.manner:
            case Manner.NORMAL:
                await self._app(scope, receive, send)
            case Manner.SILENT:
                await self._stay_silent(scope, receive, send)
            case Manner.DROPPED:
                await _drop(scope, receive, send)
            case Manner.LOST_ANSWER:
                await self._app(scope, receive, _Kept())
                await _drop(scope, receive, send)
            case Manner.HALF:
                await self._half(scope, receive, send)
            case Manner.GARBAGE:
                await _answer(send, 200, b"<html>it works</html>")
            case Manner.FAILING:
                await _answer(send, rule.status, b"")

    async def _let_go_within(self, seconds: float) -> bool:
        with self._behaviour.kept_waiting() as let_go:
            try:
                await asyncio.wait_for(let_go.wait(), seconds)
            except TimeoutError:
                return False
            return True

    async def _stay_silent(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._behaviour.kept_waiting() as let_go:
            ends = {asyncio.create_task(let_go.wait()), asyncio.create_task(_until_disconnected(receive))}
            _, pending = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for task in pending:
                task.cancel()
            await asyncio.wait(ends)
        await _drop(scope, receive, send)

    async def _half(self, scope: Scope, receive: Receive, send: Send) -> None:
        kept = _Kept()
        await self._app(scope, receive, kept)
        await send(kept.start)
        await send({"type": "http.response.body", "body": kept.body[: len(kept.body) // 2], "more_body": True})
        await _drop(scope, receive, send, gently=True)


class _Kept:
    """A `send` that keeps the answer."""

    def __init__(self) -> None:
        self.start: Message = {}
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")


def _operation_of(scope: Scope) -> Operation | None:
    if scope["type"] != "http":
        return None
    for operation, method, path in _ROUTES:
        if scope["method"] == method and path.fullmatch(scope["path"]):
            return operation
    return None


async def _until_disconnected(receive: Receive) -> bool:
    while (await receive())["type"] != "http.disconnect":
        pass
    return True


async def _drop(scope: Scope, receive: Receive, send: Send, *, gently: bool = False) -> None:
    """Under another server than ours a dropped connection is a 503: ASGI knows no way to end one."""
    drop = scope.get("extensions", {}).get(DROP_EXTENSION)
    if drop is not None:
        drop(gently)
        await _until_disconnected(receive)
    elif not gently:
        await _answer(send, 503, b"")


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"text/html"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
