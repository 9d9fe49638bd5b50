"""Is a terminal running on this state folder? Asked without touching its lock."""

import os
from pathlib import Path

_LOCKS = Path("/proc/locks")


def holder_of(lock_file: Path, locks: Path = _LOCKS) -> int | None:
    """The process that holds a file lock, as Linux tells; None where nobody does, or the system does not say."""
    try:
        status = lock_file.stat()
        lines = locks.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    wanted = (os.major(status.st_dev), os.minor(status.st_dev), status.st_ino)
    for line in lines:
        words = line.split()
        if len(words) < 6 or words[1] != "FLOCK" or words[3] != "WRITE":
            continue
        major, minor, inode = words[5].split(":")
        if (int(major, 16), int(minor, 16), int(inode)) == wanted:
            return int(words[4])
    return None


def terminal_running(ledger: Path) -> int | None:
    """Process id of the terminal that writes this ledger."""
    return holder_of(ledger.with_name(ledger.name + ".lock"))
