"""Test authority file: JSON with keys and certificates."""

import json
from pathlib import Path
from typing import Any

NAME = "authority.json"
FORMAT = "uketsuke-test-authority/1"


def read_authority_file(folder: Path) -> dict[str, Any] | None:
    """Return the contents of the authority file, or None if it does not exist.

    Does not check the keys. Raises `ValueError` if the file is unreadable or has an unsupported version.
    """
    path = folder / NAME
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        content = None
    if not isinstance(content, dict):
        raise ValueError(f"{folder} exists but contains no readable test authority")
    if content.get("format") != FORMAT:
        raise ValueError(f"{folder} contains a test authority in an unsupported version")
    return content
