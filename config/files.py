"""Write files atomically and durably, readable only by their owner."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.platform.current import system


def private_folder(path: Path) -> Path:
    """Create `path` and its missing parents with mode 0700. Existing folders keep their permissions."""
    missing = []
    ancestor = path
    while not ancestor.exists():
        missing.append(ancestor)
        ancestor = ancestor.parent
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True, mode=0o700)
    path.mkdir(exist_ok=True)  # raises FileExistsError if `path` is a file
    return path


def write_atomically(path: Path, content: bytes) -> None:
    """Replace `path` atomically, creating its folder if needed. Raises OSError."""
    private_folder(path.parent)
    with _temporary_file(path, content) as temporary:
        temporary.replace(path)
    system.sync_folder(path.parent)


def create_atomically(path: Path, content: bytes) -> bool:
    """Write like `write_atomically`, but return False if `path` already exists."""
    private_folder(path.parent)
    with _temporary_file(path, content) as temporary:
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            return False
    system.sync_folder(path.parent)
    return True


KEY_BYTES = 32


def load_or_create_key(path: Path) -> bytes:
    """Return the key that encrypts cookies, creating it with mode 0600 if needed.

    A damaged key file is replaced, which signs everyone out.
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
    """Create an empty file with mode 0600, for libraries that would create it with wider permissions.

    Raises FileExistsError.
    """
    private_folder(path.parent)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    system.sync_folder(path.parent)


@contextmanager
def exclusive_lock(lock_file: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold an exclusive lock on `lock_file`, creating the file if needed. The file is never deleted.

    Yields True, or False if another process holds the lock and `wait` is False.
    """
    private_folder(lock_file.parent)
    descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield system.lock(descriptor, wait=wait)
    finally:
        os.close(descriptor)


@contextmanager
def _temporary_file(path: Path, content: bytes) -> Iterator[Path]:
    """Write `content` to a temporary file next to `path`, sync and yield it, and remove it afterwards if it exists."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
