"""Fuzz tests: every file is answered without exceptions and without data from other files."""

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
from terminal.handover.xml import Encoding, ParsedFile, UnreadableFile, parse
from terminal.simulated.exchange.answers.common import AnswerContext
from terminal.simulated.exchange.checks import LocalChecks
from terminal.simulated.exchange.consents import store_consents
from terminal.simulated.exchange.insured import LocalInsured
from terminal.simulated.exchange.names import Hostile, NotARequest, RequestName, request_name
from terminal.simulated.exchange.requests import AnswerFile, Rejected, Silent, handle
from terminal.simulated.exchange.store import ExchangeStore
from terminal.simulated.service.people import fictitious_people
from tests.terminal.simulated.exchange.conftest import Counter
from tests.terminal.simulated.exchange.fuzzing import FACE, REQUESTS, damaged_files

PEOPLE = fictitious_people()
NOW = datetime(2026, 11, 21, 9, 3, 12, tzinfo=JAPAN)


class FuzzBench:
    """Passes files to the parser, the checker and the exchange."""

    def __init__(self) -> None:
        self.store = ExchangeStore(None)

    def context(self, fail: bool, encoding: Encoding = "UTF-8") -> AnswerContext:
        return AnswerContext(LocalInsured(PEOPLE), LocalChecks(PEOPLE), self.store, NOW, encoding, None, fail)

    def process(self, name: str, data: bytes) -> None:
        parsed = parse(data)
        assert isinstance(parsed, ParsedFile | UnreadableFile)
        findings = check_bytes(name, data)
        assert isinstance(findings, Findings)
        assert findings.text()
        if name == FACE:
            assert store_consents(data, LocalInsured(PEOPLE), self.store, NOW.date()) in (True, False)
            return
        request = request_name(name)
        assert isinstance(request, RequestName)
        handled = handle(request, data, self.context, timedelta())
        assert isinstance(handled, AnswerFile | Rejected | Silent)
        if isinstance(handled, AnswerFile):
            # every answer must be readable
            answer = parse(handled.data)
            assert isinstance(answer, ParsedFile)
            assert b"root:" not in handled.data


@given(st.binary(max_size=400))
def test_arbitrary_bytes_never_raise(data: bytes) -> None:
    parsed = parse(data)
    assert isinstance(parsed, ParsedFile | UnreadableFile)
    for kind in FILE_KINDS:
        assert isinstance(check_bytes(kind.prefix + "1.xml", data), Findings)


@given(st.text(max_size=200), st.sampled_from(["utf-8", "cp932"]))
def test_arbitrary_text_in_any_element_never_raises(text: str, codec: str) -> None:
    """Use the text as the value of elements in every kind of request."""
    bench = FuzzBench()
    value = text.replace("&", "").replace("<", "").encode(codec, "ignore")
    declared = b"UTF-8" if codec == "utf-8" else b"Shift_JIS"
    for name in REQUESTS:
        request = request_name(name)
        assert isinstance(request, RequestName)
        assert request.kind is not None
        data = b'<?xml version="1.0" encoding="' + declared + b'"?><XmlMsg><MessageHeader><ArbitraryFileIdentifier>'
        data += value + b"</ArbitraryFileIdentifier></MessageHeader><MessageBody>" + value + b"</MessageBody></XmlMsg>"
        bench.process(name, data)


@settings(max_examples=300)
@given(
    st.text(max_size=120), st.sampled_from(["", *(kind.prefix for kind in FILE_KINDS)]), st.sampled_from(["", ".xml"])
)
def test_arbitrary_names_yield_safe_answer_names(text: str, prefix: str, ending: str) -> None:
    name = prefix + text + ending
    parsed = request_name(name)
    assert isinstance(parsed, RequestName | NotARequest | Hostile)
    if isinstance(parsed, RequestName):
        for answer in (parsed.answer, parsed.error):
            assert Path(answer).name == answer
            assert answer.isascii()
            assert not answer.startswith(".")
            assert answer != name
        assert parsed.error.endswith(".err")
        assert "req_" not in parsed.answer.partition("_")[0] + "_"
    assert isinstance(check_bytes(name, b"<XmlMsg/>"), Findings)


def test_damaged_files_never_raise() -> None:
    bench = FuzzBench()
    for name, data in islice(damaged_files(20261121), 1500):
        bench.process(name, data)


@pytest.mark.long
def test_damaged_files_never_raise_in_a_long_run() -> None:
    bench, until = FuzzBench(), time.monotonic() + 60
    for count, (name, data) in enumerate(damaged_files(time.time_ns())):
        bench.process(name, data)
        if count % 100 == 0 and time.monotonic() > until:
            assert count > 1000
            return


def test_every_damaged_request_in_a_folder_is_answered(counter: Counter) -> None:
    files = [(name, data) for name, data in islice(damaged_files(7), 60) if name != FACE]
    for number, (name, data) in enumerate(files):
        counter.put(name.replace("_1.xml", f"_{number:04}.xml"), data)
    counter.scan(12)
    assert counter.requests() == []
    assert len(counter.answers()) == len(files)


def test_parser_expands_no_entities_or_includes() -> None:
    xinclude = (
        b'<XmlMsg xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd" parse="text"/></XmlMsg>'
    )
    parsed = parse(xinclude)
    assert isinstance(parsed, ParsedFile)
    for kind in FILE_KINDS:
        assert "root" not in repr(read_message(parsed, kind.message))
    assert [len(child) for child in parsed.root] == [0]
