"""HTTP headers for requests and answers: nonce, time and signatures."""

import base64
import secrets
from collections.abc import Mapping
from datetime import datetime

from terminal.qualification.contract import (
    NONCE_HEADER,
    SIGNATURE_HEADER,
    SIGNED_HEADERS,
    TERMINAL_HEADER,
    TIME_HEADER,
)
from terminal.qualification.keys import SigningKey, verify
from terminal.qualification.statements import RequestKind, answer_statement, request_digest, request_statement

NONCE_LENGTH = 16


def new_nonce() -> bytes:
    return secrets.token_bytes(NONCE_LENGTH)


def nonce_header(nonce: bytes) -> dict[str, str]:
    return {NONCE_HEADER: to_base64(nonce)}


def request_headers(
    key: SigningKey, *, kind: RequestKind, subject: str, terminal_id: str, nonce: bytes, asked_at: datetime
) -> dict[str, str]:
    """Return the headers for a request without a body: nonce, terminal, time and signature."""
    statement = request_statement(kind=kind, subject=subject, terminal_id=terminal_id, nonce=nonce, asked_at=asked_at)
    return {
        **nonce_header(nonce),
        TERMINAL_HEADER: terminal_id,
        TIME_HEADER: asked_at.isoformat(),
        SIGNATURE_HEADER: to_base64(key.sign(statement)),
    }


def signed_request_digest(method: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """Return the digest of a request with its `SIGNED_HEADERS`."""
    return request_digest(
        method=method, target=target, headers=[headers.get(name, "") for name in SIGNED_HEADERS], body=body
    )


def is_signed_answer(
    service_public_key: str,
    signature: str,
    *,
    nonce: bytes,
    check_id: str,
    request_sha256: bytes,
    status: int,
    body: bytes,
) -> bool:
    """Return whether the service signed `body` as its answer to this request. `signature` is the header value."""
    statement = answer_statement(
        nonce=nonce, check_id=check_id, request_sha256=request_sha256, status=status, body=body
    )
    decoded = from_base64(signature)
    return decoded is not None and verify(service_public_key, statement, decoded)


def to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str) -> bytes | None:
    """Decode base64. Return None if it is invalid or empty."""
    try:
        return base64.b64decode(text, validate=True) or None
    except ValueError:
        return None
