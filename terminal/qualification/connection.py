"""Requests to the service, each with a nonce. Only answers signed by the service are accepted."""

import asyncio
import ipaddress
import logging
import ssl
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from terminal.qualification.contract import (
    SIGNATURE_HEADER,
    Challenge,
    Model,
    NoAnswer,
    NoAnswerReason,
    Refused,
)
from terminal.qualification.wire import is_signed_answer, new_nonce, nonce_header, signed_request_digest

if TYPE_CHECKING:
    import httpx

MAX_ANSWER_SIZE = 256 * 1024
"""Maximum answer size in bytes."""

# httpx logs all URLs, which contain check ids.
logging.getLogger("httpx").setLevel(logging.WARNING)

AnswerT = TypeVar("AnswerT", bound=Model)
_REFUSED = TypeAdapter(Refused)


class ServiceClock:
    """The service's time: the time in its last signed challenge plus the time elapsed since then."""

    def __init__(self) -> None:
        self._reference: tuple[datetime, float] | None = None

    def synchronize(self, challenge: Challenge) -> None:
        self._reference = (challenge.now, time.monotonic())

    def now(self) -> datetime | None:
        """Return the service's time, or None before the first challenge."""
        if self._reference is None:
            return None
        service_time, received_at = self._reference
        return service_time + timedelta(seconds=time.monotonic() - received_at)


class ServiceConnection:
    """Connection pool for one service, for use in one event loop."""

    def __init__(
        self,
        base_url: str,
        *,
        service_public_key: str,
        timeout_seconds: float,
        tls: ssl.SSLContext | None = None,
        transport: "httpx.AsyncBaseTransport | None" = None,
    ) -> None:
        require_safe_url(base_url)
        self.is_responding: bool | None = None
        """Whether the service answered the last request; None before the first request."""
        self._service_public_key = service_public_key
        self._timeout = timeout_seconds
        self._base_url, self._tls, self._transport = base_url, tls, transport
        self._http: httpx.AsyncClient | None = None

    async def warm_up(self) -> None:
        """Import httpx, which takes 0.1 s or more, before the first request."""
        await asyncio.to_thread(_load_httpx)

    def _client(self) -> "httpx.AsyncClient":
        if self._http is None:
            import httpx

            self._http = httpx.AsyncClient(
                base_url=self._base_url,
                # only connecting is retried; requests are never sent twice
                transport=self._transport
                or httpx.AsyncHTTPTransport(retries=1, verify=self._tls or _default_context(self._base_url)),
                timeout=self._timeout,
                trust_env=False,
            )
        return self._http

    async def aclose(self) -> None:
        if self._http is not None:
            await self._http.aclose()

    async def send(
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
        """Send a request and verify its answer. `target` is the path and query. `nonce` must match `headers`."""
        answer = await self._send(method, target, model, check_id, body, headers, nonce)
        self.is_responding = not isinstance(answer, NoAnswer)
        return answer

    async def _send(
        self,
        method: str,
        target: str,
        model: type[AnswerT],
        check_id: str,
        body: Model | None,
        headers: dict[str, str] | None,
        nonce: bytes | None,
    ) -> AnswerT | Refused | NoAnswer:
        import httpx

        content = body.model_dump_json().encode() if body is not None else b""
        nonce = nonce or new_nonce()
        sent_headers = {
            "Content-Type": "application/json",
            # a small compressed body could expand to gigabytes
            "Accept-Encoding": "identity",
            **nonce_header(nonce),
            **(headers or {}),
        }
        try:
            # httpx restarts its timeout with every chunk; limit the total time too
            async with asyncio.timeout(self._timeout):
                async with self._client().stream(method, target, content=content, headers=sent_headers) as response:
                    answer = await _read(response)
        except (TimeoutError, httpx.ReadTimeout, httpx.WriteTimeout, httpx.PoolTimeout):
            return NoAnswer(NoAnswerReason.TIMEOUT)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return NoAnswer(NoAnswerReason.NO_CONNECTION)
        except httpx.HTTPError:
            return NoAnswer(NoAnswerReason.CONNECTION_LOST)
        if isinstance(answer, NoAnswer):
            return answer
        parsed = _parse(response.status_code, answer, model)
        if isinstance(parsed, NoAnswer) or is_signed_answer(
            self._service_public_key,
            response.headers.get(SIGNATURE_HEADER, ""),
            nonce=nonce,
            check_id=check_id,
            request_sha256=signed_request_digest(method, target, sent_headers, content),
            status=response.status_code,
            body=answer,
        ):
            return parsed
        return NoAnswer(NoAnswerReason.NOT_VERIFIED)


def require_safe_url(url: str) -> None:
    """Raise ValueError unless the URL is https, or http on loopback."""
    parsed = urlsplit(url)
    if parsed.scheme == "https" and parsed.hostname:
        return
    if parsed.scheme == "http" and is_loopback(parsed.hostname or ""):
        return
    raise ValueError(f"service URL {url!r}: use https; plain http is only allowed on this computer (127.0.0.1)")


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _default_context(url: str) -> ssl.SSLContext:
    """Return a context with the system's authorities for https, or an empty one, which is faster to create."""
    if urlsplit(url).scheme == "https":
        return ssl.create_default_context()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _load_httpx() -> None:
    import httpx as httpx


async def _read(response: "httpx.Response") -> bytes | NoAnswer:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        return NoAnswer(NoAnswerReason.NOT_UNDERSTOOD)
    data = bytearray()
    async for piece in response.aiter_bytes():
        data += piece
        if len(data) > MAX_ANSWER_SIZE:
            return NoAnswer(NoAnswerReason.NOT_UNDERSTOOD)
    return bytes(data)


def _parse(status: int, data: bytes, model: type[AnswerT]) -> AnswerT | Refused | NoAnswer:
    if status >= 500:
        return NoAnswer(NoAnswerReason.SERVER_ERROR)
    try:
        if 200 <= status < 300:
            return model.model_validate_json(data)
        if 400 <= status < 500:
            return _REFUSED.validate_json(data)
    except ValidationError:
        pass
    return NoAnswer(NoAnswerReason.NOT_UNDERSTOOD)
