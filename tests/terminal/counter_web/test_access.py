"""Access to the page: other hosts, other sites, used codes, forged cookies and malformed messages are refused."""

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
from terminal.talk.serial import SETTLE_SECONDS
from tests.terminal.counter_web.stage import PageStage
from tests.terminal.talk.gallery import state_of


class Visitor:
    """A client other than the page, on the same computer."""

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

    def line(self, **headers: str) -> ClientConnection:
        given = {"Cookie": self.cookie, **headers}
        origin = Origin(given.pop("Origin", self.origin))
        return connect(f"ws://127.0.0.1:{self.port}/talk", origin=origin, additional_headers=given)


@pytest.fixture
def visitor(stage: PageStage) -> Iterator[Visitor]:
    client = Visitor(stage)
    yield client
    client.http.close()


def receive(line: Connection, kind: str) -> Any:
    while True:
        message = json.loads(line.recv(timeout=60))
        if message["type"] == kind:
            return message


def is_closed(line: Connection) -> bool:
    try:
        while True:
            line.recv(timeout=60)
    except ConnectionClosed:
        return True


def test_code_works_once_and_sets_an_httponly_samesite_cookie(visitor: Visitor) -> None:
    code = visitor.stage.address().partition("#")[2]
    answer = visitor.enter(code)
    assert answer.status_code == 204
    cookie = answer.headers["set-cookie"].lower()
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
    late, cookie = access.new_code(), access.exchange(access.new_code())
    now += CODE_SECONDS + 1
    assert access.exchange(late) is None
    assert access.admits(cookie)
    now += 31 * 24 * 3600
    assert not access.admits(cookie)


def test_cookie_survives_a_restart_but_not_another_port(tmp_path: Path) -> None:
    cookie = Access(tmp_path / "key", 8643).new_cookie()
    assert Access(tmp_path / "key", 8643).admits(cookie)
    assert not Access(tmp_path / "key", 8644).admits(cookie)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("cookie", [None, "", ".", "99999999999.", "99999999999.00", "x.y", "0.0"])
def test_forged_cookie_is_refused(tmp_path: Path, cookie: str | None) -> None:
    assert not Access(tmp_path / "key", 8643).admits(cookie)


def test_other_hosts_and_origins_are_refused(visitor: Visitor) -> None:
    visitor.enter()
    port = visitor.port
    assert visitor.http.get("/", headers={"host": f"evil.example:{port}"}).status_code == 403
    assert visitor.http.get("/", headers={"host": "127.0.0.1"}).status_code == 403
    assert visitor.http.get("/door", headers={"origin": "http://evil.example"}).status_code == 403
    assert visitor.http.get("/door", headers={"origin": f"http://127.0.0.1:{port + 1}"}).status_code == 403
    assert visitor.http.get("/door", headers={"origin": "null"}).status_code == 403
    without = httpx.post(f"{visitor.origin}/enter", content='"x"')
    assert without.status_code == 403
    for origin in ("http://evil.example", f"https://127.0.0.1:{port}"):
        with pytest.raises(InvalidStatus), visitor.line(Origin=origin):
            pass


def test_server_listens_on_loopback_only(stage: PageStage) -> None:
    assert stage.site._listener.getsockname()[0] == "127.0.0.1"


def test_websocket_needs_a_valid_cookie(visitor: Visitor) -> None:
    with pytest.raises(InvalidStatus), connect(f"ws://127.0.0.1:{visitor.port}/talk", origin=Origin(visitor.origin)):
        pass
    visitor.enter()
    with pytest.raises(InvalidStatus), visitor.line(Cookie=f"uketsuke-{visitor.port}=99999999999.{'0' * 64}"):
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
    with visitor.line() as line:
        line.send(message)
        assert is_closed(line)
    assert not visitor.stage.counter.posted


@pytest.mark.parametrize("message", ["x" * 5000, b"binary"])
def test_oversized_or_binary_message_closes_the_connection(visitor: Visitor, message: str | bytes) -> None:
    visitor.enter()
    with visitor.line() as line:
        line.send(message)
        assert is_closed(line)


