"""ASGI middleware that signs answers to requests with a nonce."""

import re
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from terminal.qualification.contract import NONCE_HEADER, PREFIX, SIGNATURE_HEADER, SIGNED_HEADERS
from terminal.qualification.statements import answer_statement, request_digest
from terminal.qualification.wire import from_base64, to_base64

MIN_NONCE_LENGTH, MAX_NONCE_LENGTH = 16, 64
_CHECK = re.compile(rf"{PREFIX}/checks/([^/]+)/")
_NONCE, _SIGNATURE = NONCE_HEADER.lower().encode(), SIGNATURE_HEADER.lower().encode()
_COVERED = tuple(name.lower().encode() for name in SIGNED_HEADERS)


class Signing:
    """Signs the received request, the status and the body. Buffers the complete answer, which is always short.

    `sign`: signs a statement with the service's key.
    """

    def __init__(self, app: ASGIApp, sign: Callable[[bytes], bytes]) -> None:
        self._app = app
        self._sign = sign

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"]) if scope["type"] == "http" else {}
        nonce = from_base64(headers.get(_NONCE, b"").decode("latin-1")) or b""
        if not MIN_NONCE_LENGTH <= len(nonce) <= MAX_NONCE_LENGTH:
            await self._app(scope, receive, send)
            return
        request_body: list[bytes] = []
        start: Message = {}
        body = bytearray()

        async def receive_recorded() -> Message:
            message = await receive()
            request_body.append(message.get("body", b""))
            return message

        async def send_signed(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            body.extend(message.get("body", b""))
            if message.get("more_body", False):
                return
            statement = answer_statement(
                nonce=nonce,
                check_id=_check_of(scope),
                request_sha256=request_digest(
                    method=scope["method"],
                    target=_target(scope),
                    headers=[headers.get(name, b"").decode("latin-1") for name in _COVERED],
                    body=b"".join(request_body),
                ),
                status=start["status"],
                body=bytes(body),
            )
            signature = (_SIGNATURE, to_base64(self._sign(statement)).encode())
            await send({**start, "headers": [*start.get("headers", []), signature]})
            await send({"type": "http.response.body", "body": bytes(body)})

        await self._app(scope, receive_recorded, send_signed)


def without_signature(send: Send) -> Send:
    """Return a `send` function that removes the signature."""

    async def send_unsigned(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [(name, value) for name, value in message.get("headers", []) if name != _SIGNATURE]
            message = {**message, "headers": headers}
        await send(message)

    return send_unsigned


def _check_of(scope: Scope) -> str:
    match = _CHECK.match(scope["path"])
    return match[1] if match else ""


def _target(scope: Scope) -> str:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope.get("query_string", b"")
    return (raw + (b"?" + query if query else b"")).decode("latin-1")
