"""Any file yields a known answer, without an exception or data from outside the file."""

import time
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.japan import JAPAN
from terminal.handover.check import Findings, check_bytes
from terminal.handover.messages.kinds import FILE_KINDS, read_message
from terminal.handover.xml import Encoding, Parsed, Unreadable, parse
from terminal.simulated.exchange.answers.common import AnswerContext
from terminal.simulated.exchange.checks import InventedChecks
from terminal.simulated.exchange.consents import note_consents
from terminal.simulated.exchange.insured import InventedInsured
from terminal.simulated.exchange.names import Hostile, NotARequest, RequestName, request_name
from terminal.simulated.exchange.requests import AnswerFile, Rejected, Silent, handle
from terminal.simulated.exchange.store import ExchangeStore
from terminal.simulated.service.people import invented_people
from tests.terminal.simulated.exchange.conftest import Counter
from tests.terminal.simulated.exchange.fuzzing import FACE, REQUESTS, damaged

PEOPLE = invented_people()
NOW = datetime(2026, 11, 21, 9, 3, 12, tzinfo=JAPAN)


class Bench:
    def __init__(self) -> None:
        self.store = ExchangeStore(None)

    def desk(self, fail: bool, encoding: Encoding = "UTF-8") -> AnswerContext:
        return AnswerContext(InventedInsured(PEOPLE), InventedChecks(PEOPLE), self.store, NOW, encoding, None, fail)

    def try_everything(self, name: str, data: bytes) -> None:
        parsed = parse(data)
        assert isinstance(parsed, Parsed | Unreadable)
        findings = check_bytes(name, data)
        assert isinstance(findings, Findings)
        assert findings.text()
        if name == FACE:
            assert note_consents(data, InventedInsured(PEOPLE), self.store, NOW.date()) in (True, False)
            return
        request = request_name(name)
        assert isinstance(request, RequestName)
        handled = handle(request, data, self.desk, timedelta())
        assert isinstance(handled, AnswerFile | Rejected | Silent)
        if isinstance(handled, AnswerFile):
            # every answer must be readable
            answer = parse(handled.data)
            assert isinstance(answer, Parsed)
            assert b"root:" not in handled.data


@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    parsed = parse(data)
    assert isinstance(parsed, Parsed | Unreadable)
    for kind in FILE_KINDS:
        assert isinstance(check_bytes(kind.prefix + "1.xml", data), Findings)


@given(st.text(max_size=200), st.sampled_from(["utf-8", "cp932"]))
def test_any_text_in_every_place(text: str, codec: str) -> None:
    """Use the text as values in every kind of request."""
    bench = Bench()
    value = text.replace("&", "").replace("<", "").encode(codec, "ignore")
    declared = b"UTF-8" if codec == "utf-8" else b"Shift_JIS"
    for name in REQUESTS:
        request = request_name(name)
        assert isinstance(request, RequestName)
        assert request.kind is not None
        data = b'<?xml version="1.0" encoding="' + declared + b'"?><XmlMsg><MessageHeader><ArbitraryFileIdentifier>'
        data += value + b"</ArbitraryFileIdentifier></MessageHeader><MessageBody>" + value + b"</MessageBody></XmlMsg>"
        bench.try_everything(name, data)


@settings(max_examples=300)
@given(
    st.text(max_size=120), st.sampled_from(["", *(kind.prefix for kind in FILE_KINDS)]), st.sampled_from(["", ".xml"])
)
def test_any_name(text: str, prefix: str, ending: str) -> None:
    name = prefix + text + ending
    known = request_name(name)
    assert isinstance(known, RequestName | NotARequest | Hostile)
    if isinstance(known, RequestName):
        for answer in (known.answer, known.error):
            assert Path(answer).name == answer
            assert answer.isascii()
            assert not answer.startswith(".")
            assert answer != name
        assert known.error.endswith(".err")
        assert "req_" not in known.answer.partition("_")[0] + "_"
    assert isinstance(check_bytes(name, b"<XmlMsg/>"), Findings)


def test_damaged_files() -> None:
    bench = Bench()
    for name, data in islice(damaged(20261121), 1500):
        bench.try_everything(name, data)


@pytest.mark.long
def test_damaged_files_for_a_minute() -> None:
    bench, until = Bench(), time.monotonic() + 60
    for count, (name, data) in enumerate(damaged(time.time_ns())):
        bench.try_everything(name, data)
        if count % 100 == 0 and time.monotonic() > until:
            assert count > 1000
            return


def test_a_folder_full_of_damaged_files(counter: Counter) -> None:
    files = [(name, data) for name, data in islice(damaged(7), 60) if name != FACE]
    for number, (name, data) in enumerate(files):
        counter.put(name.replace("_1.xml", f"_{number:04}.xml"), data)
    counter.scan(12)
    assert counter.requests() == []
    assert len(counter.answers()) == len(files)


def test_messages_are_read_without_expansion() -> None:
    """A message contains only its own bytes: no entity, include or other file."""
    included = (
        b'<XmlMsg xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd" parse="text"/></XmlMsg>'
    )
    parsed = parse(included)
    assert isinstance(parsed, Parsed)
    for kind in FILE_KINDS:
        assert "root" not in repr(read_message(parsed, kind.message))
    assert [len(child) for child in parsed.root] == [0]
