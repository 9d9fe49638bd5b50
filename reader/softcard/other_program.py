"""Separate program that holds a card exclusively, for `demo --pcsc`: `python -m reader.softcard.other_program`."""

import subprocess
import sys
import threading
import time
from typing import Final

_POLL_SECONDS: Final = 0.02
_STOP_TIMEOUT: Final = 5.0


class OtherProgram:
    """Process that waits for a card in a reader and holds it exclusively until `end`, using this process's daemon."""

    def __init__(self, reader: str) -> None:
        self._has_card = threading.Event()
        self._process = subprocess.Popen(  # noqa: S603 - this module
            [sys.executable, "-m", "reader.softcard.other_program", reader],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        threading.Thread(target=self._listen, name="other program", daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        if self._process.stdout.readline():
            self._has_card.set()

    def has_card(self, timeout: float) -> bool:
        """Wait until it holds a card. Return False after `timeout` seconds."""
        return self._has_card.wait(timeout)

    def end(self) -> None:
        """Release the card and end the program."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _hold_a_card(reader: str) -> None:
    """Wait for a card and hold it until standard input ends."""
    from reader.pcsc import PcscLink, connect

    over = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        over.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    while not over.is_set():
        link = connect(reader)
        if isinstance(link, PcscLink):
            sys.stdout.write("held\n")
            sys.stdout.flush()
            over.wait()
            link.close()
        time.sleep(_POLL_SECONDS)


if __name__ == "__main__":
    _hold_a_card(sys.argv[1])
