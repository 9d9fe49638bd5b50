"""Write several files together: if a later one fails, the earlier ones are restored."""

from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from config.files import write_atomically


class Undo:
    """Context manager that restores the remembered files, last first, if the block raises."""

    def __init__(self) -> None:
        self._before: list[tuple[Path, bytes | None]] = []
        self._folders: list[Path] = []

    def remember(self, path: Path) -> Path:
        """Remember the content of `path`. Call it before writing there."""
        self._before.append((path, path.read_bytes() if path.exists() else None))
        above = path.parent
        while not above.exists():
            self._folders.append(above)
            above = above.parent
        return path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            return
        for path, content in reversed(self._before):
            if content is None:
                path.unlink(missing_ok=True)
            else:
                write_atomically(path, content)
        for folder in sorted(set(self._folders), key=lambda one: len(one.parts), reverse=True):
            with suppress(OSError):  # the folder has another file by now
                folder.rmdir()
