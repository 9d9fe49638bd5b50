"""Page access: other hosts, other sites, used codes, forged cookies and malformed messages are refused."""

import asyncio
import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.sync.connection import Connection
from websockets.typing import Origin

from terminal.counter_web.access import CODE_SECONDS, Access
from terminal.counter_web.site import SHARED, Site
from terminal.talk.question_numbers import SETTLE_SECONDS
from tests.terminal.counter_web.stage import PageStage
from tests.terminal.talk.gallery import state_for


class Visitor:
    """HTTP and WebSocket client on the same computer."""

    def __init__(self, stage: PageStage) -> None:
        self.stage = stage
        self.port = stage.site.port
        self.origin = f"http://127.0.0.1:{self.port}"
        self.http = httpx.Client(base_url=self.origin, headers={"origin": self.origin})

    def enter(self, code: str | None = None) -> httpx.Response:
        return self.http.post("/enter", content=json.dumps(code or self.stage.address().partition("#")[2]))

    @property
    def cookie(self) -> str:
        return f"uketsuke-{self.port}={self.http.cookies[f'uketsuke-{self.port}']}"

    def connect(self, **headers: str) -> ClientConnection:
        headers = {"Cookie": self.cookie, **headers}
        origin = Origin(headers.pop("Origin", self.origin))
        return connect(f"ws://127.0.0.1:{self.port}/talk", origin=origin, additional_headers=headers)


@pytest.fixture
def visitor(stage: PageStage) -> Iterator[Visitor]:
    client = Visitor(stage)
    yield client
    client.http.close()


def receive(socket: Connection, kind: str) -> Any:
    while True:
        message = json.loads(socket.recv(timeout=60))
        if message["type"] == kind:
            return message


def is_closed(socket: Connection) -> bool:
    try:
        while True:
            socket.recv(timeout=60)
    except ConnectionClosed:
        return True


def test_code_is_accepted_once_and_sets_an_httponly_samesite_cookie(visitor: Visitor) -> None:
    code = visitor.stage.address().partition("#")[2]
    response = visitor.enter(code)
    assert response.status_code == 204
    cookie = response.headers["set-cookie"].lower()
    assert f"uketsuke-{visitor.port}=" in cookie
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    visitor.http.cookies.clear()
    assert visitor.enter(code).status_code == 401


@pytest.mark.parametrize("code", ["", "wrong", "x" * 5000, "not a code ○"])
def test_invalid_codes_are_refused(visitor: Visitor, code: str) -> None:
    visitor.stage.address()
    assert visitor.enter(code or " ").status_code == 401
    assert visitor.http.post("/enter", content=b"\xff{").status_code == 401


def test_code_expires_after_a_minute_and_cookie_after_a_month(tmp_path: Path) -> None:
    now = 1000.0
    access = Access(tmp_path / "key", 8643, clock=lambda: now)
    unused_code, cookie = access.new_code(), access.exchange(access.new_code())
    now += CODE_SECONDS + 1
    assert access.exchange(unused_code) is None
    assert access.accepts(cookie)
    now += 31 * 24 * 3600
    assert not access.accepts(cookie)


def test_cookie_is_valid_after_restart_but_not_on_different_port(tmp_path: Path) -> None:
    cookie = Access(tmp_path / "key", 8643).new_cookie()
    assert Access(tmp_path / "key", 8643).accepts(cookie)
    assert not Access(tmp_path / "key", 8644).accepts(cookie)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("cookie", [None, "", ".", "99999999999.", "99999999999.00", "x.y", "0.0"])
def test_forged_cookie_is_refused(tmp_path: Path, cookie: str | None) -> None:
    assert not Access(tmp_path / "key", 8643).accepts(cookie)


def test_other_hosts_and_origins_are_refused(visitor: Visitor) -> None:
    visitor.enter()
    port = visitor.port
    assert visitor.http.get("/", headers={"host": f"evil.example:{port}"}).status_code == 403
    assert visitor.http.get("/", headers={"host": "127.0.0.1"}).status_code == 403
    assert visitor.http.get("/door", headers={"origin": "http://evil.example"}).status_code == 403
    assert visitor.http.get("/door", headers={"origin": f"http://127.0.0.1:{port + 1}"}).status_code == 403
    assert visitor.http.get("/door", headers={"origin": "null"}).status_code == 403
    without_origin = httpx.post(f"{visitor.origin}/enter", content='"x"')
    assert without_origin.status_code == 403
    for origin in ("http://evil.example", f"https://127.0.0.1:{port}"):
        with pytest.raises(InvalidStatus), visitor.connect(Origin=origin):
            pass


def test_server_listens_on_loopback_only(stage: PageStage) -> None:
    assert stage.site._listener.getsockname()[0] == "127.0.0.1"


def test_websocket_requires_a_valid_cookie(visitor: Visitor) -> None:
    with pytest.raises(InvalidStatus), connect(f"ws://127.0.0.1:{visitor.port}/talk", origin=Origin(visitor.origin)):
        pass
    visitor.enter()
    with pytest.raises(InvalidStatus), visitor.connect(Cookie=f"uketsuke-{visitor.port}=99999999999.{'0' * 64}"):
        pass


def test_every_response_has_security_headers(visitor: Visitor) -> None:
    for path in ("/", "/page/js/main.js", "/page/css/base.css", "/page/../app.py", "/nothing", "/door"):
        headers = visitor.http.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers
    assert visitor.http.get("/page/%2e%2e/app.py").status_code == 404


