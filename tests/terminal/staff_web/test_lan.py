"""Tests for the staff page on the local network, which requires a client certificate and displays no images."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Error, Page
from typer.testing import CliRunner

from config.settings import Settings
from terminal.cli.main import app
from terminal.qualification import pki
from terminal.readiness import NotReady
from terminal.session import states as st
from terminal.simulated.demo.counter import DemoCounter
from terminal.staff_web.certificates import RENEWAL_PERIOD, make_client, make_server
from terminal.staff_web.pages import StaffPages
from tests.terminal.counter_web.stage import CHROMIUM
from tests.terminal.staff_web.office import PASSWORD, Office, with_staff

PASSPHRASE = "a long passphrase"


def test_one_command_creates_authority_server_and_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UKETSUKE_STATE_DIR", str(tmp_path / "state"))
    file = tmp_path / "reception.p12"
    command = ["staff", "certificate", str(file), "--host", "192.0.2.10"]
    short = CliRunner().invoke(app, command, input="short\n")
    assert short.exit_code == 1
    assert not file.exists()
    result = CliRunner().invoke(app, command, input=f"{PASSPHRASE}\n")
    assert result.exit_code == 0, result.output
    assert "192.0.2.10" in result.output
    assert "staff.lan_address" in result.output
    keys = tmp_path / "state" / "staff" / "tls"
    assert sorted(path.name for path in keys.iterdir()) == [
        "authority.key",
        "authority.pem",
        "server.key",
        "server.pem",
    ]
    assert all(path.stat().st_mode & 0o077 == 0 for path in [file, *keys.glob("*.key")])
    assert CliRunner().invoke(app, command, input=f"{PASSPHRASE}\n").exit_code == 1, "existing files are kept"


def test_serving_the_network_requires_a_certificate(tmp_path: Path) -> None:
    settings = with_staff(Settings(state_dir=tmp_path), lan_address="127.0.0.1", lan_port=0)
    with pytest.raises(NotReady, match="uketsuke staff certificate"):
        StaffPages(settings, 0, lambda _: None, lan=True)


def test_server_certificate_about_to_expire_is_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(state_dir=tmp_path)
    file = make_server(settings, ("192.0.2.10",)).certificate
    valid = file.read_bytes()
    make_server(settings, ("192.0.2.10",))
    assert file.read_bytes() == valid
    file.unlink()
    with monkeypatch.context() as patch:
        patch.setattr(pki, "_VALIDITY", RENEWAL_PERIOD - timedelta(days=1))
        make_server(settings, ("192.0.2.10",))
    short = file.read_bytes()
    make_server(settings, ("192.0.2.10",))
    assert file.read_bytes() != short
    file.with_name("authority.pem").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(pki, "_VALIDITY", RENEWAL_PERIOD - timedelta(days=1))
        with pytest.raises(ValueError, match="the authority is about to expire"):
            make_server(settings, ("192.0.2.10",))


@pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed (run make setup)")
def test_page_opens_only_with_the_terminals_certificate(counter: DemoCounter, tmp_path: Path) -> None:
    office = Office(counter, lan_address="127.0.0.1", lan_port=0)
    make_server(counter.settings, ("127.0.0.1",))
    assert make_client(counter.settings, "reception", PASSPHRASE.encode(), tmp_path / "valid.p12")
    other = Settings(state_dir=tmp_path / "other")
    make_server(other, ("127.0.0.1",))
    assert make_client(other, "stranger", PASSPHRASE.encode(), tmp_path / "other.p12")

    async def scenario(office: Office) -> None:
        address = office.pages.sites[1].address
        assert address.startswith("https://127.0.0.1:")
        for file in (None, tmp_path / "other.p12"):
            with pytest.raises(Error):
                await _open(office, address, file)
        page = await _open(office, address, tmp_path / "valid.p12")
        await page.locator("#password").fill(PASSWORD)
        await page.locator("#password").press("Enter")
        await page.locator("#day").wait_for()
        assert all(cookie["secure"] for cookie in await page.context.cookies())
        await office.insert_card("face-match")
        office.day.authenticate_staff()
        await office.wait_until(st.StaffCheck)
        await page.locator("#eye", has_text="受付の機械のあるパソコンでだけ").wait_for()
        assert await page.locator("canvas").count() == 0

    async def run() -> None:
        async with office.open():
            await scenario(office)

    asyncio.run(run())


async def _open(office: Office, address: str, file: Path | None) -> Page:
    origin = address.removesuffix("/staff")
    certificates: Any = [{"origin": origin, "pfxPath": str(file), "passphrase": PASSPHRASE}] if file is not None else []
    context = await office.browser.new_context(
        client_certificates=certificates,
        ignore_https_errors=True,
        locale="ja-JP",
    )
    page = await context.new_page()
    response = await page.goto(address)
    assert response is not None
    if not response.ok:
        raise Error(f"status {response.status}")
    return page
