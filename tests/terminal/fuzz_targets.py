"""Fuzz targets for the service, exchange and settings. Each accepts any bytes and catches only the expected errors.

`test_hostile_input.py` calls them with damaged input, and `tests/fuzz.py` (`make fuzz`) with coverage-guided input.
"""

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import ValidationError
from starlette.types import ASGIApp, Message

from config.japan import JAPAN
from config.load import SettingsError, load
from reader.profile import File
from reader.softcard.authority import TestAuthority
from reader.softcard.card_image import CardImage
from terminal.handover.check import check_bytes
from terminal.qualification.connection import _parse
from terminal.qualification.contract import (
    NONCE_HEADER,
    PREFIX,
    SIGNATURE_HEADER,
    TERMINAL_HEADER,
    TIME_HEADER,
    ActiveConsents,
    Challenge,
    CheckOpenedReply,
    QualificationResult,
    Receipt,
    Receipts,
    RegistrationReply,
    WithdrawalReceipt,
)
from terminal.qualification.keys import Enrolment
from terminal.simulated.exchange.answers.common import AnswerContext
from terminal.simulated.exchange.checks import LocalChecks
from terminal.simulated.exchange.consents import store_consents
from terminal.simulated.exchange.insured import LocalInsured
from terminal.simulated.exchange.names import RequestName, request_name
from terminal.simulated.exchange.requests import handle
from terminal.simulated.exchange.store import ExchangeStore
from terminal.simulated.service.app import create_app
from terminal.simulated.service.misbehaviour import Misbehaviour, parse_setting, read_settings
from terminal.simulated.service.people import fictitious_people
from terminal.simulated.service.proofs import CertificateRules, is_trusted, parse_certificate, standing_for
from terminal.simulated.service.registry import Registry
from terminal.simulated.service.revocation import RevocationLists
from terminal.simulated.service.server import open_service
from tests.reader.fuzz_targets import _image
from tests.terminal.simulated.exchange.fuzzing import FACE, REQUESTS, damaged_files

Target = Callable[[bytes], None]
NOW = datetime(2026, 11, 21, 9, 3, 12, tzinfo=JAPAN)
CHECK = "0" * 32

# --- service over HTTP ------------------------------------------------------------------------------------------

_ROUTES = (
    ("POST", f"{PREFIX}/challenges"),
    ("POST", f"{PREFIX}/checks"),
    ("POST", f"{PREFIX}/checks/{CHECK}/registration"),
    ("PUT", f"{PREFIX}/checks/{CHECK}/submission"),
    ("GET", f"{PREFIX}/checks/{CHECK}/result"),
    ("POST", f"{PREFIX}/checks/{CHECK}/withdrawal"),
    ("GET", f"{PREFIX}/checks/{CHECK}/consents"),
    ("POST", f"{PREFIX}/lookups"),
    ("GET", f"{PREFIX}/receipts"),
)
_HEADERS = (NONCE_HEADER, SIGNATURE_HEADER, TERMINAL_HEADER, TIME_HEADER, "Idempotency-Key", "Content-Type")


@cache
def _service() -> tuple[asyncio.AbstractEventLoop, ASGIApp]:
    folder = Path(tempfile.mkdtemp(prefix="uketsuke-fuzz-"))
    return asyncio.new_event_loop(), create_app(open_service(folder, in_memory=True), Misbehaviour())


def http(data: bytes) -> None:
    """Send a request and check that the status of the response is not 5xx.

    `data` contains the index of the route (one byte), a header value per line, an empty line and the body.
    """
    if not data:
        return
    method, path = _ROUTES[data[0] % len(_ROUTES)]
    head, _, body = data[1:].partition(b"\n\n")
    lines = head.split(b"\n")
    headers = [(name.lower().encode(), line) for name, line in zip(_HEADERS, lines, strict=False) if line]
    query = lines[len(_HEADERS)] if len(lines) > len(_HEADERS) else b""
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "root_path": "",
        "headers": [*headers, (b"content-length", str(len(body)).encode()), (b"host", b"127.0.0.1")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }
    statuses: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    loop, app = _service()
    loop.run_until_complete(app(scope, receive, send))
    assert len(statuses) == 1, "expected exactly one response"
    assert statuses[0] < 500, f"{method} {path}: {statuses[0]}"


_ANSWERS = (
    Challenge,
    CheckOpenedReply,
    RegistrationReply,
    Receipt,
    QualificationResult,
    WithdrawalReceipt,
    ActiveConsents,
    Receipts,
)


def answer(data: bytes) -> None:
    """Parse the bytes as each kind of response that a terminal receives."""
    for model in _ANSWERS:
        for status in (200, 403, 503):
            _parse(status, data, model)


# --- certificates, lists, registries ----------------------------------------------------------------------------


@cache
def _authority() -> tuple[TestAuthority, str, str]:
    authority = TestAuthority.create()
    pem = authority.user_ca.certificate.public_bytes(Encoding.PEM).decode()
    return authority, pem, authority.revocation_list([_card().files[File.USER_CERTIFICATE]])


def _card() -> CardImage:
    return _image()


def user_certificate(data: bytes) -> None:
    certificate = parse_certificate(data)
    if certificate is None:
        return
    rules = CertificateRules()
    is_trusted(certificate, (_authority()[1],), rules)
    standing_for(certificate, NOW, rules)
    RevocationLists().contain(certificate, _registry(revoked=_authority()[2]), NOW)


