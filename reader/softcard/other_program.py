"""Program that uses a card exclusively, for `demo --pcsc`: `python -m reader.softcard.other_program READER`."""

import subprocess
import sys
import threading
import time
from typing import Final

_POLL_SECONDS: Final = 0.02
_STOP_TIMEOUT: Final = 5.0


class OtherProgram:
    """Process that waits for a card in a reader and connects exclusively until `end`, with this process's daemon."""

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
        """Wait until the program is connected to a card. Returns False after `timeout` seconds."""
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


def _hold_card(reader: str) -> None:
    """Wait for a card and stay connected until the end of standard input."""
    from reader.pcsc import PcscLink, connect

    stop = threading.Event()

    def wait_for_end_of_input() -> None:
        sys.stdin.read()
        stop.set()

    threading.Thread(target=wait_for_end_of_input, daemon=True).start()
    while not stop.is_set():
        link = connect(reader)
        if isinstance(link, PcscLink):
            sys.stdout.write("held\n")
            sys.stdout.flush()
            stop.wait()
            link.close()
        time.sleep(_POLL_SECONDS)


if __name__ == "__main__":
    _hold_card(sys.argv[1])
