"""Opening the page in a browser, or printing its address if no browser opens."""

import asyncio
import sys
import webbrowser

import pytest

from terminal.counter_web import program
from terminal.counter_web.browser import open_page


def test_address_is_printed_if_no_browser_opens(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "open_page", lambda _address: False)
    asyncio.run(program._open_in_browser("http://127.0.0.1:8643/#x"))
    errors = capsys.readouterr().err
    assert errors.startswith("uketsuke: U-507: no browser was found.")
    assert "http://127.0.0.1:8643/#x" in errors


def test_nothing_is_printed_if_a_browser_opens(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "open_page", lambda _address: True)
    asyncio.run(program._open_in_browser("http://127.0.0.1:8643/#x"))
    assert capsys.readouterr().err == ""


class Browser:
    def __init__(self, name: str) -> None:
        self.name, self.opened = name, list[str]()

    def open(self, address: str) -> bool:
        self.opened.append(address)
        return True


@pytest.mark.parametrize(
    ("display", "name", "opens"),
    [
        ("DISPLAY", "chromium", True),
        ("WAYLAND_DISPLAY", "/usr/bin/firefox", True),
        ("WSL_DISTRO_NAME", "wslview", True),
        ("", "chromium", False),
        ("DISPLAY", "/usr/bin/w3m", False),
        ("DISPLAY", "www-browser", False),
        ("DISPLAY", None, False),
    ],
)
def test_only_graphical_browsers_are_opened(
    monkeypatch: pytest.MonkeyPatch, display: str, name: str | None, opens: bool
) -> None:
    """A text browser would occupy the console of the terminal."""
    browser = Browser(name or "")

    def find_browser() -> Browser:
        if name is None:
            raise webbrowser.Error("could not locate runnable browser")
        return browser

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(webbrowser, "get", find_browser)
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"):
        monkeypatch.delenv(variable, raising=False)
    if display:
        monkeypatch.setenv(display, "set")
    assert open_page("http://127.0.0.1:8643/#x") is opens
    assert browser.opened == (["http://127.0.0.1:8643/#x"] if opens else [])
