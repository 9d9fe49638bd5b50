"""Message round trips in every encoding, with elements in any order."""

from datetime import datetime, timezone
from random import Random
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from terminal.handover.messages.kinds import FACE_PREFIX, FILE_KINDS, FileKind, kind_for_name, read_message
from terminal.handover.messages.qualification import QualificationAnswer, QualificationRequest, SearchInfo
from terminal.handover.parts import Element, LayoutFault, LayoutProblem, Part, element_names, part_fields
from terminal.handover.values import Severity
from terminal.handover.xml import MAX_BULK_SIZE, ROOT, Encoding, ParsedFile, UnreadableFile, parse, write_document
from tests.terminal.handover.strategies import parts

ENCODINGS = get_args(Encoding)
MESSAGES: set[type[Part]] = {kind.message for kind in FILE_KINDS}
each_message = pytest.mark.parametrize("message", sorted(MESSAGES, key=str))


def parse_message(data: bytes, message: type[Part]) -> tuple[Part | None, tuple[LayoutProblem, ...]]:
    parsed = parse(data)
    assert isinstance(parsed, ParsedFile), parsed
    read = read_message(parsed, message)
    return read.message, read.problems


def shuffle_elements(data: bytes, codec: str, seed: int) -> bytes:
    """Return the document with the same declaration and shuffled elements."""
    declaration, _, body = data.decode(codec).partition("\n")
    root: Any = etree.fromstring(body.encode())
    generator = Random(seed)
    for element in list(root.iter()):
        # Elements with the same name form a list whose order is significant.
        children = list(element)
        names = sorted({child.tag for child in children})
        generator.shuffle(names)
        element[:] = [child for name in names for child in children if child.tag == name]
    return f"{declaration}\n{etree.tostring(root, encoding='unicode')}".encode(codec)


@each_message
@given(data=st.data(), encoding=st.sampled_from(ENCODINGS), seed=st.integers(0, 1000))
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
def test_message_survives_round_trip(message: type[Part], data: Any, encoding: Encoding, seed: int) -> None:
    sent = data.draw(parts(message))
    document = write_document(sent, encoding)
    assert document.substituted == 0
    for encoded in (document.data, shuffle_elements(document.data, "utf-8" if encoding == "UTF-8" else "cp932", seed)):
        read, problems = parse_message(encoded, message)
        assert [problem for problem in problems if problem.severity is Severity.ERROR] == []
        assert read == sent


@pytest.mark.parametrize("name", [kind.prefix + "202611210001.xml" for kind in FILE_KINDS])
def test_message_kinds_are_recognised_by_file_name(name: str) -> None:
    kind = kind_for_name(name)
    assert kind is not None
    assert name.startswith(kind.prefix)


def test_card_reader_result_is_distinguished_from_plain_result() -> None:
    face = kind_for_name(f"{FACE_PREFIX}1319999999_20261121091504.xml")
    plain = kind_for_name("OQSsiquc01res_202611210001.xml")
    assert isinstance(face, FileKind)
    assert isinstance(plain, FileKind)
    assert (face.prefix, plain.prefix) == (FACE_PREFIX, "OQSsiquc01res_")
    assert face.message is plain.message is QualificationAnswer
    assert kind_for_name("receipt.xml") is None


def test_element_names_are_unique_within_part() -> None:
    def check(part: type[Part]) -> None:
        assert len(element_names(part)) == len(set(element_names(part))), part
        for field in part_fields(part):
            if field.part is not None:
                check(field.part)

    for message in MESSAGES:
        check(message)


def test_every_element_has_either_a_part_or_a_value_kind() -> None:
    def check(part: type[Part]) -> None:
        for field in part_fields(part):
            if isinstance(field.marker, Element):
                assert (field.marker.kind is None) == (field.part is not None), field
                if field.part is not None:
                    check(field.part)

    for message in MESSAGES:
        check(message)


