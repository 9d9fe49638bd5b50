"""Randomly damaged files for fuzz tests."""

from collections.abc import Callable, Iterator
from datetime import date
from random import Random

from terminal.handover.messages.header import RequestHeader
from terminal.handover.messages.lists import (
    BulkRegistrationBody,
    BulkRegistrationRequest,
    ConsentListRequest,
    ConsentsBody,
    ConsentSearch,
    MonthBody,
    MonthSearch,
    WelfareListRequest,
)
from terminal.handover.parts import Part
from terminal.handover.xml import write_document
from tests.terminal.handover.requests import INSTITUTION, bulk, check, checkups, drugs, fetch, registration, search
from tests.terminal.handover.test_check import face

HEADER = RequestHeader(institution_code=INSTITUTION, file_identifier="LIST-1")
DAYS = {"consented_from": date(2026, 11, 1), "consented_to": date(2026, 11, 30)}
REQUESTS: dict[str, Part] = {
    "OQSsiquc01req_1.xml": check(limit_consent="1"),
    "OQSsiimm01req_1.xml": registration(),
    "OQSmuquc01req_1.xml": bulk(search(), search(insured_identification_number="404")),
    "OQSmuquc02req_1.xml": fetch("202611210000000001"),
    "OQSmutic01req_1.xml": WelfareListRequest(header=HEADER, body=MonthBody(search=MonthSearch(month="202611"))),
    "OQSmuhvq01req_1.xml": ConsentListRequest(header=HEADER, body=ConsentsBody(search=ConsentSearch(care="2", **DAYS))),
    "OQSmuimm01req_1.xml": BulkRegistrationRequest(
        header=HEADER, body=BulkRegistrationBody(infos=(registration().body.info,) * 2)
    ),
    "YZKsiquc01req_1.xml": drugs(),
    "TKKsiquc01req_1.xml": checkups(),
}
FACE = "OQSsiquc01res_face_1_20261121091504.xml"

TOKENS = (
    b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>",
    b"<!ENTITY",
    b"&e;",
    b"&#0;",
    b"&#x110000;",
    b"&lt;",
    b"]]>",
    b"<![CDATA[",
    b"<!--",
    b"-->",
    b"<?xml version='1.0' encoding='x'?>",
    b"<a xmlns='b'>",
    b"<a:b/>",
    b"xmlns:xi='http://www.w3.org/2001/XInclude'",
    b"<XmlMsg>",
    b"</XmlMsg>",
    b"<MessageBody/>",
    b"<ResultList/>",
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\x81",
    b"\xfc\xfc",
    b"99999999999999",
    b"00000000000000",
    b"00000000",
    b"99991231",
    b"10000101",
    "٣".encode(),
    "０１２".encode(),
    "\u2028\u200f".encode(),
    b"A" * 5000,
    b"<a>" * 30,
    b"  ",
    b"-",
)


def _flip(random: Random, data: bytearray) -> None:
    data[random.randrange(len(data))] = random.randrange(256)


def _cut(random: Random, data: bytearray) -> None:
    start = random.randrange(len(data))
    del data[start : start + random.choice((1, 1, 2, 8, 64, 512))]


def _duplicate(random: Random, data: bytearray) -> None:
    start = random.randrange(len(data))
    piece = data[start : start + random.choice((1, 4, 32, 256))]
    at = random.randrange(len(data))
    data[at:at] = piece


def _insert(random: Random, data: bytearray) -> None:
    at = random.randrange(len(data) + 1)
    data[at:at] = random.choice(TOKENS)


def _replace_text(random: Random, data: bytearray) -> None:
    """Replace the text of an element."""
    tag_ends = [index for index, byte in enumerate(data) if byte == ord(">")]
    start = random.choice(tag_ends) + 1 if tag_ends else 0
    end = data.find(b"<", start)
    if end > 0:
        data[start:end] = random.choice(TOKENS)


_DAMAGE: tuple[Callable[[Random, bytearray], None], ...] = (_flip, _cut, _duplicate, _insert, _replace_text)


def damaged_files(seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield an endless sequence of damaged files as name and content."""
    random = Random(seed)
    valid: list[tuple[str, bytes]] = [(FACE, face().encode()), (FACE, face("Shift_JIS").encode("cp932"))]
    for name, message in REQUESTS.items():
        valid += [(name, write_document(message, encoding).data) for encoding in ("UTF-8", "Shift_JIS")]
    while True:
        name, data = random.choice(valid)
        content = bytearray(data)
        for _ in range(random.choice((1, 1, 1, 2, 4, 16))):
            if content:
                random.choice(_DAMAGE)(random, content)
        yield name, bytes(content)
