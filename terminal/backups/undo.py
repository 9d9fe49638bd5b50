"""Restore several files if writing one of them fails."""

from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from config.files import write_atomically


class Undo:
    """Context manager that restores the remembered files, in reverse order, if the block raises."""

    def __init__(self) -> None:
        self._previous: list[tuple[Path, bytes | None]] = []
        self._folders: list[Path] = []

    def remember(self, path: Path) -> Path:
        """Remember the content of `path`. Call this before writing to it."""
        self._previous.append((path, path.read_bytes() if path.exists() else None))
        ancestor = path.parent
        while not ancestor.exists():
            self._folders.append(ancestor)
            ancestor = ancestor.parent
        return path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            return
        for path, content in reversed(self._previous):
            if content is None:
                path.unlink(missing_ok=True)
            else:
                write_atomically(path, content)
        for folder in sorted(set(self._folders), key=lambda folder: len(folder.parts), reverse=True):
            with suppress(OSError):  # another file was created in the folder
                folder.rmdir()