REQUEST = """<?xml version="1.0" encoding="{encoding}" standalone="no"?>
<XmlMsg>
  <MessageHeader>
    <QualificationConfirmationDate>20261121</QualificationConfirmationDate>
    <MedicalInstitutionCode>1319999999</MedicalInstitutionCode>
    <ArbitraryFileIdentifier>KSK-0001</ArbitraryFileIdentifier>
  </MessageHeader>
  <MessageBody>
    <QualificationConfirmSearchInfo>
      <InsurerNumber>  138999</InsurerNumber>
      <InsuredCardSymbol>試－１</InsuredCardSymbol>
      <InsuredIdentificationNumber>0001234</InsuredIdentificationNumber>
      <Birthdate>19800229</Birthdate>
      <LimitApplicationCertificateRelatedConsFlg>1</LimitApplicationCertificateRelatedConsFlg>
      <ArbitraryIdentifier/>
    </QualificationConfirmSearchInfo>
  </MessageBody>
</XmlMsg>
"""


@pytest.mark.parametrize(
    ("encoding", "codec"),
    [
        ("UTF-8", "utf-8"),
        ("UTF-8", "utf-8-sig"),
        ("utf-8", "utf-8"),
        ("Shift_JIS", "cp932"),
        ("shift_jis", "cp932"),
        ("Windows-31J", "cp932"),
    ],
)
def test_request_in_common_encoding_is_read(encoding: str, codec: str) -> None:
    read, problems = parse_message(REQUEST.format(encoding=encoding).encode(codec), QualificationRequest)
    assert isinstance(read, QualificationRequest)
    assert read.body.search.insurer_number == "138999"
    assert read.body.search.insured_card_symbol == "試－１"
    assert read.body.search.arbitrary_identifier is None
    assert [(problem.line, problem.severity) for problem in problems] == [(15, Severity.NOTE)]


@pytest.mark.parametrize("encoding", ["UTF-8", "Shift_JIS"])
def test_request_with_wrong_encoding_declaration_is_read(encoding: str) -> None:
    codec = "cp932" if encoding == "UTF-8" else "utf-8"
    parsed = parse(REQUEST.format(encoding=encoding).replace("試－１", "試験髙").encode(codec))
    assert isinstance(parsed, ParsedFile)
    assert (parsed.exact, parsed.declared) == (False, encoding)
    read = read_message(parsed, QualificationRequest).message
    assert isinstance(read, QualificationRequest)
    assert read.body.search.insured_card_symbol == "試験髙"


@pytest.mark.parametrize(
    ("old", "new", "line", "fault"),
    [
        ("20261121", "2026-11-21", 4, LayoutFault.INVALID),
        ("20261121", "20261131", 4, LayoutFault.INVALID),
        ("1319999999", "131999999", 5, LayoutFault.INVALID),
        ("<Birthdate>19800229</Birthdate>", "", 9, LayoutFault.MISSING),
        ("<Birthdate>19800229</Birthdate>", "<Birthdate/>", 9, LayoutFault.MISSING),
        ("<Birthdate>19800229</Birthdate>", "<Birthdate><y/>19800229</Birthdate>", 13, LayoutFault.INVALID),
        (">1</Limit", ">2</Limit", 14, LayoutFault.INVALID),
        ("  138999", "138a", 10, LayoutFault.INVALID),
        ("0001234", "0" * 21, 12, LayoutFault.INVALID),
    ],
)
def test_problem_is_reported_with_its_line(old: str, new: str, line: int, fault: LayoutFault) -> None:
    _, problems = parse_message(REQUEST.format(encoding="UTF-8").replace(old, new, 1).encode(), QualificationRequest)
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    assert [(problem.line, problem.fault) for problem in errors] == [(line, fault)]


@pytest.mark.parametrize("number", ["138999", "00138999", "138999  "])
def test_unusual_insurer_number_padding_causes_warning(number: str) -> None:
    read, problems = parse_message(
        REQUEST.format(encoding="UTF-8").replace("  138999", number).encode(), QualificationRequest
    )
    assert isinstance(read, QualificationRequest)
    assert read.body.search.insurer_number == number.strip()
    assert [problem.line for problem in problems if problem.severity is Severity.WARNING] == [10]


