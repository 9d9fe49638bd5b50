"""Tests for mutual TLS between terminal and service."""

import asyncio
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from terminal.qualification.client import QualificationClient
from terminal.qualification.contract import Challenge, CheckOpenedReply, NoAnswer, NoAnswerReason
from terminal.qualification.keys import SigningKey
from terminal.qualification.pki import create_tls_files
from terminal.qualification.tls_files import SERVER, terminal_tls_files, tls_files
from terminal.simulated.service.admin import StubAdmin
from terminal.simulated.service.misbehaviour import Operation, ResponseMode, Rule
from terminal.simulated.service.server import StubServer, open_service, serve


@pytest.fixture
def database_url() -> None:
    """Use the in-memory store."""


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    create_tls_files(folder, terminals=("terminal-1",))
    return folder


@pytest.fixture(scope="module")
def other_authority_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("other-authority")
    create_tls_files(folder, terminals=("terminal-1",))
    return folder


@pytest.fixture
def server(tmp_path: Path, keys: Path) -> Iterator[StubServer]:
    server = StubServer(open_service(tmp_path, in_memory=True), line=tls_files(keys, SERVER))
    server.start()
    yield server
    server.close()


def challenge(url: str, tls: ssl.SSLContext | None, service_key: str = "") -> Any:
    async def request() -> Any:
        async with QualificationClient(
            url,
            terminal_id="terminal-1",
            institution_code="1319999999",
            terminal_key=SigningKey.generate(),
            service_public_key=service_key,
            timeout_seconds=20,
            tls=tls,
        ) as client:
            return await client.challenge()

    return asyncio.run(request())


def test_check_is_opened_over_tls(counter: Any, card: Any, keys: Path) -> None:
    counter.server.stop()
    counter.server = StubServer(counter.server.service, line=tls_files(keys, SERVER))
    counter.server.start()
    assert counter.server.url.startswith("https://")
    tls = tls_files(keys, "terminal-1").client_context()
    opened = counter.play(lambda client: counter.open_check(client, card), tls=tls)
    assert isinstance(opened, CheckOpenedReply)


def test_terminal_without_certificate_is_refused(server: StubServer, keys: Path) -> None:
    without_certificate = ssl.create_default_context(cafile=str(tls_files(keys, SERVER).authority))
    assert isinstance(challenge(server.url, without_certificate), NoAnswer)


def test_terminal_certificate_from_unknown_authority_is_refused(
    server: StubServer, keys: Path, other_authority_keys: Path
) -> None:
    stranger = tls_files(other_authority_keys, "terminal-1")
    context = ssl.create_default_context(cafile=str(tls_files(keys, SERVER).authority))
    context.load_cert_chain(stranger.certificate, stranger.key)
    assert isinstance(challenge(server.url, context), NoAnswer)


def test_service_certificate_from_unknown_authority_is_refused(server: StubServer, other_authority_keys: Path) -> None:
    other_authority = tls_files(other_authority_keys, "terminal-1").client_context()
    assert challenge(server.url, other_authority) == NoAnswer(NoAnswerReason.NO_CONNECTION)
    assert challenge(server.url, None) == NoAnswer(NoAnswerReason.NO_CONNECTION)


def test_service_with_terminal_certificate_is_refused(tmp_path: Path, keys: Path) -> None:
    server = StubServer(open_service(tmp_path, in_memory=True), line=tls_files(keys, "terminal-1"))
    server.start()
    try:
        tls = tls_files(keys, "terminal-1").client_context()
        assert challenge(server.url, tls) == NoAnswer(NoAnswerReason.NO_CONNECTION)
    finally:
        server.close()


def test_plain_http_is_refused(server: StubServer) -> None:
    with pytest.raises(httpx.HTTPError):
        httpx.get(server.url.replace("https", "http") + "/openapi.json")


def test_misbehaviour_can_be_set_over_tls(server: StubServer, keys: Path) -> None:
    tls = tls_files(keys, "terminal-1").client_context()
    with StubAdmin(server.url, tls=tls) as admin:
        assert not isinstance(admin.set_rule(Operation.CHALLENGE, Rule(mode=ResponseMode.DROPPED, times=1)), NoAnswer)
    assert challenge(server.url, tls) == NoAnswer(NoAnswerReason.CONNECTION_LOST)
    assert isinstance(challenge(server.url, tls, server.service.public_key), Challenge)


def test_creating_keys_again_keeps_existing_keys(tmp_path: Path) -> None:
    create_tls_files(tmp_path, terminals=("one",))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    create_tls_files(tmp_path, terminals=("one", "two"))
    after = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"two.pem", "two.key"}
    for path in tmp_path.glob("*.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_terminal_tls_files_are_loaded(tmp_path: Path, keys: Path) -> None:
    assert terminal_tls_files(tmp_path, "terminal-1") is None
    folder = tmp_path / "terminal" / "line"
    folder.mkdir(parents=True)
    for name in ("authority.pem", "terminal-1.pem", "terminal-1.key"):
        (folder / name).write_bytes((keys / name).read_bytes())
    line = terminal_tls_files(tmp_path, "terminal-1")
    assert line is not None
    assert line.client_context().verify_mode is ssl.CERT_REQUIRED
    (folder / "terminal-1.key").write_bytes(b"garbage")
    with pytest.raises(OSError):
        line.client_context()


def test_non_loopback_address_requires_tls(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="TLS"):
        serve(tmp_path, host="0.0.0.0")
