"""Headers of every request and answer: nonce, time and signatures."""

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
from terminal.qualification.statements import Asked, answer_statement, request_digest, request_statement

NONCE_LENGTH = 16


def new_nonce() -> bytes:
    return secrets.token_bytes(NONCE_LENGTH)


def nonce_header(nonce: bytes) -> dict[str, str]:
    return {NONCE_HEADER: text_of(nonce)}


def request_headers(
    key: SigningKey, *, asked: Asked, subject: str, terminal_id: str, nonce: bytes, asked_at: datetime
) -> dict[str, str]:
    """Return the headers of a request without a body: nonce, terminal, time and signature."""
    statement = request_statement(asked=asked, subject=subject, terminal_id=terminal_id, nonce=nonce, asked_at=asked_at)
    return {
        **nonce_header(nonce),
        TERMINAL_HEADER: terminal_id,
        TIME_HEADER: asked_at.isoformat(),
        SIGNATURE_HEADER: text_of(key.sign(statement)),
    }


def digest_of(method: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """Return the digest of a request, with those of `headers` named in `SIGNED_HEADERS`."""
    return request_digest(
        method=method, target=target, headers=[headers.get(name, "") for name in SIGNED_HEADERS], body=body
    )


def is_answer(
    service_public_key: str,
    signature: str,
    *,
    nonce: bytes,
    check_id: str,
    request_sha256: bytes,
    status: int,
    body: bytes,
) -> bool:
    """Return whether the service signed this body as its answer to the request. `signature`: the header's value."""
    statement = answer_statement(
        nonce=nonce, check_id=check_id, request_sha256=request_sha256, status=status, body=body
    )
    signed = bytes_of(signature)
    return signed is not None and verify(service_public_key, statement, signed)


def text_of(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def bytes_of(text: str) -> bytes | None:
    """Decode base64; None if it is invalid or empty."""
    try:
        return base64.b64decode(text, validate=True) or None
    except ValueError:
        return None
