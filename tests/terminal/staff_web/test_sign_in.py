"""Tests for access control of the staff page by password, origin and session cookie."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.sync.connection import Connection
from websockets.typing import Origin

from config.settings import Settings
from terminal.front.assembled import AssembledCounter
from terminal.staff_web.pages import StaffPages
from terminal.staff_web.sessions import DAY_SECONDS, PROOF_SECONDS, Level, Sessions
from tests.terminal.screens.stand_in import StandIn
from tests.terminal.staff_web.office import HASH, PASSWORD, with_staff


class StaffServer:
    """Serves the staff pages in a thread. Each `with` block acts like a restart."""

    def __init__(self, settings: Settings, port: int = 0) -> None:
        self._settings, self._port = settings, port
        self._ready, self._loop = threading.Event(), asyncio.new_event_loop()
        self._end = asyncio.Event()
        self._thread = ThreadPoolExecutor(1)

    async def _serve(self) -> None:
        pages = StaffPages(self._settings, self._port, lambda _: None)
        pages.start()
        pages.attach(AssembledCounter(StandIn()), lambda: None)
        self.port = pages.sites[0].port
        self._ready.set()
        await self._end.wait()
        await pages.stop()

    def __enter__(self) -> httpx.Client:
        self._task = self._thread.submit(self._loop.run_until_complete, self._serve())
        assert self._ready.wait(60)
        origin = f"http://127.0.0.1:{self.port}"
        return httpx.Client(base_url=origin, headers={"origin": origin})

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._task.result(60)  # re-raises its exception
        self._thread.shutdown()
        self._loop.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return with_staff(Settings(state_dir=tmp_path))


@pytest.fixture
def office(settings: Settings) -> Iterator[httpx.Client]:
    with StaffServer(settings) as http:
        yield http


def test_cookie_is_limited_to_the_staff_page_and_hidden_from_scripts(office: httpx.Client) -> None:
    response = office.post("/staff/sign-in", content=PASSWORD)
    assert response.status_code == 204
    cookie = response.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=strict", "path=/staff", "uketsuke-staff-"))
    assert "max-age" not in cookie, "the cookie expires when the browser closes"
    assert office.get("/staff/door").json()["level"] == "acting"


def test_only_the_password_prompt_is_sent_before_signing_in(office: httpx.Client) -> None:
    assert office.get("/staff/door").json() == {"level": "out", "password": True}
    assert office.get("/staff/photo").status_code == 403
    assert office.post("/staff/again", content=PASSWORD).status_code == 403
    assert office.post("/staff/look-up", content="{}").status_code == 403
    with pytest.raises(InvalidStatus), _line(office):
        pass


def test_page_runs_only_its_own_scripts_and_cannot_be_framed(office: httpx.Client) -> None:
    policy = office.get("/staff").headers["content-security-policy"]
    for rule in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "trusted-types 'none'"):
        assert rule in policy
    assert office.get("/staff", headers={"host": "evil.example"}).status_code == 403
    assert office.post("/staff/sign-in", content=PASSWORD, headers={"origin": "http://evil.example"}).status_code == 403


def test_three_wrong_passwords_lock_the_page_even_after_a_restart(settings: Settings) -> None:
    with StaffServer(settings) as http:
        assert [http.post("/staff/sign-in", content="x").status_code for _ in range(3)] == [401, 401, 429]
        assert http.post("/staff/sign-in", content="x" * 100).status_code == 413
    with StaffServer(settings) as http:
        locked = http.post("/staff/sign-in", content=PASSWORD)
        assert locked.status_code == 429
        assert 0 < locked.json()["wait"] <= 30
    (settings.state_dir / "staff-attempts.json").unlink()
    with StaffServer(settings) as http:
        assert http.post("/staff/sign-in", content=PASSWORD).status_code == 204


def test_signing_in_requires_a_configured_password(tmp_path: Path) -> None:
    with StaffServer(Settings(state_dir=tmp_path)) as http:
        assert http.get("/staff/door").json()["password"] is False
        assert http.post("/staff/sign-in", content="").status_code == 404


def _line(http: httpx.Client) -> ClientConnection:
    cookie = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
    origin = str(http.base_url).rstrip("/")
    address = f"ws://127.0.0.1:{http.base_url.port}/staff/line"
    return connect(address, origin=Origin(origin), additional_headers={"Cookie": cookie})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"type":"decide"}',
        '{"type":"withdraw","reception":"../x","items":["YZK"]}',
        '{"type":"answer","call":"1"}',
    ],
)
def test_invalid_message_closes_the_connection(office: httpx.Client, text: str) -> None:
    office.post("/staff/sign-in", content=PASSWORD)
    with _line(office) as line:
        line.send(text)
        assert _is_disconnected(line)


def _is_disconnected(line: Connection) -> bool:
    try:
        while True:
            line.recv(timeout=60)
    except ConnectionClosed:
        return True


def sessions(folder: Path, clock: list[float], secret: str = HASH) -> Sessions:
    return Sessions(folder / "staff.key", secret, 900, clock=lambda: clock[0])


def test_session_expires_but_receives_calls_for_a_working_day(tmp_path: Path) -> None:
    clock = [1000.0]
    current = sessions(tmp_path, clock)
    cookie = current.begin()
    clock[0] += 800
    current.touch(cookie)
    clock[0] += 800
    assert current.level(cookie) is Level.ACTING
    clock[0] += 200
    assert current.level(cookie) is Level.WATCHING
    current.touch(cookie)
    assert current.level(cookie) is Level.WATCHING, "activity does not renew an expired session"
    assert sessions(tmp_path, clock).level(cookie) is Level.WATCHING, "after a restart"
    assert sessions(tmp_path, clock, "another password").level(cookie) is Level.OUT
    clock[0] += DAY_SECONDS
    assert current.level(cookie) is Level.OUT


@pytest.mark.parametrize("cookie", [None, "", ".", "..", "99999999999.aa.00", "x.y.z"])
def test_forged_cookie_is_rejected(tmp_path: Path, cookie: str | None) -> None:
    assert sessions(tmp_path, [1000.0]).level(cookie) is Level.OUT


def test_proof_is_valid_once_for_its_session_and_expires(tmp_path: Path) -> None:
    clock = [1000.0]
    current = sessions(tmp_path, clock)
    own, other = current.begin(), current.begin()
    proof = current.issue_proof(own)
    assert not current.use_proof(other, proof)
    assert current.use_proof(own, proof)
    assert not current.use_proof(own, proof)
    expired = current.issue_proof(own)
    clock[0] += PROOF_SECONDS + 1
    assert not current.use_proof(own, expired)
    assert not current.use_proof(own, "")
