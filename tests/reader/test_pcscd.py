"""Tests for running pcscd."""

import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reader.card import MyNumberCard
from reader.facts import CardFacts
from reader.pcsc import list_readers
from reader.softcard import pcscd as module
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardImage
from reader.softcard.pcscd import Pcscd, PcscdError

if TYPE_CHECKING:
    from .conftest import PcscdCounter


def test_missing_daemon_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.shutil, "which", lambda *_, **__: None)
    with pytest.raises(PcscdError, match="Install the packages pcscd and vsmartcard-vpcd"):
        Pcscd().start()


def test_missing_virtual_reader_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module.shutil, "which", lambda *_, **__: "/usr/sbin/pcscd")
    monkeypatch.setattr(module, "VPCD_CONFIG", tmp_path / "nowhere")
    with pytest.raises(PcscdError, match="Install vsmartcard-vpcd"):
        Pcscd().start()


OTHER = """
import sys
from reader.pcsc import list_readers
from reader.pcsc_slot import PcscSlot
from reader.softcard.pcscd import Pcscd

with Pcscd() as daemon:
    print(*list_readers(), PcscSlot("Virtual PCD 00 00").connect(), sep=",", flush=True)
    print(daemon.port, flush=True)
    sys.stdin.read()
"""


@pytest.mark.pcscd
def test_each_process_has_its_own_pcscd(pcscd: Pcscd, real_counter: "PcscdCounter", image: CardImage) -> None:
    real_counter.insert(SoftCard(image))
    program = [sys.executable, "-c", OTHER]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "Virtual PCD 00 00,Virtual PCD 00 01,NoCard()\n"
        assert int(other.stdout.readline()) not in (pcscd.port, pcscd.port + 1)
        assert isinstance(MyNumberCard(real_counter.connect()).read_facts(), CardFacts)
        other.communicate("")
    assert other.returncode == 0


@pytest.mark.pcscd
def test_different_port_is_used_if_first_is_occupied(pcscd: Pcscd) -> None:
    pcscd.stop()
    with socket.socket() as first, socket.socket() as second:
        for listener in (first, second):  # connections of the stopped pcscd may still be open
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        first.bind(("", pcscd.port))
        second.bind(("", pcscd.port + 1))
        first.listen()
        second.listen()
        occupied = pcscd.port
        pcscd.start()
    assert pcscd.port != occupied
    assert list_readers() == ["Virtual PCD 00 00", "Virtual PCD 00 01"]
