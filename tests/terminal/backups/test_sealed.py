"""Sealed backup files: round trips, passphrases and detection of changes."""

import io
import json
import unicodedata
from collections.abc import Callable

import pytest

from terminal.backups import sealed
from terminal.backups.contents import is_backup_member
from terminal.backups.sealed import MAGIC, Cost, Opener, Sealer, SealError

CHUNK_SIZE, TAG = 1000, 16
LOW_COST = Cost(n=1 << 10)
PASSPHRASE = "がっこうの うみかぜ 7"


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "CHUNK_SIZE", CHUNK_SIZE)


def seal(text: bytes) -> bytes:
    file = io.BytesIO()
    sealer = Sealer(file, PASSPHRASE, LOW_COST)
    for start in range(0, len(text), 333):
        sealer.write(text[start : start + 333])
    sealer.close()
    return file.getvalue()


def unseal(data: bytes, passphrase: str = PASSPHRASE) -> bytes:
    opener = Opener(io.BytesIO(data), passphrase)
    text = b"".join(iter(lambda: opener.read(777), b""))
    opener.finish()
    return text


@pytest.mark.parametrize("size", [0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 3 * CHUNK_SIZE, 3 * CHUNK_SIZE + 5])
def test_unsealing_restores_text_of_any_length(size: int) -> None:
    text = bytes(number % 251 for number in range(size))
    data = seal(text)
    assert unseal(data) == text
    assert len(text) < 30 or text[:30] not in data


def body_start(data: bytes) -> int:
    return data.index(b"\n", len(MAGIC)) + 1


def cut_last_chunks(data: bytes) -> bytes:
    return data[: body_start(data) + 2 * (CHUNK_SIZE + TAG)]


def remove_last_bytes(data: bytes) -> bytes:
    return data[:-7]


def remove_body(data: bytes) -> bytes:
    return data[: body_start(data)]


def swap_chunks(data: bytes) -> bytes:
    start, size = body_start(data), CHUNK_SIZE + TAG
    return data[:start] + data[start + size : start + 2 * size] + data[start : start + size] + data[start + 2 * size :]


def drop_first_chunk(data: bytes) -> bytes:
    start = body_start(data)
    return data[:start] + data[start + CHUNK_SIZE + TAG :]


def append_bytes(data: bytes) -> bytes:
    return data + data[-100:]


def flip_bit(data: bytes) -> bytes:
    start = body_start(data) + 5
    return data[:start] + bytes([data[start] ^ 1]) + data[start + 1 :]


def add_header_field(data: bytes) -> bytes:
    start = body_start(data)
    header = json.loads(data[len(MAGIC) : start])
    return MAGIC + json.dumps({**header, "note": "x"}).encode() + b"\n" + data[start:]


@pytest.mark.parametrize(
    "damage",
    [
        cut_last_chunks,
        remove_last_bytes,
        remove_body,
        swap_chunks,
        drop_first_chunk,
        append_bytes,
        flip_bit,
        add_header_field,
    ],
)
def test_modified_file_is_detected(damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises(SealError, match="damaged or truncated"):
        unseal(damage(seal(bytes(3 * CHUNK_SIZE + 5))))


def test_wrong_passphrase_is_refused_and_unicode_is_normalised() -> None:
    data = seal(b"text")
    with pytest.raises(SealError, match="wrong passphrase"):
        unseal(data, PASSPHRASE + " ")
    decomposed = unicodedata.normalize("NFD", PASSPHRASE)
    assert decomposed != PASSPHRASE
    assert unseal(data, decomposed) == b"text"


@pytest.mark.parametrize("change", [{"n": 1 << 30}, {"n": 1000}, {"r": 1 << 10}, {"p": 99}, {"piece": 1 << 40}])
def test_header_with_excessive_cost_is_refused(change: dict[str, int]) -> None:
    data = seal(b"text")
    start = body_start(data)
    header = json.loads(data[len(MAGIC) : start]) | change
    with pytest.raises(SealError, match="not a backup, or written by a newer version"):
        unseal(MAGIC + json.dumps(header).encode() + b"\n" + data[start:])


@pytest.mark.parametrize("name", ["../ledger.db", "/etc/passwd", "terminal/../../x", "results/a.xml", "a\\b", "", "x"])
def test_unsafe_file_names_are_refused(name: str) -> None:
    assert not is_backup_member(name)


@pytest.mark.parametrize(
    "name", ["ledger.db", "terminal/key.pem", "terminal/line/authority.pem", "audit-2026-11.jsonl"]
)
def test_backup_file_names_are_accepted(name: str) -> None:
    assert is_backup_member(name)