@pytest.mark.parametrize(
    "message",
    [
        "{}",
        "not json",
        '{"type":"touch","serial":1}',
        '{"type":"touch","serial":"1","offer":"pin"}',
        '{"type":"touch","serial":1,"offer":"pin","more":1}',
        '{"type":"key","serial":1,"key":"12"}',
        '{"type":"key","serial":1,"key":1}',
        '{"type":"event","event":"StaffAuthenticated"}',
        '{"type":"touch","serial":1,"offer":"' + "x" * 200 + '"}',
    ],
)
def test_malformed_message_closes_the_connection(visitor: Visitor, message: str) -> None:
    visitor.enter()
    with visitor.connect() as socket:
        socket.send(message)
        assert is_closed(socket)
    assert not visitor.stage.counter.posted


@pytest.mark.parametrize("message", ["x" * 5000, b"binary"])
def test_oversized_or_binary_message_closes_the_connection(visitor: Visitor, message: str | bytes) -> None:
    visitor.enter()
    with visitor.connect() as socket:
        socket.send(message)
        assert is_closed(socket)


def test_only_buttons_of_the_current_question_are_accepted(visitor: Visitor) -> None:
    stage = visitor.stage
    stage.set_state(state_for("consent"))
    visitor.enter()
    with visitor.connect() as socket:
        serial = receive(socket, "talk")["talk"]["serial"]
        for button, number in (("confirm", serial), ("all", serial - 1), ("all", serial + 1), ("__class__", serial)):
            socket.send(json.dumps({"type": "touch", "serial": number, "offer": button}))
            receive(socket, "too-early")
        socket.send(json.dumps({"type": "key", "serial": serial, "key": "5"}))  # this screen has no keypad
        receive(socket, "too-early")
        assert not stage.counter.posted


@contextmanager
def two_pages(visitor: Visitor) -> Iterator[tuple[Connection, Connection, int, list[str]]]:
    """Yield the active page, the waiting page, the question's serial and the waiting page's text."""
    visitor.stage.set_state(state_for("method"))
    visitor.enter()
    with visitor.connect() as first:
        serial = receive(first, "talk")["talk"]["serial"]
        with visitor.connect() as second:
            yield first, second, serial, receive(second, "occupied")["words"]


def test_second_page_waits_and_its_messages_are_ignored(visitor: Visitor) -> None:
    with two_pages(visitor) as (first, second, serial, text):
        assert len(text) == 2
        second.send(json.dumps({"type": "touch", "serial": serial, "offer": "pin"}))
        first.close()
        assert receive(second, "talk")["talk"]["state"] == "ChoosingMethod"
        assert not visitor.stage.counter.posted


def test_closing_waiting_page_does_not_redraw_active_page(visitor: Visitor) -> None:
    """A redrawn page would also repeat its spoken sentence."""
    with two_pages(visitor) as (first, second, serial, _):
        second.close()
        while len(visitor.stage.terminal.screen._pages) > 1:
            time.sleep(0.01)
        first.send(json.dumps({"type": "touch", "serial": serial - 1, "offer": "pin"}))
        assert json.loads(first.recv(timeout=60)) == {"type": "too-early"}


def test_camera_frames_are_refused_by_site_without_frame_handler(visitor: Visitor, tmp_path: Path) -> None:
    visitor.enter()
    assert visitor.http.post("/frame", content=b"jpeg").status_code == 404
    assert "camera=()" in visitor.http.get("/").headers["permissions-policy"]
    frames: list[bytes] = []

    async def day() -> list[int]:
        site = Site(None, SHARED, tmp_path / "key", 0, lambda _: None, on_frame=frames.append)
        site.start()
        async with httpx.AsyncClient(base_url=site.origin, headers={"origin": site.origin}) as http:
            statuses = [(await http.post("/frame", content=b"without cookie")).status_code]
            await http.post("/enter", content=json.dumps(site.access.new_code()))
            for picture in (b"jpeg", bytes(400_000), bytes(400_001)):
                statuses.append((await http.post("/frame", content=picture)).status_code)
            assert "camera=(self)" in (await http.get("/")).headers["permissions-policy"]
        await site.stop()
        return statuses

    assert asyncio.run(day()) == [404, 204, 204, 413]
    assert frames == [b"jpeg", bytes(400_000)]


def test_new_address_is_printed_when_page_is_refused(visitor: Visitor) -> None:
    stage = visitor.stage
    stage.terminal.site._address_printed_at = -100.0
    address_count = len(stage.addresses)
    assert len(visitor.http.get("/door").json()) == 2
    assert visitor.http.get("/door").status_code == 401
    assert len(stage.addresses) == address_count + 1  # one for both requests
    assert visitor.enter(stage.addresses[-1].partition("#")[2]).status_code == 204


def test_digits_are_not_logged_at_any_level(visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    stage = visitor.stage
    stage.set_state(state_for("pin"))
    visitor.enter()
    with caplog.at_level(logging.DEBUG), visitor.connect() as socket:
        serial = receive(socket, "talk")["talk"]["serial"]
        caplog.clear()
        time.sleep(SETTLE_SECONDS)
        for key in ("7", "3", "1", "9", "enter"):
            socket.send(json.dumps({"type": "key", "serial": serial, "key": key}))
            receive(socket, "typed")
        assert stage.counter.pins == [b"7319"]
    terminal_records = [
        record for record in caplog.records if record.name.startswith(("uvicorn", "terminal", "starlette"))
    ]
    assert not terminal_records
