"""The process that accesses the result folder, and its protection of patient data."""

import os
import signal
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from terminal.handover.folder import DeliveryFailure, FileDelivered
from terminal.handover.process import FolderProcess


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_process_writes_no_core_file_and_ignores_ctrl_c(tmp_path: Path) -> None:
    folder = FolderProcess(tmp_path / "results", create=True)
    assert folder.probe() is None
    helper = folder._process
    assert helper is not None
    limits = Path(f"/proc/{helper.pid}/limits").read_text().splitlines()
    (core,) = [line.split()[4:6] for line in limits if line.startswith("Max core file size")]
    assert core == ["0", "0"]
    os.kill(helper.pid, signal.SIGINT)  # Ctrl+C sends SIGINT to all processes of the console
    assert folder.probe() is None
    assert folder._process is helper, "the process was restarted"
    folder.close()
    assert helper.poll() is not None


def test_failure_of_last_operation_is_reported(tmp_path: Path) -> None:
    share, name, digest = tmp_path / "share", "OQSsiquc01res_face_1.xml", sha256(b"<XmlMsg/>").hexdigest()
    folder = FolderProcess(share)
    folder.prepare(name, b"<XmlMsg/>")
    assert folder.failure is DeliveryFailure.FOLDER_MISSING
    share.mkdir()
    folder.prepare(name, b"<XmlMsg/>")
    assert folder.failure is None
    assert folder.move(name, digest) == FileDelivered(share / name)
    folder.prepare(name, b"<another/>")
    assert folder.failure is DeliveryFailure.OCCUPIED
    folder.inspect(name)
    assert folder.failure is None
    folder.move(name, "0" * 64)
    assert folder.failure is DeliveryFailure.FOLDER_MISSING
    folder.close()
