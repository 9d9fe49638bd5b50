"""Keeps a card file in the virtual reader: what `uketsuke card insert` does."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from config.files import sole_use
from reader.softcard.card import Card, SoftCard
from reader.softcard.image import CardFileError
from reader.softcard.vpcd import VPCD_PORT, VirtualReaderUnavailable, VpcdConnection

SLOTS: Final = 2
"""Slots of the virtual reader as Debian configures it."""
HOW_TO_INSTALL: Final = (
    "sudo apt-get install --no-install-recommends pcscd vsmartcard-vpcd\n"
    "sudo systemctl restart pcscd    # or, without systemd: sudo pcscd --foreground"
)
OPEN_TO_THE_NETWORK: Final = (
    "the virtual reader listens on all network interfaces, and anyone who reaches TCP port 35963 can put a card in. "
    "Keep it off real networks (firewall, network namespace) and off terminals in use."
)
_LOOK_AGAIN: Final = 1.0


def keep_inserted(
    path: Path,
    *,
    reader: int = 0,
    port: int = VPCD_PORT,
    stop: threading.Event,
    tell: Callable[[str], None],
    wrap: Callable[[SoftCard], Card] = lambda card: card,
) -> None:
    """Put the card of `path` into slot `reader` of the virtual reader and keep it there until `stop` is set.

    `port` is the first slot's. Waits for a PC/SC service that is not up, and comes back after its restart; says so
    through `tell`. `wrap` may put a fault around the card. The file is this process's meanwhile.
    Raises `CardFileError`, also for a file in use, and `ValueError` for a slot the virtual reader does not have.
    """
    if not 0 <= reader < SLOTS:
        raise ValueError(f"the virtual reader has slots 0 to {SLOTS - 1}")
    with _sole_use(path):
        card = wrap(SoftCard.from_file(path))
        slot = VpcdConnection(reader, port=port, timeout=0)
        waiting = False
        while not stop.is_set():
            try:
                slot.insert(card)
            except VirtualReaderUnavailable as unavailable:
                if not waiting:
                    tell(f"waiting: {unavailable}")
                waiting = True
                stop.wait(_LOOK_AGAIN)
                continue
            waiting = False
            tell(f"inserted into {slot.reader!r}")
            try:
                while not stop.is_set() and not slot.gone(0.2):
                    pass
            finally:
                slot.remove()
            tell("taken out" if stop.is_set() else "the PC/SC service has let go of the card")


@contextmanager
def _sole_use(path: Path) -> Iterator[None]:
    """Two processes with one card file would each keep counters of their own."""
    if not path.exists():
        raise CardFileError(f"{path}: cannot be read (no such file)")
    with sole_use(path.with_name(f".{path.name}.lock"), wait=False) as ours:
        if not ours:
            raise CardFileError(f"{path}: lies in a reader already, put there by another process")
        yield
