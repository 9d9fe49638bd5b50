"""Tests for incomplete files, unusual names, full disks and interrupted programs."""

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from terminal.handover.folder import ResultFolder
from terminal.handover.xml import MAX_SIZE, ParsedFile, parse, write_document
from terminal.simulated.exchange.service import ExchangeRules, Folders
from tests.terminal.handover.requests import check
from tests.terminal.simulated.exchange.conftest import Counter

NAME = "OQSsiquc01req_202611210001.xml"
ANSWER = "OQSsiquc01res_202611210001.xml"
ERROR = "OQSsiquc01req_202611210001.err"
REQUEST = write_document(check()).data


def error_code(counter: Counter, name: str = ERROR) -> Any:
    parsed = parse((counter.folders.res / name).read_bytes())
    assert isinstance(parsed, ParsedFile)
    root: Any = parsed.root
    return root.findtext("MessageHeader/ErrorCode")


def test_request_is_answered_at_the_second_poll(counter: Counter) -> None:
    counter.put(NAME, REQUEST)
    assert counter.scan().waiting == 1
    assert counter.answers() == []
    assert counter.scan().answered == 1
    assert counter.answers() == [ANSWER]
    assert counter.requests() == []


def test_growing_file_is_answered_only_when_complete(counter: Counter) -> None:
    path = counter.put(NAME, b"")
    for end in range(50, len(REQUEST), 50):
        path.write_bytes(REQUEST[:end])
        assert counter.scan().waiting == 1
    path.write_bytes(REQUEST)
    counter.scan(2)
    assert counter.answers() == [ANSWER]


def test_exchange_waits_for_a_writer_that_pauses(counter: Counter) -> None:
    path = counter.put(NAME, REQUEST[:300])
    assert counter.scan(5).waiting == 1
    path.write_bytes(REQUEST)
    counter.scan(2)
    assert counter.answers() == [ANSWER]


@pytest.mark.parametrize("data", [b"", REQUEST[:300], b"\x00" * 500])
def test_incomplete_file_is_refused_after_three_seconds(counter: Counter, data: bytes) -> None:
    counter.put(NAME, data)
    assert [counter.scan().rejected for _ in range(10)] == [0] * 6 + [1] + [0] * 3
    assert counter.answers() == [ERROR]
    assert error_code(counter) == "SIMX0001E"
    assert counter.requests() == []


@pytest.mark.parametrize(
    "data",
    [
        REQUEST.replace(b"XmlMsg", b"Message"),
        REQUEST.replace(b"<Birthdate>1981", b"<Birthdate>81"),
        REQUEST.replace(b">0</Limit", b">7</Limit"),
        REQUEST.replace(b"MedicalInstitutionCode", b"InstitutionCode"),
        REQUEST.replace(b'"UTF-8"', b'"Shift_JIS"').replace("試－１".encode(), "試験髙".encode()),
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + REQUEST.split(b"\n", 1)[1],
    ],
)
def test_invalid_requests_are_refused(counter: Counter, data: bytes) -> None:
    counter.put(NAME, data)
    counter.scan(9)
    assert counter.answers() == [ERROR]
    assert error_code(counter) == "SIMX0001E"
    content = (counter.folders.res / ERROR).read_bytes()
    assert b"0001234" not in content
    assert b"1981" not in content


@pytest.mark.parametrize("start", ["OQSsihvq01req", "OQSsiurl01req", "CIPsiquc01req", "YKZsiquc01req"])
def test_unknown_and_misspelled_kinds_get_an_error_file(counter: Counter, start: str) -> None:
    counter.put(f"{start}_1.xml", b"<XmlMsg/>")
    counter.scan(2)
    assert counter.answers() == [f"{start}_1.err"]
    assert error_code(counter, f"{start}_1.err") == "SIMX0002E"


