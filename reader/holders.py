"""Finding programs likely to hold a card: those that have loaded the PC/SC client library."""

from collections.abc import Iterable
from typing import Final

from config.platform.chosen import system

_LIBRARY: Final = "libpcsclite"
_KNOWN: Final = ("scdaemon", "gpg-agent", "pcsc_scan", "pkcs11", "ssh-pkcs11-help", "yubikey-agent", "p11-kit-remote")
"""Program names, for processes of other users, whose libraries are hidden. The most common is scdaemon of `gpg`."""
_MAX_LISTED: Final = 5


def likely_holders(programs: Iterable[tuple[int, str, str]] | None = None) -> tuple[str, ...]:
    """Return `name (process 4711)` for up to five programs, known ones first, without this program and the service."""
    found: list[tuple[int, int, str]] = []
    for process, name, loaded in system.programs() if programs is None else programs:
        usual = next((place for place, known in enumerate(_KNOWN) if name.startswith(known)), len(_KNOWN))
        if name != "pcscd" and (usual < len(_KNOWN) or _LIBRARY in loaded):
            found.append((usual, process, name))
    return tuple(f"{name} (process {process})" for _, process, name in sorted(found)[:_MAX_LISTED])
