"""One request to the service and its answer: sent with a nonce, accepted only with the service's signature over it."""

import asyncio
import ipaddress
import logging
import ssl
import time
from datetime import datetime, timedelta
from typing import TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError

from terminal.qualification.contract import (
    SIGNATURE_HEADER,
    Challenge,
    Model,
    NoAnswer,
    Refused,
    Silence,
)
from terminal.qualification.wire import digest_of, is_answer, new_nonce, nonce_header

MAX_ANSWER = 256 * 1024
"""Bytes; a longer answer is not read to its end."""

# httpx logs every URL, and URLs hold check ids.
logging.getLogger("httpx").setLevel(logging.WARNING)

AnswerT = TypeVar("AnswerT", bound=Model)
_REFUSED = TypeAdapter(Refused)


class ServiceClock:
    """The service's time, from its last signed challenge and a monotonic count since."""

    def __init__(self) -> None:
        self._known: tuple[datetime, float] | None = None

    def learn(self, challenge: Challenge) -> None:
        self._known = (challenge.now, time.monotonic())

    def now(self) -> datetime | None:
        """None before the first challenge."""
        if self._known is None:
            return None
        moment, counted = self._known
        return moment + timedelta(seconds=time.monotonic() - counted)


class ServiceConnection:
    """A connection pool to one service; belongs to one event loop."""

    def __init__(
        self,
        base_url: str,
        *,
        service_public_key: str,
        timeout_seconds: float,
        tls: ssl.SSLContext | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        require_safe_url(base_url)
        self.answers: bool | None = None
        """Whether the service answered the last request; None before the first."""
        self._service_public_key = service_public_key
        self._timeout = timeout_seconds
        self._http = httpx.AsyncClient(
            base_url=base_url,
            # retries: connecting alone is tried twice; a request that went out is never repeated from here.
            transport=transport or httpx.AsyncHTTPTransport(retries=1, verify=tls or _tls(base_url)),
            timeout=timeout_seconds,
            trust_env=False,
        )

    async def aclose(self) -> None:
        await self._http.aclose()

    async def ask(
        self,
        method: str,
        target: str,
        model: type[AnswerT],
        *,
        check_id: str = "",
        body: Model | None = None,
        headers: dict[str, str] | None = None,
        nonce: bytes | None = None,
    ) -> AnswerT | Refused | NoAnswer:
        """`target`: path and query. `nonce`: the one that `headers` hold already."""
        answer = await self._ask(method, target, model, check_id, body, headers, nonce)
        self.answers = not isinstance(answer, NoAnswer)
        return answer

    async def _ask(
        self,
        method: str,
        target: str,
        model: type[AnswerT],
        check_id: str,
        body: Model | None,
        headers: dict[str, str] | None,
        nonce: bytes | None,
    ) -> AnswerT | Refused | NoAnswer:
        content = body.model_dump_json().encode() if body is not None else b""
        nonce = nonce or new_nonce()
        sent = {
            "Content-Type": "application/json",
            # a few bytes on the line could become gigabytes here
            "Accept-Encoding": "identity",
            **nonce_header(nonce),
            **(headers or {}),
        }
        try:
            # httpx restarts its timeout with every piece that arrives; the patient does not.
            async with asyncio.timeout(self._timeout):
                async with self._http.stream(method, target, content=content, headers=sent) as response:
                    answer = await _read(response)
        except (TimeoutError, httpx.ReadTimeout, httpx.WriteTimeout, httpx.PoolTimeout):
            return NoAnswer(Silence.TIMEOUT)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return NoAnswer(Silence.NO_CONNECTION)
        except httpx.HTTPError:
            return NoAnswer(Silence.BROKEN_OFF)
        if isinstance(answer, NoAnswer):
            return answer
        understood = _understand(response.status_code, answer, model)
        if isinstance(understood, NoAnswer) or is_answer(
            self._service_public_key,
            response.headers.get(SIGNATURE_HEADER, ""),
            nonce=nonce,
            check_id=check_id,
            request_sha256=digest_of(method, target, sent, content),
            status=response.status_code,
            body=answer,
        ):
            return understood
        return NoAnswer(Silence.NOT_VERIFIED)


def require_safe_url(url: str) -> None:
    """https anywhere, http on loopback alone; otherwise `ValueError`."""
    parsed = httpx.URL(url)
    if parsed.scheme == "https" and parsed.host:
        return
    if parsed.scheme == "http" and is_loopback(parsed.host):
        return
    raise ValueError(f"service URL {url!r}: use https; plain http is for this computer (127.0.0.1) only")


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _tls(url: str) -> ssl.SSLContext:
    """Trust the system's authorities for https; for http an empty context, which trusts none and is cheap to create."""
    if httpx.URL(url).scheme == "https":
        return ssl.create_default_context()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


async def _read(response: httpx.Response) -> bytes | NoAnswer:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        return NoAnswer(Silence.NOT_UNDERSTOOD)
    data = bytearray()
    async for piece in response.aiter_bytes():
        data += piece
        if len(data) > MAX_ANSWER:
            return NoAnswer(Silence.NOT_UNDERSTOOD)
    return bytes(data)


def _understand(status: int, data: bytes, model: type[AnswerT]) -> AnswerT | Refused | NoAnswer:
    if status >= 500:
        return NoAnswer(Silence.SERVER_ERROR)
    try:
        if 200 <= status < 300:
            return model.model_validate_json(data)
        if 400 <= status < 500:
            return _REFUSED.validate_json(data)
    except ValidationError:
        pass
    return NoAnswer(Silence.NOT_UNDERSTOOD)
