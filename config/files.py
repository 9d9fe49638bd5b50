"""Atomic, durable file writes with access for the owner only."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.platform.chosen import system


def private_folder(path: Path) -> Path:
    """Create the folder `path` and missing parents with access for the owner only. Existing folders are not changed."""
    missing = []
    above = path
    while not above.exists():
        missing.append(above)
        above = above.parent
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True, mode=0o700)
    path.mkdir(exist_ok=True)  # raises FileExistsError for a file
    return path


def write_atomically(path: Path, content: bytes) -> None:
    """Replace `path` atomically, creating its folder if needed. Raises OSError."""
    private_folder(path.parent)
    with _aside(path, content) as written:
        written.replace(path)
    system.sync_folder(path.parent)


def create_atomically(path: Path, content: bytes) -> bool:
    """Write like `write_atomically` without replacing a file. Return False and change nothing if `path` exists."""
    private_folder(path.parent)
    with _aside(path, content) as written:
        try:
            path.hardlink_to(written)
        except FileExistsError:
            return False
    system.sync_folder(path.parent)
    return True


KEY_BYTES = 32


def load_or_create_key(path: Path) -> bytes:
    """Return the key that seals cookies, created with mode 0600.

    A damaged key file is replaced, after which everybody must sign in again.
    """
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        key = b""
    if len(key) != KEY_BYTES:
        key = secrets.token_bytes(KEY_BYTES)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(path, key)
    return key


def create_private(path: Path) -> None:
    """Create an empty file with mode 0600, for a library that would create it readable by others.

    Raises FileExistsError.
    """
    private_folder(path.parent)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    system.sync_folder(path.parent)


@contextmanager
def exclusive_lock(lock_file: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold a lock on `lock_file`, which is created if missing and never deleted.

    Yield True with the lock held, or False if another process holds it and `wait` is False.
    """
    private_folder(lock_file.parent)
    descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield system.lock(descriptor, wait=wait)
    finally:
        os.close(descriptor)


@contextmanager
def _aside(path: Path, content: bytes) -> Iterator[Path]:
    """Yield a temporary file next to `path` with the content synced to disk. Remove it at the end if it exists."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield aside
    finally:
        aside.unlink(missing_ok=True)
