"""Tests for writing files atomically, privately and under a lock."""

import multiprocessing
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from config.files import create_atomically, create_private, exclusive_lock, private_folder, write_atomically
from config.platform import posix
from config.platform.current import system


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(autouse=True)
def _open_umask() -> object:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_created_parent_folders_are_private(tmp_path: Path) -> None:
    private_folder(tmp_path / "state" / "terminal" / "line")
    for folder in ("state", "state/terminal", "state/terminal/line"):
        assert mode(tmp_path / folder) == 0o700
    (tmp_path / "share").mkdir(mode=0o755)
    private_folder(tmp_path / "share")
    assert mode(tmp_path / "share") == 0o755, "the mode of an existing folder is kept"
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError):
        private_folder(tmp_path / "file")


def test_failed_write_keeps_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "keys" / "enrolment.json"
    write_atomically(path, b"first")
    write_atomically(path, b"second")
    assert (path.read_bytes(), mode(path), mode(path.parent)) == (b"second", 0o600, 0o700)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"third")
    assert path.read_bytes() == b"second"
    assert names(path.parent) == ["enrolment.json"], "no partial file is left behind"


def test_folder_is_synced_after_file_is_renamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[list[str]] = []
    monkeypatch.setattr(system, "sync_folder", lambda folder: synced.append(names(folder)))
    write_atomically(tmp_path / "a", b"1")
    create_atomically(tmp_path / "b", b"2")
    create_private(tmp_path / "c")
    assert synced == [["a"], ["a", "b"], ["a", "b", "c"]]


def test_existing_file_is_not_recreated(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    assert create_atomically(path, b"first")
    assert not create_atomically(path, b"second")
    assert path.read_bytes() == b"first"
    assert names(tmp_path) == ["key.pem"]


def _can_lock(lock: Path) -> bool:
    with exclusive_lock(lock, wait=False) as acquired:
        return acquired


def test_lock_is_held_by_one_process_at_a_time(tmp_path: Path) -> None:
    lock = tmp_path / "x.lock"
    with multiprocessing.get_context("spawn").Pool(1) as other:
        with exclusive_lock(lock) as acquired:
            assert acquired
            assert not other.apply(_can_lock, (lock,))
            assert posix.lock_holder(lock) == os.getpid()
        assert other.apply(_can_lock, (lock,))
    assert posix.lock_holder(lock) is None


def test_cameras_are_recognised_by_number_or_device_path() -> None:
    assert [system.is_camera(name) for name in ("0", "/dev/video2", "clip.mp4", "synthetic:hana")] == [
        True,
        True,
        False,
        False,
    ]
    assert system.camera_path("3") == Path("/dev/video3")


def test_secrets_are_locked_in_memory() -> None:
    secret = bytearray(64)
    assert system.lock_in_memory(secret)
    assert system.lock_in_memory(bytearray())
    secret.extend(b"1")  # the buffer remains resizable


FREE = """
import ctypes, os, sys
from terminal.cli.entry import harden
harden(serves_patients={serves})
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
address, guard = libc.malloc({size}), libc.malloc({size})
ctypes.memset(address, 0x41, {size})
libc.free(ctypes.c_void_p(address))
remaining = ctypes.string_at(address + 16, {size} - 32).count(b"A")
sys.exit((remaining if {glibc} else 0) or "PYTHONMALLOC" in os.environ)
"""


@pytest.mark.parametrize(("serves", "size"), [(False, 20_000), (True, 100)])
def test_freed_memory_is_overwritten(serves: bool, size: int) -> None:
    """Use a separate process, because the setting is permanent. `serves_patients` also covers small blocks."""
    program = FREE.format(serves=serves, size=size, glibc=platform.libc_ver()[0] == "glibc")
    result = subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[2], check=False)
    assert result.returncode == 0
