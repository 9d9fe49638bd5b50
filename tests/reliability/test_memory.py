"""After a reception neither PIN, printed code nor photo is in the terminal's memory; through the real pcscd."""

import os
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from reader.face_record import parse_face_record
from reader.profile import RSA_2048, File
from reader.softcard.authority import TestAuthority
from reader.softcard.card import SoftCard
from reader.softcard.issue import Holder, issue
from reader.softcard.pcscd import SOCKET_NAME, Pcscd
from reader.softcard.vpcd import VpcdConnection
from terminal.simulated.personas.props import card_entry, trust_of
from terminal.simulated.service.enrolment import enrol_locally, registry_path
from terminal.simulated.service.people import invented_people
from terminal.simulated.service.registry import RegistryFile
from tests.reliability.memory import Terminal, copies, masked, terminal_process
from tests.reliability.service_process import ServiceProcess
from vision.photo import card_jp2

PIN = b"7391"
PERSON = invented_people()["adult"]


@pytest.mark.pcscd
@pytest.mark.timeout(120)
def test_no_secret_stays_after_a_reception(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = TestAuthority.create()
    image = issue(
        authority,
        RSA_2048,
        card_jp2(np.random.default_rng(7).integers(0, 255, (120, 90), np.uint8)),
        holder=Holder("模擬　花子", "東京都模擬区試験町", PERSON.born),
        pin=PIN.decode(),
        issued_on=date(2025, 4, 1),
    )
    registry = RegistryFile(registry_path(tmp_path))
    registry.merge(trust_of(authority).merged(card_entry(image, "adult")))
    enrol_locally(tmp_path, "terminal-1")
    photo = bytes(parse_face_record(image.files[File.FACE_RECORD]).photo_jp2 or b"")
    code = image.code_on_face.encode()
    secrets = {
        "PIN in VERIFY": b"\x00\x20\x00\x80\x04" + PIN,
        "printed code": code,
        "printed code, UTF-16": code.decode().encode("utf-16-le"),
        "photo, a third in": photo[len(photo) // 3 :][:48],
        "photo, two thirds in": photo[len(photo) // 3 * 2 :][:48],
    }
    with Pcscd() as daemon, ServiceProcess(tmp_path) as service:
        reader = VpcdConnection(port=daemon.port)
        terminal = Terminal(str(tmp_path), service.url, _socket(), reader.reader, _anchors(authority))
        with terminal_process(terminal) as (pid, pipe):
            for secret in (PIN, code):
                pipe.send(masked(secret))
                reader.insert(SoftCard(image.model_copy(deep=True)))
                assert pipe.poll(40), "the reception hangs"
                assert pipe.recv() == "complete"
                reader.remove()
                assert pipe.poll(20)
                assert pipe.recv() == "idle"
                assert copies(pid, secrets) == dict.fromkeys(secrets, 0)


def test_the_search_finds_what_is_there() -> None:
    canary = bytearray(os.urandom(40))
    assert copies(os.getpid(), {"canary": bytes(canary)})["canary"] >= 1


def _socket() -> str:
    return os.environ[SOCKET_NAME]


def _anchors(authority: TestAuthority) -> dict[bytes, Any]:
    keys = authority.trust_anchors.keys
    return {key_id: key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for key_id, key in keys.items()}
