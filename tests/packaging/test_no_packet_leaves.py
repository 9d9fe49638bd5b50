"""Check in a network namespace that the terminal contacts no other host."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
UNSHARE = ("unshare", "--user", "--map-root-user", "--net", "--mount")

READ_CARD_FRONT = """
import numpy as np
from vision.printed.model import recogniser_path
from vision.printed.recogniser import HEIGHT, Recogniser
Recogniser(recogniser_path()).read(np.full((HEIGHT, 320, 3), 255, np.uint8), "0123456789")
"""
CONTACT_OTHER_HOST = """
import socket
try:
    socket.getaddrinfo("reports.example", 443)
except OSError:
    pass
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect_ex(("198.51.100.7", 9))
"""

pytestmark = pytest.mark.skipif(
    subprocess.run([*UNSHARE, "mount", "--bind", "/etc/hosts", "/etc/hosts"], capture_output=True).returncode != 0,
    reason="network and mount namespaces are not available",
)


def attempts(*command: str | Path, **environment: str) -> dict[str, Any]:
    # Either variable disables onnxruntime's telemetry.
    inherited = {name: value for name, value in os.environ.items() if name not in ("CI", "ORT_DISABLE_TELEMETRY")}
    isolated = [*UNSHARE, sys.executable, Path(__file__).with_name("cut_off.py"), *command]
    result = subprocess.run(
        [str(word) for word in isolated], capture_output=True, text=True, cwd=ROOT, env={**inherited, **environment}
    )
    assert result.returncode == 0, result.stderr
    attempted: dict[str, Any] = json.loads(result.stdout)
    return attempted


def test_attempts_to_contact_another_host_are_detected() -> None:
    attempted = attempts(sys.executable, "-c", CONTACT_OTHER_HOST)
    assert set(attempted["names"]) == {"reports.example"}
    assert attempted["unroutable"] > 0


def test_text_recogniser_sends_no_telemetry(tmp_path: Path) -> None:
    """By default, onnxruntime writes an identifier to the home folder and sends it after ten seconds."""
    assert attempts(sys.executable, "-c", READ_CARD_FRONT, HOME=str(tmp_path)) == {"names": [], "unroutable": 0}
    assert not list(tmp_path.rglob("*icrosoft*"))


@pytest.mark.long
@pytest.mark.timeout(300)
def test_receptions_contact_no_other_host(tmp_path: Path) -> None:
    demo = (Path(sys.executable).parent / "uketsuke", "demo", "--auto", "--persona", "face-match")
    assert attempts(*demo, UKETSUKE_STATE_DIR=str(tmp_path)) == {"names": [], "unroutable": 0}
