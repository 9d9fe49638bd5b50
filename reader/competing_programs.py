"""Detection of programs that probably use the card: those that have loaded the PC/SC client library."""

from collections.abc import Iterable
from typing import Final

from config.platform.current import system

_LIBRARY: Final = "libpcsclite"
_KNOWN: Final = ("scdaemon", "gpg-agent", "pcsc_scan", "pkcs11", "ssh-pkcs11-help", "yubikey-agent", "p11-kit-remote")
"""Names of known programs, most common first, for detecting other users' processes, whose libraries are hidden."""
_MAX_LISTED: Final = 5


def likely_holders(programs: Iterable[tuple[int, str, str]] | None = None) -> tuple[str, ...]:
    """Return up to five programs as `name (process 4711)`, known ones first, without this program and the service."""
    candidates: list[tuple[int, int, str]] = []
    for process, name, loaded in system.programs() if programs is None else programs:
        rank = next((rank for rank, known in enumerate(_KNOWN) if name.startswith(known)), len(_KNOWN))
        if name != "pcscd" and (rank < len(_KNOWN) or _LIBRARY in loaded):
            candidates.append((rank, process, name))
    return tuple(f"{name} (process {process})" for _, process, name in sorted(candidates)[:_MAX_LISTED])
