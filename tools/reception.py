"""Test an installed `uketsuke` with a complete reception through pcscd and its virtual reader.

    python3 tools/reception.py --state DIR [--uketsuke CMD] [--service-uketsuke CMD] [--vpcd-port PORT]

Issues a card, starts the service stub, enrols the terminal and runs it with `--headless`. Then inserts the card, enters
the PIN and answers yes to all questions. Prints the duration of each step. The exit status is 0 if the result file
contains the consents, and 1 if a step fails. Requires only the standard library.
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
"""Time limit for each step, in seconds."""

INPUTS = (
    ("Please enter your PIN", "1234"),
    ("see your information?", "3"),
    ("out-of-pocket limit?", "3"),
)
"""The terminal's prompts, and what to enter at each."""
END = "You're checked in"
CONSENTS = ("<DiagnosisInfoConsFlg>1<", "<LimitApplicationCertificateRelatedConsFlg>1<")


class StepFailed(Exception):
    """Raised if a step fails, with the reason and the program's output."""


class Output:
    """Reads a program's output in the background."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.lines: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, args=(process,), daemon=True).start()

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def wait_for(self, *texts: str) -> str:
        """Wait for a line that contains one of `texts`, and return this text.

        Raises StepFailed if the program ends or the time limit is reached.
        """
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
        raise StepFailed(f"expected {' or '.join(texts)!r}. Last output:\n{''.join(self.lines[-12:])}")


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


def step(name: str, action: Callable[[], None]) -> None:
    """Run a step and print its duration."""
    began = time.monotonic()
    action()
    print(f"{name:44} {time.monotonic() - began:6.1f} s", flush=True)


class ReceptionTest:
    """A terminal and a service stub with a common state folder."""

    def __init__(self, terminal: list[str], service: list[str], state: Path, vpcd_port: str) -> None:
        self.terminal, self.service, self.state = terminal, service, state
        self.vpcd_port = vpcd_port
        self.environment = {**os.environ, "UKETSUKE_STATE_DIR": str(state), "UKETSUKE_READER__NAME": READER}
        self.results = state / "results"

    def call(self, command: list[str], *arguments: str) -> None:
        """Run a command of uketsuke. Raises StepFailed if its exit status is not 0."""
        result = subprocess.run([*command, *arguments], env=self.environment, text=True, capture_output=True)
        if result.returncode != 0:
            raise StepFailed(f"{' '.join([*command, *arguments])}: {result.stdout}{result.stderr}")

    def enrol(self) -> None:
        """Enrol the terminal, retrying until the service responds."""
        deadline = time.monotonic() + WAIT
        while True:
            try:
                return self.call(self.terminal, "enrol", "--service", SERVICE)
            except StepFailed:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.3)

    def run_reception(self) -> None:
        earlier_files = set(self.results.glob("*.xml"))
        run = [*self.terminal, "run", "--headless", "--language", "en", "--service", SERVICE]
        insert = [*self.terminal, "card", "insert", "visitor", "--port", self.vpcd_port]
        with running(run, self.environment) as terminal:
            output = Output(terminal)
            output.wait_for("Please put your My Number Card")
            with running(insert, self.environment) as card:
                Output(card).wait_for("inserted into")
                self._answer_prompts(terminal, output)
            output.wait_for("Please put your My Number Card")
        new_files = set(self.results.glob("*.xml")) - earlier_files
        if len(new_files) != 1:
            raise StepFailed(f"expected one new result file in {self.results}, found {len(new_files)}")
        content = new_files.pop().read_text(encoding="utf-8")
        missing = [element for element in CONSENTS if element not in content]
        if missing:
            raise StepFailed(f"the result file does not contain {', '.join(missing)}")

    def _answer_prompts(self, terminal: "subprocess.Popen[str]", output: Output) -> None:
        inputs = dict(INPUTS)
        assert terminal.stdin is not None
        while (prompt := output.wait_for(*inputs, END)) != END:
            # the terminal reads the input after it has printed all choices
            terminal.stdin.write(inputs[prompt] + "\n")
            terminal.stdin.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--state", type=Path, required=True, help="state folder for terminal and stub")
    parser.add_argument("--uketsuke", default="uketsuke", help="terminal command (default: %(default)s)")
    parser.add_argument("--service-uketsuke", default="", help="stub command (default: the terminal command)")
    parser.add_argument(
        "--vpcd-port", default="35963", help="port of the virtual reader (default: %(default)s, as in Debian's package)"
    )
    options = parser.parse_args()
    terminal = options.uketsuke.split()
    if shutil.which(terminal[0]) is None:
        parser.error(f"{terminal[0]} is not installed")
    service = options.service_uketsuke.split() or terminal
    test = ReceptionTest(terminal, service, options.state, options.vpcd_port)
    try:
        if not (options.state / "cards" / "visitor.json").exists():
            step("card issued", lambda: test.call(service, "card", "issue", "visitor", "--person", "adult"))
        with running([*service, "stub", "--port", PORT], test.environment):
            step("service started, terminal enrolled", test.enrol)
            step("reception: card, PIN, answers, result file", test.run_reception)
        step("ledger verified", lambda: test.call(terminal, "ledger", "verify", "--files", str(test.results)))
    except StepFailed as failure:
        print(f"failed: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
