"""Insert a card file into the virtual reader, for `uketsuke card insert`."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from config.files import exclusive_lock
from reader.softcard.card import Card, SoftCard
from reader.softcard.card_image import CardFileError
from reader.softcard.vpcd import VPCD_PORT, VirtualReaderUnavailable, VpcdConnection

SLOTS: Final = 2
"""Number of virtual reader slots in Debian's configuration."""
INSTALL_COMMANDS: Final = (
    "sudo apt-get install --no-install-recommends pcscd vsmartcard-vpcd\n"
    "sudo systemctl restart pcscd    # or, without systemd: sudo pcscd --foreground"
)
NETWORK_WARNING: Final = (
    "the virtual reader listens on all network interfaces, so anyone who can connect to TCP port 35963 can insert a "
    "card. Do not use it on production terminals, and isolate it from real networks (firewall, network namespace)."
)
_POLL_SECONDS: Final = 1.0


def keep_inserted(
    path: Path,
    *,
    reader: int = 0,
    port: int = VPCD_PORT,
    stop: threading.Event,
    report: Callable[[str], None],
    wrap: Callable[[SoftCard], Card] = lambda card: card,
) -> None:
    """Insert the card file `path` into slot `reader` of the virtual reader until `stop` is set.

    Waits while the PC/SC service is down, inserts the card again after a restart, and reports both with `report`.
    `port`: port of the first slot. `wrap` may wrap the card in a fault. Raises `CardFileError` if the file
    is unreadable or another process has inserted the card, and `ValueError` if the slot does not exist.
    """
    if not 0 <= reader < SLOTS:
        raise ValueError(f"the virtual reader has slots 0 to {SLOTS - 1}")
    with _exclusive_lock(path):
        card = wrap(SoftCard.from_file(path))
        slot = VpcdConnection(reader, port=port, timeout=0)
        waiting = False
        while not stop.is_set():
            try:
                slot.insert(card)
            except VirtualReaderUnavailable as unavailable:
                if not waiting:
                    report(f"waiting: {unavailable}")
                waiting = True
                stop.wait(_POLL_SECONDS)
                continue
            waiting = False
            report(f"inserted into {slot.reader!r}")
            try:
                while not stop.is_set() and not slot.wait_for_release(0.2):
                    pass
            finally:
                slot.remove()
            report("removed" if stop.is_set() else "the PC/SC service has released the card")


@contextmanager
def _exclusive_lock(path: Path) -> Iterator[None]:
    """Lock the card file, because two processes would count tries independently."""
    if not path.exists():
        raise CardFileError(f"{path}: cannot be read (no such file)")
    with exclusive_lock(path.with_name(f".{path.name}.lock"), wait=False) as locked:
        if not locked:
            raise CardFileError(f"{path}: another process has inserted this card")
        yield