@pytest.mark.parametrize(
    "name",
    [
        "OQSsiquc01req_患者.xml",
        "OQSsiquc01req_ 1.xml",
        "OQSsiquc01req_1;rm -rf.xml",
        "OQSsiquc01req_$(id).xml",
        "OQSsiquc01req_..xml",
        "OQSsiquc01req_a.b.xml",
        "OQSsiquc01req_\n.xml",
        "OQSsiquc01req_" + "1" * 81 + ".xml",
        "OQSsiquc01req_.xml",
        "OQSsiquc01req_\\..\\..\\x.xml",
    ],
)
def test_file_with_a_hostile_name_is_left_alone(counter: Counter, name: str, caplog: pytest.LogCaptureFixture) -> None:
    counter.put(name, REQUEST)
    scan = counter.scan(9)
    assert (scan.hostile, scan.answered, scan.rejected) == (1, 0, 0)
    assert counter.answers() == []
    assert counter.requests() == [name]
    assert name not in caplog.text


def test_file_name_with_invalid_encoding_is_left_alone(counter: Counter) -> None:
    path = os.fsencode(counter.folders.req) + b"/OQSsiquc01req_\xff\xfe.xml"
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(REQUEST)
    assert counter.scan(3).hostile == 1
    assert counter.answers() == []


@pytest.mark.parametrize("name", ["notes.txt", "x.xml", "OQSsiquc01res_1.xml", "OQSsiquc01req_1.xml.tmp", ".hidden"])
def test_other_files_are_ignored(counter: Counter, name: str) -> None:
    counter.put(name, REQUEST)
    scan = counter.scan(9)
    assert (scan.hostile, scan.waiting) == (0, 0)
    assert counter.requests() == [name]
    assert counter.answers() == []


def test_links_folders_and_pipes_are_never_opened(counter: Counter, tmp_path: Path) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_bytes(REQUEST)
    (counter.folders.req / "OQSsiquc01req_1.xml").symlink_to(secret)
    (counter.folders.req / "OQSsiquc01req_2.xml").mkdir()
    os.mkfifo(counter.folders.req / "OQSsiquc01req_3.xml")
    (counter.folders.req / "OQSsiquc01req_4.xml").symlink_to("/dev/zero")
    assert counter.scan(9).hostile == 4
    assert counter.answers() == []
    assert secret.exists()


def test_oversized_request_is_refused(counter: Counter) -> None:
    counter.put(NAME, REQUEST + b" " * MAX_SIZE)
    counter.scan(2)
    assert counter.answers() == [ERROR]


def test_existing_answer_is_never_overwritten(counter: Counter) -> None:
    (counter.folders.res / ANSWER).write_bytes(b"from yesterday")
    counter.put(NAME, REQUEST)
    counter.scan(2)
    assert (counter.folders.res / ANSWER).read_bytes() == b"from yesterday"
    assert error_code(counter) == "SIMX0010E"
    assert counter.requests() == []


def test_request_left_by_a_crash_is_not_answered_again(counter: Counter, restart: Callable[[], None]) -> None:
    counter.put(NAME, REQUEST)
    counter.scan(2)
    before = (counter.folders.res / ANSWER).read_bytes()
    counter.put(NAME, REQUEST)  # as if it had not been removed
    restart()
    counter.scan(2)
    assert counter.answers() == [ANSWER]
    assert (counter.folders.res / ANSWER).read_bytes() == before
    assert counter.requests() == []


def test_request_is_answered_after_a_crash(
    counter: Counter, restart: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = ResultFolder.deliver

    def crash(folder: ResultFolder, name: str, data: bytes) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ResultFolder, "deliver", crash)
    counter.put(NAME, REQUEST)
    with pytest.raises(KeyboardInterrupt):
        counter.scan(2)
    monkeypatch.setattr(ResultFolder, "deliver", original)
    restart()
    counter.scan(2)
    assert counter.answers() == [ANSWER]


