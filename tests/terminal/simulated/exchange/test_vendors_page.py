"""Tests that docs/vendors.md matches the code."""

import re
from datetime import UTC, datetime

import pytest

from terminal.handover.check import check_bytes
from terminal.handover.messages.kinds import FILE_KINDS
from terminal.handover.values import Severity
from tests.terminal.simulated.exchange import vendors_page
from tests.terminal.simulated.exchange.conftest import Counter

PAGE = vendors_page.PAGE.read_text(encoding="utf-8")
SAMPLES = re.findall(r"`([A-Za-z0-9_]+\.xml)`[^`]*```xml\n(.*?)```", PAGE, re.DOTALL)


def test_tables_match_the_code() -> None:
    assert vendors_page.with_tables(PAGE) == PAGE, "run: make tables"


def test_every_file_kind_is_listed() -> None:
    for kind in FILE_KINDS:
        assert f"`{kind.prefix}" in PAGE


@pytest.mark.parametrize(("name", "text"), SAMPLES, ids=[name for name, _ in SAMPLES])
def test_checker_has_no_findings_for_the_samples(name: str, text: str) -> None:
    assert [f for f in check_bytes(name, text.encode()).findings if f.severity is not Severity.NOTE] == []


def test_samples_get_the_documented_answers(counter: Counter) -> None:
    assert len(SAMPLES) == 4
    for name, text in SAMPLES:
        folder = counter.folders.face if "_face_" in name else counter.folders.req
        (folder / name).write_text(text, encoding="utf-8")
    counter.now = datetime(2026, 11, 21, 1, 0, 0, tzinfo=UTC)
    counter.scan(3)
    assert counter.read("OQSsiimm01res_202611210001.xml").body.status == "1"
    assert counter.read("OQSsiquc01res_202611210001.xml").body.validity == "1"
    assert counter.read("YZKsiquc01res_202611210001.xml").header.result == "1"


def test_samples_with_another_date_are_answered(counter: Counter) -> None:
    """Replace the dates as described on the page."""
    counter.now = datetime(2027, 2, 3, 1, 0, 0, tzinfo=UTC)
    for name, text in SAMPLES:
        folder = counter.folders.face if "_face_" in name else counter.folders.req
        text = text.replace("20261121", "20270203").replace("20261122", "20270204")
        (folder / name).write_text(text, encoding="utf-8")
    counter.scan(3)
    assert counter.read("OQSsiquc01res_202611210001.xml").body.validity == "1"
    assert counter.read("YZKsiquc01res_202611210001.xml").header.result == "1"