def test_only_offers_of_the_current_question_are_accepted(visitor: Visitor) -> None:
    stage = visitor.stage
    stage.be(state_of("consent"))
    visitor.enter()
    with visitor.line() as line:
        serial = receive(line, "talk")["talk"]["serial"]
        for offer, of in (("confirm", serial), ("all", serial - 1), ("all", serial + 1), ("__class__", serial)):
            line.send(json.dumps({"type": "touch", "serial": of, "offer": offer}))
            receive(line, "not-yet")
        line.send(json.dumps({"type": "key", "serial": serial, "key": "5"}))  # this screen has no keypad
        receive(line, "not-yet")
        assert not stage.counter.posted


@contextmanager
def two_pages(visitor: Visitor) -> Iterator[tuple[Connection, Connection, int, list[str]]]:
    """Yield the active page, the waiting page, the question's serial, and the text shown to the waiting page."""
    visitor.stage.be(state_of("method"))
    visitor.enter()
    with visitor.line() as first:
        serial = receive(first, "talk")["talk"]["serial"]
        with visitor.line() as second:
            yield first, second, serial, receive(second, "occupied")["words"]


def test_second_page_waits_and_its_messages_are_ignored(visitor: Visitor) -> None:
    with two_pages(visitor) as (first, second, serial, text):
        assert len(text) == 2
        second.send(json.dumps({"type": "touch", "serial": serial, "offer": "pin"}))
        first.close()
        assert receive(second, "talk")["talk"]["state"] == "ChoosingMethod"
        assert not visitor.stage.counter.posted


def test_closing_a_waiting_page_does_not_disturb_the_active_one(visitor: Visitor) -> None:
    """The active page is not redrawn, and no sentence is repeated."""
    with two_pages(visitor) as (first, second, serial, _):
        second.close()
        while len(visitor.stage.terminal.screen._pages) > 1:
            time.sleep(0.01)
        first.send(json.dumps({"type": "touch", "serial": serial - 1, "offer": "pin"}))
        assert json.loads(first.recv(timeout=60)) == {"type": "not-yet"}


def test_camera_pictures_are_accepted_only_by_a_site_that_uses_them(visitor: Visitor, tmp_path: Path) -> None:
    visitor.enter()
    assert visitor.http.post("/picture", content=b"jpeg").status_code == 404
    assert "camera=()" in visitor.http.get("/").headers["permissions-policy"]
    got: list[bytes] = []

    async def day() -> list[int]:
        site = Site(None, SHARED, tmp_path / "key", 0, lambda _: None, on_picture=got.append)
        site.start()
        async with httpx.AsyncClient(base_url=site.origin, headers={"origin": site.origin}) as http:
            answers = [(await http.post("/picture", content=b"without cookie")).status_code]
            await http.post("/enter", content=json.dumps(site.access.new_code()))
            for picture in (b"jpeg", bytes(400_000), bytes(400_001)):
                answers.append((await http.post("/picture", content=picture)).status_code)
            assert "camera=(self)" in (await http.get("/")).headers["permissions-policy"]
        await site.stop()
        return answers

    assert asyncio.run(day()) == [404, 204, 204, 413]
    assert got == [b"jpeg", bytes(400_000)]


def test_refused_page_makes_the_terminal_print_a_new_address(visitor: Visitor) -> None:
    stage = visitor.stage
    stage.terminal.site._shown_at = -100.0
    printed = len(stage.addresses)
    assert len(visitor.http.get("/door").json()) == 2
    assert visitor.http.get("/door").status_code == 401
    assert len(stage.addresses) == printed + 1  # not one per request
    assert visitor.enter(stage.addresses[-1].partition("#")[2]).status_code == 204


def test_digits_are_not_logged_at_any_level(visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    stage = visitor.stage
    stage.be(state_of("pin"))
    visitor.enter()
    with caplog.at_level(logging.DEBUG), visitor.line() as line:
        serial = receive(line, "talk")["talk"]["serial"]
        caplog.clear()
        time.sleep(SETTLE_SECONDS)
        for key in ("7", "3", "1", "9", "enter"):
            line.send(json.dumps({"type": "key", "serial": serial, "key": key}))
            receive(line, "typed")
        assert stage.counter.pins == [b"7319"]
    ours = [record for record in caplog.records if record.name.startswith(("uvicorn", "terminal", "starlette"))]
    assert not ours
