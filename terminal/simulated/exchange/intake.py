"""Poll the `req` folder. Network shares may not send change notifications.

A file is complete if two successive scans find the same size and modification time. Only regular files are opened.
"""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from terminal.simulated.exchange.names import Hostile, NotARequest, RequestName, request_name

DONE_FOLDER: Final = "done"
MAX_FILES: Final = 200
"""Maximum number of files per scan. The next scan picks up the rest."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Identifies one version of a file."""

    size: int
    modified: int
    """Modification time in nanoseconds."""
    inode: int


@dataclass(slots=True)
class _TrackedFile:
    stamp: Stamp
    since: float


@dataclass(frozen=True, slots=True)
class RequestFile:
    """A complete request file."""

    name: RequestName
    path: Path
    stamp: Stamp
    unchanged_for: float
    """Seconds since its last change."""


@dataclass(frozen=True, slots=True)
class FolderScan:
    """The result of one scan."""

    complete: tuple[RequestFile, ...]
    waiting: int
    """Number of incomplete requests."""
    hostile: int
    """Number of files refused because of their name or type. These files are not touched."""
    ignored: int = 0
    """Number of files with names that may be mistyped request names."""


@dataclass(slots=True)
class Intake:
    """Detects complete request files in a folder."""

    folder: Path
    settle_seconds: float = 0.3
    """How many seconds a file must stay unchanged, over at least two scans."""
    _tracked: dict[str, _TrackedFile] = field(default_factory=dict)

    def scan(self, now: float) -> FolderScan:
        """Scan the folder. `now`: monotonic seconds. Raises `OSError` if the folder cannot be read."""
        complete: list[RequestFile] = []
        waiting = hostile = ignored = 0
        present: set[str] = set()
        for name, stamp in self._entries():
            if isinstance(name, NotARequest):
                ignored += name.is_suspicious
                continue
            if isinstance(name, Hostile) or stamp is None:
                hostile += 1
                continue
            present.add(name.text)
            tracked = self._tracked.get(name.text)
            if tracked is None or tracked.stamp != stamp:
                self._tracked[name.text] = _TrackedFile(stamp, now)
                waiting += 1
            elif now - tracked.since < self.settle_seconds:
                waiting += 1
            else:
                complete.append(RequestFile(name, self.folder / name.text, stamp, now - tracked.since))
        for removed in self._tracked.keys() - present:
            del self._tracked[removed]
        # oldest first, so that many new files do not delay old ones
        complete.sort(key=lambda file: (file.stamp.modified, file.name.text))
        return FolderScan(tuple(complete[:MAX_FILES]), waiting, hostile, ignored)

    def _entries(self) -> Iterator[tuple[RequestName | NotARequest | Hostile, Stamp | None]]:
        with os.scandir(self.folder) as entries:
            for entry in entries:
                name = request_name(entry.name)
                if isinstance(name, RequestName):
                    yield name, file_stamp(self.folder / entry.name)
                elif isinstance(name, Hostile) or entry.is_file(follow_symlinks=False):
                    yield name, None


def file_stamp(path: Path) -> Stamp | None:
    """Return the stamp of a regular file, or None for anything else."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def remove(path: Path) -> None:
    """Delete a file if it exists. Raises `OSError`."""
    path.unlink(missing_ok=True)


def move_into(path: Path, folder: Path) -> None:
    """Move a file into `folder` without replacing another. Raises `OSError`."""
    folder.mkdir(exist_ok=True, mode=0o770)
    for count in range(1000):
        target = folder / (path.name if not count else f"{path.stem}~{count}{path.suffix}")
        if target.exists():
            continue
        try:
            path.rename(target)
        except FileNotFoundError:
            pass
        return
    raise OSError(errno.EEXIST, os.strerror(errno.EEXIST))
