"""A computer without a browser: the address is told, with a code that staff can look up."""

import asyncio

import pytest

from terminal.counter_web import program


def test_the_address_is_told_with_its_code(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(program, "open_page", lambda _address: False)
    asyncio.run(program._show_in_browser("http://127.0.0.1:8643/#x"))
    told = capsys.readouterr().err
    assert told.startswith("uketsuke: U-507: no browser was found here.")
    assert "http://127.0.0.1:8643/#x" in told


def test_nothing_is_told_where_one_opens(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(program, "open_page", lambda _address: True)
    asyncio.run(program._show_in_browser("http://127.0.0.1:8643/#x"))
    assert capsys.readouterr().err == ""
