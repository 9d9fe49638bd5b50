"""Run an end-to-end reception with an installed `uketsuke`, pcscd and its virtual reader.

    python3 tools/reception.py --state DIR [--uketsuke CMD] [--service-uketsuke CMD] [--vpcd-port PORT]

Issues a card, starts the service stub, enrols the terminal and runs it with `--headless`. Then inserts the card, enters
the PIN and consents to all questions. Prints the duration of each step. Exits with 0 if the result file contains the
answers. Requires only the standard library.
"""

import argparse
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PORT = "8791"
SERVICE = f"http://127.0.0.1:{PORT}"
READER = "Virtual PCD 00 00"
WAIT = 60.0
"""Time limit of each step, in seconds."""

ANSWERS = (
    ("Please enter your PIN", "1234"),
    ("see your information?", "3"),
    ("out-of-pocket limit?", "3"),
)
"""Questions of the terminal and the answers to enter."""
END = "You're checked in"
PROVIDED = ("<DiagnosisInfoConsFlg>1<", "<LimitApplicationCertificateRelatedConsFlg>1<")


class Failed(Exception):
    """A step failed. The message contains the step and the last output."""


class Output:
    """Background reader of the lines printed by a program."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.lines: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, args=(process,), daemon=True).start()

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def until(self, *texts: str) -> str:
        """Wait until one of `texts` is printed and return it. Raises Failed."""
        deadline = time.monotonic() + WAIT
        while time.monotonic() < deadline:
            try:
                line = self._lines.get(timeout=1)
            except queue.Empty:
                continue
            if line is None:
                break
            self.lines.append(line)
            for text in texts:
                if text in line:
                    return text
        raise Failed(f"expected {' or '.join(texts)!r}. Last output:\n{''.join(self.lines[-12:])}")


@contextmanager
def running(command: list[str], environment: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def step(name: str, do: Callable[[], None]) -> None:
    began = time.monotonic()
    do()
    print(f"{name:44} {time.monotonic() - began:6.1f} s", flush=True)


class Counter:
    def __init__(self, terminal: list[str], service: list[str], state: Path, vpcd_port: str) -> None:
        self.terminal, self.service, self.state = terminal, service, state
        self.vpcd_port = vpcd_port
        self.environment = {**os.environ, "UKETSUKE_STATE_DIR": str(state), "UKETSUKE_READER__NAME": READER}
        self.results = state / "results"

    def call(self, command: list[str], *words: str) -> None:
        result = subprocess.run([*command, *words], env=self.environment, text=True, capture_output=True)
        if result.returncode != 0:
            raise Failed(f"{' '.join([*command, *words])}: {result.stdout}{result.stderr}")

    def enrol(self) -> None:
        """Enrol the terminal, retrying until the service responds."""
        deadline = time.monotonic() + WAIT
        while True:
            try:
                return self.call(self.terminal, "enrol", "--service", SERVICE)
            except Failed:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.3)

    def run_reception(self) -> None:
        before = set(self.results.glob("*.xml"))
        run = [*self.terminal, "run", "--headless", "--language", "en", "--service", SERVICE]
        insert = [*self.terminal, "card", "insert", "visitor", "--port", self.vpcd_port]
        with running(run, self.environment) as terminal:
            output = Output(terminal)
            output.until("Please put your My Number Card")
            with running(insert, self.environment) as card:
                Output(card).until("inserted into")
                self._answer(terminal, output)
            output.until("Please put your My Number Card")
        written = set(self.results.glob("*.xml")) - before
        if len(written) != 1:
            raise Failed(f"expected one new result file in {self.results}, found {len(written)}")
        content = written.pop().read_text(encoding="utf-8")
        missing = [flag for flag in PROVIDED if flag not in content]
        if missing:
            raise Failed(f"the result file does not contain {', '.join(missing)}")

    def _answer(self, terminal: "subprocess.Popen[str]", output: Output) -> None:
        answers = dict(ANSWERS)
        assert terminal.stdin is not None
        while (question := output.until(*answers, END)) != END:
            # the prompt reads the answer after it has printed all choices
            terminal.stdin.write(answers[question] + "\n")
            terminal.stdin.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--state", type=Path, required=True, help="state folder of terminal and stub")
    parser.add_argument("--uketsuke", default="uketsuke", help="command of the terminal; default: uketsuke")
    parser.add_argument("--service-uketsuke", default="", help="command of the stub, if different")
    parser.add_argument("--vpcd-port", default="35963", help="port of the virtual reader; default: Debian's")
    options = parser.parse_args()
    terminal = options.uketsuke.split()
    if shutil.which(terminal[0]) is None:
        parser.error(f"{terminal[0]} is not installed")
    service = options.service_uketsuke.split() or terminal
    counter = Counter(terminal, service, options.state, options.vpcd_port)
    try:
        if not (options.state / "cards" / "visitor.json").exists():
            step("card issued", lambda: counter.call(service, "card", "issue", "visitor", "--person", "adult"))
        with running([*service, "stub", "--port", PORT], counter.environment):
            step("service started, terminal enrolled", counter.enrol)
            step("reception: card, PIN, answers, result file", counter.run_reception)
        step("ledger verified", lambda: counter.call(terminal, "ledger", "verify", "--files", str(counter.results)))
    except Failed as failure:
        print(f"failed: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
