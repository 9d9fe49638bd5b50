"""Which programs are likely to hold a card: those with the PC/SC client library loaded, as Linux's `/proc` tells."""

import os
from pathlib import Path
from typing import Final

_LIBRARY: Final = "libpcsclite"
_KNOWN: Final = ("scdaemon", "gpg-agent", "pcsc_scan", "pkcs11", "ssh-pkcs11-help", "yubikey-agent", "p11-kit-remote")
"""By name, for processes of other users, whose libraries are hidden. `gpg`'s scdaemon is the usual one."""
_MOST: Final = 5


def likely_holders(proc: Path = Path("/proc")) -> tuple[str, ...]:
    """`name (process 4711)` of up to five programs, the usual ones first, without this one and the service."""
    found: list[tuple[int, int, str]] = []
    for entry in proc.iterdir() if proc.is_dir() else ():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            name = (entry / "comm").read_text().strip()
        except OSError:
            continue  # ended meanwhile
        usual = next((place for place, known in enumerate(_KNOWN) if name.startswith(known)), len(_KNOWN))
        if name != "pcscd" and (usual < len(_KNOWN) or _uses_library(entry)):
            found.append((usual, int(entry.name), name))
    return tuple(f"{name} (process {pid})" for _, pid, name in sorted(found)[:_MOST])


def _uses_library(process: Path) -> bool:
    try:
        return _LIBRARY in (process / "maps").read_text(errors="replace")
    except OSError:
        return False
