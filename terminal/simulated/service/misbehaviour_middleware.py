"""ASGI middleware that makes the stub misbehave as specified by its rules."""

import asyncio
import re
from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from terminal.qualification.contract import PREFIX, RefusalReason
from terminal.simulated.service.misbehaviour import Lie, Misbehaviour, Operation, ResponseMode, Rule, activated
from terminal.simulated.service.refusals import http_status, refuse
from terminal.simulated.service.signing import Signing, without_signature

DROP_EXTENSION = "uketsuke.drop"
"""ASGI scope extension of this server: a function that drops the connection."""

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

FindPerson = Callable[[Operation, str, bytes], Awaitable[str | None]]
"""Returns the insured person for an operation, check id (or empty string) and body, or None if unknown."""


class MisbehaviourMiddleware:
    """ASGI middleware that applies the rules of a `Misbehaviour`."""

    def __init__(
        self, app: ASGIApp, behaviour: Misbehaviour, find_person: FindPerson, sign: Callable[[bytes], bytes]
    ) -> None:
        self._app = app
        self._sign = sign
        self._behaviour = behaviour
        self._find_person = find_person

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = None if self._behaviour.is_normal else _route_of(scope)
        if route is None:
            await self._app(scope, receive, send)
            return
        operation, check_id = route
        person = None
        if self._behaviour.has_person_rule(operation):
            body, receive = await _read_body(receive)
            person = await self._find_person(operation, check_id, body)
        rule = self._behaviour.rule_for(operation, person)
        with activated(rule):
            await self._apply(rule, scope, receive, send)

    async def _apply(self, rule: Rule, scope: Scope, receive: Receive, send: Send) -> None:
        if rule.lie is Lie.UNSIGNED:
            send = without_signature(send)
        if rule.delay_seconds and await self._is_stopped_within(rule.delay_seconds):
            await _drop(scope, receive, send)
            return
        match rule.mode:
            case ResponseMode.NORMAL | ResponseMode.LYING:
                await self._app(scope, receive, send)
            case ResponseMode.SILENT:
                await self._send_nothing(scope, receive, send)
            case ResponseMode.DROPPED:
                await _drop(scope, receive, send)
            case ResponseMode.LOST_ANSWER:
                await self._app(scope, receive, _RecordedAnswer())
                await _drop(scope, receive, send)
            case ResponseMode.HALF:
                await self._send_half(scope, receive, send)
            case ResponseMode.GARBAGE:
                await _answer(send, 200, b"<html>it works</html>")
            case ResponseMode.FAILING:
                await _answer(send, rule.status, b"")
            case ResponseMode.REFUSING:
                await Signing(_refusal_app(rule.reason), self._sign)(scope, receive, send)

    async def _is_stopped_within(self, seconds: float) -> bool:
        """Wait for the delay. Returns True if the server stops first."""
        with self._behaviour.delayed_call() as released:
            try:
                await asyncio.wait_for(released.wait(), seconds)
            except TimeoutError:
                return False
            return True

    async def _send_nothing(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._behaviour.delayed_call() as released:
            tasks = {asyncio.create_task(released.wait()), asyncio.create_task(_until_disconnected(receive))}
            _, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in pending:
                task.cancel()
            await asyncio.wait(tasks)
        await _drop(scope, receive, send)

    async def _send_half(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _RecordedAnswer()
        await self._app(scope, receive, answer)
        await send(answer.start)
        await send({"type": "http.response.body", "body": answer.body[: len(answer.body) // 2], "more_body": True})
        await _drop(scope, receive, send, flush=True)


def _refusal_app(reason: RefusalReason) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await _read_body(receive)  # the answer's signature covers the request
        body = refuse(reason).model_dump_json().encode()
        await _answer(send, http_status(reason), body, b"application/json")

    return app


class _RecordedAnswer:
    """A `send` function that stores the answer."""

    def __init__(self) -> None:
        self.start: Message = {}
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")


def _route_of(scope: Scope) -> tuple[Operation, str] | None:
    """Return the operation and the check id, which is empty if the path has none. None for other routes."""
    if scope["type"] != "http":
        return None
    for operation, method, path in _ROUTES:
        if scope["method"] == method and (match := path.fullmatch(scope["path"])):
            return operation, next(iter(match.groups()), "")
    return None


async def _read_body(receive: Receive) -> tuple[bytes, Receive]:
    """Read the body. Returns it and a `receive` function that replays it."""
    messages: list[Message] = []
    while not messages or messages[-1].get("more_body", False):
        messages.append(await receive())
    body = b"".join(message.get("body", b"") for message in messages)
    recorded = iter(messages)

    async def replay() -> Message:
        return next(recorded, None) or await receive()

    return body, replay


async def _until_disconnected(receive: Receive) -> bool:
    while (await receive())["type"] != "http.disconnect":
        pass
    return True


async def _drop(scope: Scope, receive: Receive, send: Send, *, flush: bool = False) -> None:
    """Drop the connection, or answer 503 under a server without `DROP_EXTENSION`. `flush`: send buffered data first."""
    drop = scope.get("extensions", {}).get(DROP_EXTENSION)
    if drop is not None:
        drop(flush)
        await _until_disconnected(receive)
    elif not flush:
        await _answer(send, 503, b"")


async def _answer(send: Send, status: int, body: bytes, kind: bytes = b"text/html") -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
