"""ASGI middleware that makes the stub misbehave before, around and after the service handles a call."""

import asyncio
import re
from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from terminal.qualification.contract import PREFIX, RefusalReason
from terminal.simulated.service.misbehaviour import Lie, Manner, Misbehaviour, Operation, Rule, in_force
from terminal.simulated.service.refusals import http_status, refuse
from terminal.simulated.service.signing import Signing, without_signature

DROP_EXTENSION = "uketsuke.drop"
"""ASGI scope extension of our server: a function that drops the connection without an answer."""

_ROUTES = (
    (Operation.CHALLENGE, "POST", re.compile(rf"{PREFIX}/challenges")),
    (Operation.OPEN, "POST", re.compile(rf"{PREFIX}/checks")),
    (Operation.REGISTER, "POST", re.compile(rf"{PREFIX}/checks/([^/]+)/registration")),
    (Operation.SUBMIT, "PUT", re.compile(rf"{PREFIX}/checks/([^/]+)/submission")),
    (Operation.RESULT, "GET", re.compile(rf"{PREFIX}/checks/([^/]+)/result")),
    (Operation.WITHDRAW, "POST", re.compile(rf"{PREFIX}/checks/([^/]+)/withdrawal")),
    (Operation.CONSENTS, "GET", re.compile(rf"{PREFIX}/checks/([^/]+)/consents")),
    (Operation.LOOK_UP, "POST", re.compile(rf"{PREFIX}/lookups")),
    (Operation.CHANGE_KEY, "POST", re.compile(rf"{PREFIX}/keys")),
    (Operation.RECEIPTS, "GET", re.compile(rf"{PREFIX}/receipts")),
)

Whose = Callable[[Operation, str, bytes], Awaitable[str | None]]
"""Returns the insured person a call concerns, from operation, check id (or empty) and body; None if unknown."""


class MisbehaviourMiddleware:
    """ASGI middleware that applies the rules of a `Misbehaviour`."""

    def __init__(self, app: ASGIApp, behaviour: Misbehaviour, whose: Whose, sign: Callable[[bytes], bytes]) -> None:
        self._app = app
        self._sign = sign
        self._behaviour = behaviour
        self._whose = whose

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = None if self._behaviour.is_normal else _asked(scope)
        if asked is None:
            await self._app(scope, receive, send)
            return
        operation, check_id = asked
        person = None
        if self._behaviour.cares_who(operation):
            body, receive = await _peeked(receive)
            person = await self._whose(operation, check_id, body)
        rule = self._behaviour.take(operation, person)
        with in_force(rule):
            await self._follow(rule, scope, receive, send)

    async def _follow(self, rule: Rule, scope: Scope, receive: Receive, send: Send) -> None:
        if rule.lie is Lie.UNSIGNED:
            send = without_signature(send)
        if rule.delay_seconds and await self._let_go_within(rule.delay_seconds):
            await _drop(scope, receive, send)
            return
        match rule.manner:
            case Manner.NORMAL | Manner.LYING:
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
            case Manner.REFUSING:
                await Signing(_refusing(rule.reason), self._sign)(scope, receive, send)

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


def _refusing(reason: RefusalReason) -> ASGIApp:
    async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
        await _peeked(receive)  # the answer's signature covers the request
        body = refuse(reason).model_dump_json().encode()
        await _answer(send, http_status(reason), body, b"application/json")

    return refusing


class _Kept:
    """A `send` that stores the answer."""

    def __init__(self) -> None:
        self.start: Message = {}
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")


def _asked(scope: Scope) -> tuple[Operation, str] | None:
    """Return operation and check id; the id is empty if the path has none."""
    if scope["type"] != "http":
        return None
    for operation, method, path in _ROUTES:
        if scope["method"] == method and (matched := path.fullmatch(scope["path"])):
            return operation, next(iter(matched.groups()), "")
    return None


async def _peeked(receive: Receive) -> tuple[bytes, Receive]:
    """Return the body, and a `receive` that starts with it again."""
    messages: list[Message] = []
    while not messages or messages[-1].get("more_body", False):
        messages.append(await receive())
    body = b"".join(message.get("body", b"") for message in messages)
    again = iter(messages)

    async def replayed() -> Message:
        return next(again, None) or await receive()

    return body, replayed


async def _until_disconnected(receive: Receive) -> bool:
    while (await receive())["type"] != "http.disconnect":
        pass
    return True


async def _drop(scope: Scope, receive: Receive, send: Send, *, gently: bool = False) -> None:
    """Drop the connection. Under another server than ours this is a 503: plain ASGI cannot drop connections."""
    drop = scope.get("extensions", {}).get(DROP_EXTENSION)
    if drop is not None:
        drop(gently)
        await _until_disconnected(receive)
    elif not gently:
        await _answer(send, 503, b"")


async def _answer(send: Send, status: int, body: bytes, kind: bytes = b"text/html") -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