def test_answer_is_written_when_the_disk_has_space_again(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    original = os.fsync

    def fail(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", fail)
    counter.put(NAME, REQUEST)
    assert counter.scan(3).undelivered == 1
    assert counter.answers() == []
    assert counter.requests() == [NAME]
    monkeypatch.setattr(os, "fsync", original)
    assert counter.scan().answered == 1
    assert counter.answers() == [ANSWER]
    assert counter.requests() == []


def test_request_in_a_read_only_folder_is_answered_once(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, missing_ok: bool = False) -> None:
        raise OSError(errno.EROFS, "read-only")

    monkeypatch.setattr("terminal.simulated.exchange.service.remove", fail)
    counter.put(NAME, REQUEST)
    counter.scan(2)
    (counter.folders.res / ANSWER).unlink()  # as the receipt computer does after reading it
    counter.scan(4)
    assert counter.answers() == []
    assert counter.requests() == [NAME]
    monkeypatch.undo()
    counter.scan()
    assert counter.requests() == []
    assert counter.answers() == []


def test_request_replaced_during_delivery_is_a_new_request(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    original = ResultFolder.deliver
    second = write_document(check("KSK-0002")).data

    def deliver_and_replace(folder: ResultFolder, name: str, data: bytes) -> Any:
        outcome = original(folder, name, data)
        counter.put(NAME, second)
        return outcome

    monkeypatch.setattr(ResultFolder, "deliver", deliver_and_replace)
    counter.put(NAME, REQUEST)
    counter.scan(2)
    monkeypatch.undo()
    assert counter.requests() == [NAME]
    assert counter.read(ANSWER).header.file_identifier == "KSK-0001"
    counter.scan(2)
    assert error_code(counter) == "SIMX0010E"


def test_keep_requests_moves_answered_requests_to_done(
    counter: Counter, restart: Callable[[ExchangeRules], None]
) -> None:
    restart(ExchangeRules(keep_requests=True))
    for number in range(2):
        counter.put(NAME, REQUEST)
        counter.scan(2)
        (counter.folders.res / ANSWER).unlink()
        assert counter.requests() == []
        assert len(list((counter.folders.req / "done").iterdir())) == number + 1


def test_many_requests_are_answered_in_several_scans(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("terminal.simulated.exchange.intake.MAX_FILES", 20)
    for number in range(50):
        counter.put(f"OQSsiquc01req_{number:04}.xml", REQUEST)
    assert [counter.scan().answered for _ in range(5)] == [0, 20, 20, 10, 0]
    assert len(counter.answers()) == 50
    assert counter.requests() == []


def test_folder_names_are_case_insensitive(tmp_path: Path) -> None:
    (tmp_path / "Req").mkdir()
    (tmp_path / "RES").mkdir()
    folders = Folders.below(tmp_path)
    assert (folders.req, folders.res, folders.face) == (tmp_path / "Req", tmp_path / "RES", tmp_path / "face")
    assert folders.face.is_dir()


def test_service_resumes_when_a_missing_folder_returns(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stop = threading.Event()
    rounds: list[int] = []

    class Wait:
        def __call__(self, seconds: float) -> bool:
            assert seconds == 0.5
            rounds.append(1)
            counter.advance(seconds)
            if len(rounds) == 3:
                counter.folders.req.mkdir()
                counter.put(NAME, REQUEST)
            if len(rounds) == 6:
                stop.set()
            return stop.is_set()

    monkeypatch.setattr(stop, "wait", Wait())
    counter.folders.req.rmdir()
    counter.service.run(stop)
    assert counter.answers() == [ANSWER]
    assert caplog.text.count("cannot scan the folders") == 1
    assert str(counter.folders.req) not in caplog.text


@pytest.mark.parametrize("identifier", ["SIM-REJECT", "SIM-FAIL", "SIM-SILENT", "SIM-SLOW-7"])
def test_identifier_provokes_misbehaviour(counter: Counter, identifier: str) -> None:
    counter.put(NAME, write_document(check(identifier)).data)
    scan = counter.scan(2)
    if identifier == "SIM-REJECT":
        assert counter.answers() == [ERROR]
        assert error_code(counter) == "SIMX0011E"
    elif identifier == "SIM-FAIL":
        assert counter.read(ANSWER).header.segment == "9"
    elif identifier == "SIM-SILENT":
        assert (counter.answers(), counter.requests()) == ([], [])
    else:
        assert (scan.waiting, counter.answers(), counter.requests()) == (1, [], [NAME])
        counter.scan(13)
        assert counter.answers() == []
        counter.scan()
        assert counter.answers() == [ANSWER]


def test_log_contains_no_patient_data(counter: Counter, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    counter.put("OQSsiquc01req_9902202611210024434.xml", REQUEST)
    counter.put("OQSsiquc01req_2.xml", REQUEST.replace(b"<Birthdate>", b"<Birth>"))
    counter.scan(9)
    assert "OQSsiquc01req: answered" in caplog.text
    for personal in ("24434", "0001234", "138999", "1981", "試"):
        assert personal not in caplog.text