def authority_in_registry(data: bytes) -> None:
    """Use the bytes as a CA certificate and as a revocation list in a registry."""
    certificate = x509.load_der_x509_certificate(_card().files[File.USER_CERTIFICATE])
    for pem in (_pem(data, "CERTIFICATE"), data.decode("utf-8", "replace")):
        is_trusted(certificate, (pem,), CertificateRules())
        registry = Registry(
            certificate_authorities=(_authority()[1], pem), revocation_lists=(_pem(data, "X509 CRL"), pem)
        )
        RevocationLists().contain(certificate, registry, NOW)


def registry(data: bytes) -> None:
    for model in (Registry, Enrolment):
        try:
            model.model_validate_json(data)
        except ValidationError:
            continue


def _registry(*, revoked: str) -> Registry:
    return Registry(certificate_authorities=(_authority()[1],), revocation_lists=(revoked,))


def _pem(der: bytes, kind: str) -> str:
    import base64

    body = base64.encodebytes(der).decode()
    return f"-----BEGIN {kind}-----\n{body}-----END {kind}-----\n"


# --- exchange files ---------------------------------------------------------------------------------------------

_NAMES = (*REQUESTS, FACE)


@cache
def _desk_components() -> tuple[Any, ...]:
    people = fictitious_people()
    return LocalInsured(people), LocalChecks(people), people


def exchange(data: bytes) -> None:
    """Check and process a file. The first byte is the index of its name, and the other bytes are its content."""
    if not data:
        return
    name, content = _NAMES[data[0] % len(_NAMES)], data[1:]
    assert check_bytes(name, content).text()
    insured, checks, _ = _desk_components()
    store = ExchangeStore(None)
    try:
        if name == FACE:
            store_consents(content, insured, store, NOW.date())
            return
        request = request_name(name)
        assert isinstance(request, RequestName)

        def desk(fail: bool, encoding: Any = "UTF-8") -> AnswerContext:
            return AnswerContext(insured, checks, store, NOW, encoding, None, fail)

        handle(request, content, desk, timedelta())
    finally:
        store.close()


def file_name(data: bytes) -> None:
    request_name(data.decode("utf-8", "surrogateescape"))


# --- settings, people, behaviour --------------------------------------------------------------------------------


@cache
def _toml_file() -> Path:
    return Path(tempfile.mkdtemp(prefix="uketsuke-fuzz-")) / "file.toml"


def settings(data: bytes) -> None:
    _toml_file().write_bytes(data)
    try:
        load(_toml_file())
    except SettingsError:
        return


def people(data: bytes) -> None:
    _toml_file().write_bytes(data)
    try:
        parsed = fictitious_people(_toml_file())
    except ValueError:
        return
    for person in parsed.values():
        person.on(date(2026, 11, 21))


def behaviour(data: bytes) -> None:
    _toml_file().write_bytes(data)
    for read in (lambda: read_settings(_toml_file()), lambda: parse_setting(data.decode("utf-8", "replace"))):
        try:
            read()
        except ValueError:
            continue


TARGETS: Mapping[str, Target] = {
    target.__name__: target
    for target in (
        *(http, answer, user_certificate, authority_in_registry, registry),
        *(exchange, file_name, settings, people, behaviour),
    )
}


def seeds() -> dict[str, list[bytes]]:
    """Return well-formed inputs for each target."""
    from itertools import islice

    when = datetime(2026, 11, 21, tzinfo=UTC).isoformat().encode()
    head = b"\n".join((b"AAAAAAAAAAAAAAAAAAAAAA==", b"c2lnbmVk", b"terminal-1", when, b"key-1", b"application/json"))
    bodies = (b"{}", b'{"terminal_id":"terminal-1","items":["SRJ"]}', b'{"search":{"insurer_number":"138999"}}')
    user = _card().files[File.USER_CERTIFICATE]
    authority, pem, revoked = _authority()
    files = dict(islice(damaged_files(1), 40))
    return {
        "http": [bytes((route,)) + head + b"\n\n" + body for route in range(len(_ROUTES)) for body in bodies],
        "answer": [
            b'{"status":"ok"}',
            b'{"reason":"conflict","simulated":true}',
            b'{"check_id":"' + CHECK.encode() + b'"}',
        ],
        "user_certificate": [user],
        "authority_in_registry": [
            authority.user_ca.certificate.public_bytes(Encoding.DER),
            x509.load_pem_x509_crl(revoked.encode()).public_bytes(Encoding.DER),
            pem.encode(),
            revoked.encode(),
        ],
        "registry": [_registry(revoked=revoked).model_dump_json().encode(), b'{"terminal_id":"terminal-1"}'],
        "exchange": [bytes((_NAMES.index(name),)) + data for name, data in files.items() if name in _NAMES],
        "file_name": [name.encode() for name in _NAMES],
        "settings": [b'profile = "clinic"\n[vision]\nattempts = 3\n[reader]\nname = "x"\ntrust_anchors = ["a"]\n'],
        "people": [b'[me]\nlike = "adult"\n[me.qualification]\nname = "\xe6\xa8\xa1"\nbirth_date = 1981-04-12\n'],
        "behaviour": [
            b'[[behaviour]]\noperation = "submit"\nmode = "half"\ntimes = 1\n',
            b"submit@elder:mode=half,times=1",
        ],
    }
