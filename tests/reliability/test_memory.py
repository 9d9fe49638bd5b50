"""Search the terminal's memory for patient data after receptions through the real pcscd."""

import os
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from reader.face_record import parse_face_record
from reader.profile import RSA_2048, File, Password
from reader.softcard.authority import TestAuthority
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardImage
from reader.softcard.issue import Holder, issue
from reader.softcard.pcscd import SOCKET_NAME, Pcscd
from reader.softcard.vpcd import VpcdConnection
from terminal.simulated.personas.props import card_entry, trust_registry
from terminal.simulated.service.enrolment import enrol_locally, registry_path
from terminal.simulated.service.registry import RegistryFile
from tests.reliability.memory import Terminal, copies, encoding_for, masked, terminal_process
from tests.reliability.service_process import ServiceProcess
from vision.engines.open import open_engine
from vision.photo import card_jp2
from vision.reference import Reference, make_reference
from vision.synthetic.portrait import card_portrait

if TYPE_CHECKING:
    from numpy.typing import NDArray

PIN = b"7391"
BIRTH_DATE = date(1981, 4, 12)
FACE = 20261126
NAME, KANA, ADDRESS = "模擬　憂鬱薔薇", "ﾓｷﾞ ﾕｳｳﾂﾊﾞﾗ", "東京都模擬区薔薇町４－９－７"
NUMBER = "407193528164"
"""A fictitious number that appears in no other terminal file."""


@pytest.mark.pcscd
@pytest.mark.timeout(300)
def test_memory_contains_no_patient_data_after_reception(tmp_path: Path) -> None:
    portrait = np.random.default_rng(7).integers(0, 255, (120, 90), np.uint8)
    run_and_search(tmp_path, card_jp2(portrait), FACE, encoding_for(FACE))


@pytest.mark.long
@pytest.mark.pcscd
@pytest.mark.timeout(300)
def test_memory_contains_no_patient_data_with_real_engine(tmp_path: Path) -> None:
    photo = card_portrait("hana")
    reference = make_reference(open_engine(tmp_path), photo)
    assert isinstance(reference, Reference)
    run_and_search(tmp_path, photo, None, reference.encoding)


def run_and_search(folder: Path, photo_jp2: bytes, face: int | None, encoding: "NDArray[np.float64]") -> None:
    """Run one reception by PIN and one by face with the printed code. Search the memory after each."""
    authority = TestAuthority.create()
    image = issue(
        authority,
        RSA_2048,
        photo_jp2,
        holder=Holder(NAME, ADDRESS, BIRTH_DATE),
        pin=PIN.decode(),
        issued_on=date(2025, 4, 1),
    )
    registry = RegistryFile(registry_path(folder))
    registry.merge(trust_registry(authority).merged(card_entry(image, "canary")))
    enrol_locally(folder, "terminal-1")
    secrets = _secrets(image, encoding)
    with Pcscd() as daemon, ServiceProcess(folder, _write_people(folder)) as service:
        reader = VpcdConnection(port=daemon.port)
        terminal = Terminal(str(folder), service.url, _socket_name(), reader.reader, _anchors(authority), face)
        with terminal_process(terminal) as (pid, pipe):
            for secret in (PIN, image.printed_code.encode()):
                pipe.send(masked(secret))
                reader.insert(SoftCard(image.model_copy(deep=True)))
                assert pipe.poll(60), "the reception did not complete"
                assert pipe.recv() == "complete"
                reader.remove()
                assert pipe.poll(90)
                assert pipe.recv() == "idle"
                assert _remaining(pid, secrets) == {}
        assert NAME in next((folder / "results").glob("*.xml")).read_text("utf-8")


def _remaining(pid: int, secrets: dict[str, bytes], seconds: float = 20) -> dict[str, int]:
    """Return the secrets found. Retries for up to `seconds`, because a thread may briefly keep a secret."""
    deadline = time.monotonic() + seconds
    while True:
        found = {name: number for name, number in copies(pid, secrets).items() if number}
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.2)


def _secrets(image: CardImage, encoding: "NDArray[np.float64]") -> dict[str, bytes]:
    photo = bytes(parse_face_record(image.files[File.FACE_RECORD]).photo_jp2 or b"")
    code, number = image.printed_code.encode(), image.passwords[Password.NUMBER_A].reference
    assert number is not None
    return {
        "PIN in VERIFY": b"\x00\x20\x00\x80\x04" + PIN,
        "printed code": code,
        "printed code, UTF-16": code.decode().encode("utf-16-le"),
        "photo, after one third": photo[len(photo) // 3 :][:48],
        "photo, after two thirds": photo[len(photo) // 3 * 2 :][:48],
        "encoding": encoding.tobytes()[160:240],
        "encoding, float32": encoding.astype(np.float32).tobytes()[80:160],
        **_encoded("name", NAME),
        **_encoded("name in kana", KANA),
        **_encoded("address", ADDRESS),
        **_encoded("insured person's number", NUMBER),
        **_encoded("individual number", number),
    }


def test_search_finds_canary() -> None:
    canary = bytearray(os.urandom(40))
    assert copies(os.getpid(), {"canary": bytes(canary)})["canary"] >= 1


def _write_people(folder: Path) -> Path:
    path = folder / "people.toml"
    path.write_text(
        f"""
[canary]
registered = true
validity = "1"
[[canary.qualifications]]
insurer_number = "138999"
insured_identification_number = "{NUMBER}"
insured_name = "{NAME}"
name = "{NAME}"
name_kana = "{KANA}"
address = "{ADDRESS}"
sex = "2"
birth_date = {BIRTH_DATE}
""",
        "utf-8",
    )
    return path


def _encoded(name: str, text: str) -> dict[str, bytes]:
    """Return the text in the encodings used on the wire, in files and in Python strings."""
    codecs = ("ascii",) if text.isascii() else ("utf-8", "utf-16-le")
    return {f"{name}, {codec}": text.encode(codec) for codec in codecs}


def _socket_name() -> str:
    return os.environ[SOCKET_NAME]


def _anchors(authority: TestAuthority) -> dict[bytes, Any]:
    keys = authority.trust_anchors.keys
    return {key_id: key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for key_id, key in keys.items()}
