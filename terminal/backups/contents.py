"""Contents of a backup, by path in the state folder: ledger, keys, settings and audit trail.

Only the institution's patient numbers are copied from the exchange database. Results, simulated cards, caches and logs
are excluded.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from pydantic import AwareDatetime, BaseModel, ConfigDict

LEDGER = "ledger.db"
EXCHANGE = "exchange.db"
MANIFEST = "manifest.json"
SETTINGS = "settings.toml"
"""Name of the settings file in a backup. State folders do not contain a file of this name."""
_FOLDERS = ("terminal", "staff", "face")
_FILES = ("ledger.db.begun", "readers.json", "staff-attempts.json")
_PATTERNS = ("audit.jsonl", "audit-????-??*.jsonl", "ledger-until-*.db")


class Manifest(BaseModel):
    """First file in a backup."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    version: str
    """Version of the program that wrote the backup."""
    terminal_id: str
    created_at: AwareDatetime
    has_settings: bool


def files_to_copy(state_dir: Path) -> Iterator[Path]:
    """Yield the files to copy unchanged: all except the ledger and the exchange database, which may be in use."""
    for folder in _FOLDERS:
        yield from sorted(path for path in (state_dir / folder).rglob("*") if path.is_file() and not path.is_symlink())
    yield from (state_dir / name for name in _FILES if (state_dir / name).is_file())
    for pattern in _PATTERNS:
        yield from sorted(state_dir.glob(pattern))


def is_backup_member(name: str) -> bool:
    """Return whether a backup may contain this path. Paths outside the state folder are rejected."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or not path.parts:
        return False
    if len(path.parts) > 1:
        return path.parts[0] in _FOLDERS
    return name in (LEDGER, EXCHANGE, SETTINGS, *_FILES) or any(path.match(pattern) for pattern in _PATTERNS)
