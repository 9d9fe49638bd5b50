"""The terminal contacts no other computer, neither by name nor by address: run without any."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
UNSHARE = ("unshare", "--user", "--map-root-user", "--net", "--mount")

READS_A_CARD_FRONT = """
import numpy as np
from vision.printed.model import recogniser_path
from vision.printed.recogniser import HEIGHT, Recogniser
Recogniser(recogniser_path()).read(np.full((HEIGHT, 320, 3), 255, np.uint8), "0123456789")
"""
LOOKS_ELSEWHERE = """
import socket
try:
    socket.getaddrinfo("reports.example", 443)
except OSError:
    pass
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect_ex(("198.51.100.7", 9))
"""

pytestmark = pytest.mark.skipif(
    subprocess.run([*UNSHARE, "mount", "--bind", "/etc/hosts", "/etc/hosts"], capture_output=True).returncode != 0,
    reason="no network and mount namespaces here",
)


def tried(*command: str | Path, **environment: str) -> dict[str, Any]:
    # In CI onnxruntime does not send telemetry anyway.
    clean = {name: value for name, value in os.environ.items() if name not in ("CI", "ORT_DISABLE_TELEMETRY")}
    whole = [*UNSHARE, sys.executable, Path(__file__).with_name("cut_off.py"), *command]
    done = subprocess.run(
        [str(word) for word in whole], capture_output=True, text=True, cwd=ROOT, env={**clean, **environment}
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_what_looks_elsewhere_is_seen() -> None:
    seen = tried(sys.executable, "-c", LOOKS_ELSEWHERE)
    assert set(seen["names"]) == {"reports.example"}
    assert seen["elsewhere"] > 0


def test_the_text_recogniser_reports_to_nobody(tmp_path: Path) -> None:
    """onnxruntime would write an identifier into the home folder at once, and send it ten seconds later."""
    assert tried(sys.executable, "-c", READS_A_CARD_FRONT, HOME=str(tmp_path)) == {"names": [], "elsewhere": 0}
    assert not list(tmp_path.rglob("*icrosoft*"))


@pytest.mark.long
@pytest.mark.timeout(300)
def test_receptions_with_everything_embedded(tmp_path: Path) -> None:
    demo = (Path(sys.executable).parent / "uketsuke", "demo", "--auto", "--persona", "face-match")
    assert tried(*demo, UKETSUKE_STATE_DIR=str(tmp_path)) == {"names": [], "elsewhere": 0}