def test_duplicate_element_is_reported() -> None:
    duplicate = REQUEST.format(encoding="UTF-8").replace("<Birthdate>", "<Birthdate>19790101</Birthdate><Birthdate>")
    _, problems = parse_message(duplicate.encode(), QualificationRequest)
    assert LayoutFault.DUPLICATE in [problem.fault for problem in problems]


def test_unknown_element_causes_warning() -> None:
    request = REQUEST.format(encoding="UTF-8").replace("<Birthdate>", "<Shoe>44</Shoe><Birthdate>")
    read, problems = parse_message(request.encode(), QualificationRequest)
    assert read is not None
    warnings = [problem for problem in problems if problem.severity is Severity.WARNING]
    assert [(problem.fault, problem.path.rpartition("/")[2]) for problem in warnings] == [(LayoutFault.UNKNOWN, "Shoe")]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<XmlMsg>",
        b"<XmlMsg></XmlMsg",
        b"<XmlMsg/><XmlMsg/>",
        b"\xff\xfe<\x00X\x00",
        b"\x00\x00\x00\x00",
        b"<XmlMsg>\x01</XmlMsg>",
        b"<XmlMsg>&nbsp;</XmlMsg>",
        b"<!DOCTYPE XmlMsg><XmlMsg/>",
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><XmlMsg>&a;</XmlMsg>',
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><XmlMsg>&b;</XmlMsg>',
        b'<?xml version="1.0" encoding="EUC-JP"?><XmlMsg/>',
        b'<?xml version="1.0" encoding="UTF-16"?><XmlMsg/>',
        b"<a>" * 13 + b"</a>" * 13,
        b"<a>" * 5000 + b"</a>" * 5000,
        b"<XmlMsg>" + b"<a/>" * 1_000_000 + b"</XmlMsg>",
    ],
    ids=range(16),
)
def test_invalid_or_dangerous_document_is_unreadable(data: bytes) -> None:
    assert isinstance(parse(data, MAX_BULK_SIZE), UnreadableFile)


def test_oversized_document_is_not_parsed() -> None:
    assert parse(b"<XmlMsg/>" + b" " * 1000, max_size=1000) == UnreadableFile("at most 1000 bytes")


def test_comments_and_instructions_are_skipped_and_cdata_is_text() -> None:
    parsed = parse(b"<XmlMsg><!-- a --><?b c?><Name><![CDATA[<x>]]><!-- d -->y</Name></XmlMsg>")
    assert isinstance(parsed, ParsedFile)
    assert [(child.tag, child.text) for child in parsed.root] == [("Name", "<x>y")]


def test_repr_contains_no_values() -> None:
    fields = {"insurer_number": "138999", "insured_identification_number": "SECRET"}
    search = SearchInfo.model_construct(**fields)  # type: ignore[arg-type]
    assert "SECRET" not in repr(search)
    assert "138999" not in str(search)


def test_problems_do_not_repeat_values() -> None:
    wrong = REQUEST.format(encoding="UTF-8").replace("19800229", "SECRET").replace("0001234", "SECRET" * 9)
    _, problems = parse_message(wrong.encode(), QualificationRequest)
    assert len(problems) >= 2
    assert "SECRET" not in repr(problems)


def test_years_are_written_with_four_digits() -> None:
    from terminal.handover.values import format_timestamp

    assert format_timestamp(datetime(33, 4, 3, tzinfo=timezone.utc)) == "00330403090000"  # noqa: UP017
    with pytest.raises(ValueError, match="out of range"):
        format_timestamp(datetime(9999, 12, 31, 23, tzinfo=timezone.utc))  # noqa: UP017


def test_root_element_is_xmlmsg() -> None:
    assert ROOT == "XmlMsg"
