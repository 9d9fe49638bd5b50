"""Check a request or result file and report problems by line, for `uketsuke exchange check`."""

import codecs
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile

from lxml import etree
from msgspec.structs import replace

from terminal.handover.messages.bulk import BulkFetch
from terminal.handover.messages.kinds import (
    FACE_PREFIX,
    FILE_KINDS,
    LONG_CONSENT_JOBS,
    UNSUPPORTED_KINDS,
    FileKind,
    kind_for_name,
    read_message,
)
from terminal.handover.mistakes import likely_name, likely_prefix, parent_path, part_at
from terminal.handover.parts import Confidence, Element, LayoutFault, LayoutProblem, Part, element_names, part_fields
from terminal.handover.reading import FileTooLarge, read_file
from terminal.handover.rules import FileTraits, consistency
from terminal.handover.values import Severity
from terminal.handover.xml import MAX_BULK_SIZE, ROOT, ParsedFile, UnreadableFile, parse

_FACE_NAME: Final = re.compile(re.escape(FACE_PREFIX) + r"[A-Za-z0-9-]+_[0-9]{14}\.xml")
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9]+_[A-Za-z0-9_-]{1,80}\.xml")
_STANDALONE: Final = re.compile(rb"""^\s*<\?xml[^>]*standalone\s*=\s*["']no["'][^>]*\?>""")


@dataclass(frozen=True, slots=True)
class Findings:
    name: str
    title: str | None
    """Title of the file kind; None if unknown."""
    findings: tuple[LayoutProblem, ...]
    """Problems in line order, without file content."""

    @property
    def ok(self) -> bool:
        """Whether there are no errors. Warnings and notes are ignored."""
        return all(finding.severity is not Severity.ERROR for finding in self.findings)

    def text(self) -> str:
        """Return a report with two lines per problem and a line of totals."""
        lines = [f"{self.name}: {self.title or 'unknown file kind'}"]
        for finding in self.findings:
            location = f"line {finding.line}" if finding.line else "file"
            lines.append(f"  {location:<9} {finding.severity:<8} {finding.path or self.name}")
            lines.append(f"  {'':<9} {finding.fault}: expected {finding.expected} [{finding.confidence}]")
        counts = Counter(finding.severity for finding in self.findings)
        lines.append(", ".join(_count(counts[severity], severity) for severity in Severity))
        return "\n".join(lines)


def _count(count: int, severity: Severity) -> str:
    return f"{count} {severity}{'' if count == 1 else 's'}"


def check_file(path: Path) -> Findings:
    """Check a request or result file. Raises `OSError` if it cannot be read."""
    try:
        data = read_file(path, MAX_BULK_SIZE)
    except FileTooLarge:
        return Findings(path.name, None, (_file_problem(LayoutFault.UNREADABLE, f"at most {MAX_BULK_SIZE} bytes"),))
    if data is None:
        raise FileNotFoundError(path)
    return _check_zip(path.name, data) if path.suffix.lower() == ".zip" else check_bytes(path.name, data)


def _check_zip(name: str, data: bytes) -> Findings:
    """Check a bulk result in a ZIP file with one XML file of the same name."""
    try:
        with ZipFile(BytesIO(data)) as archive:
            (entry,) = archive.infolist()
            if entry.file_size > MAX_BULK_SIZE:
                return Findings(name, None, (_file_problem(LayoutFault.UNREADABLE, f"at most {MAX_BULK_SIZE} bytes"),))
            with archive.open(entry) as content:
                return check_bytes(Path(entry.filename).name, content.read(MAX_BULK_SIZE + 1))
    except (BadZipFile, ValueError, RuntimeError, NotImplementedError, EOFError, zlib.error):
        return Findings(name, None, (_file_problem(LayoutFault.UNREADABLE, "a ZIP file containing one XML file"),))


def check_bytes(name: str, data: bytes) -> Findings:
    """Check file content. The file kind is derived from `name`, or from the content if the name is unknown."""
    kind_by_name = kind_for_name(name)
    problems = list(_name_problems(name, kind_by_name))
    if kind_by_name is None and UNSUPPORTED_KINDS.match(name):
        return Findings(name, None, tuple(problems))
    parsed = parse(data, MAX_BULK_SIZE)
    if isinstance(parsed, UnreadableFile):
        problems.append(LayoutProblem(parsed.line, ROOT, LayoutFault.UNREADABLE, parsed.expected))
        return Findings(name, kind_by_name.title if kind_by_name else None, tuple(problems))
    problems += _encoding_problems(data, parsed)
    if parsed.root.tag != ROOT:
        problems.append(LayoutProblem(parsed.root.sourceline or 1, ROOT, LayoutFault.INVALID, f"{ROOT} as the root"))
    kind = kind_by_name or _kind_by_content(parsed)
    if kind is not None:
        problems += _content_problems(parsed, kind)
    ordered = sorted(problems, key=lambda problem: problem.line)
    return Findings(name, kind.title if kind else None, tuple(ordered))


def _file_problem(
    fault: LayoutFault,
    expected: str,
    severity: Severity = Severity.ERROR,
    confidence: Confidence = Confidence.PUBLIC_CODE,
) -> LayoutProblem:
    return LayoutProblem(0, "", fault, expected, severity, confidence)


# --- name ----------------------------------------------------------------------------------------------------


def _name_problems(name: str, kind: FileKind | None) -> Iterator[LayoutProblem]:
    if kind is None:
        if UNSUPPORTED_KINDS.match(name):
            expected = "a simulated kind; this kind is neither simulated nor checked"
            yield _file_problem(LayoutFault.NAME, expected, Severity.NOTE, Confidence.DOCUMENTED)
            return
        hint = likely_prefix(name)
        expected = f"a name starting with {hint}" if hint else "a name starting with a known prefix"
        yield _file_problem(LayoutFault.NAME, expected, Severity.WARNING)
    elif kind.prefix == FACE_PREFIX:
        if not _FACE_NAME.fullmatch(name):
            yield _file_problem(LayoutFault.NAME, f"{FACE_PREFIX}<id>_<yyyyMMddHHmmss>.xml", Severity.WARNING)
    elif not _PLAIN_NAME.fullmatch(name):
        expected = f"{kind.prefix}<letters, digits, _ and ->.xml"
        yield _file_problem(LayoutFault.NAME, expected, Severity.WARNING, Confidence.INFERRED)


def _kind_by_content(parsed: ParsedFile) -> FileKind | None:
    """Return the kind with the most matching and fewest missing elements, or None if fewer than three match."""
    tags = {element.tag for element in _descendants(parsed.root)}
    candidates = [(kind, _all_names(kind.message)) for kind in FILE_KINDS]
    best, names = max(candidates, key=lambda entry: (len(tags & entry[1]), -len(entry[1] - tags)))
    if len(tags & names) < 3:
        return None
    reference = parsed.root.find("MessageHeader/ReferenceClassification")
    if best.prefix == FACE_PREFIX and (reference is None or reference.text != "1"):
        return kind_for_name("OQSsiquc01res_")
    return best


def _descendants(element: etree._Element) -> Iterator[etree._Element]:
    for child in element:
        yield child
        yield from _descendants(child)


@cache
def _all_names(message: type[Part]) -> frozenset[str]:
    names = set(element_names(message))
    for field in part_fields(message):
        if field.part is not None and isinstance(field.marker, Element):
            names |= _all_names(field.part) | ({field.marker.item} if field.marker.item else set())
    return frozenset(names)


# --- bytes ---------------------------------------------------------------------------------------------------


def _encoding_problems(data: bytes, parsed: ParsedFile) -> Iterator[LayoutProblem]:
    def on_first_line(
        expected: str, severity: Severity, confidence: Confidence = Confidence.PUBLIC_CODE
    ) -> LayoutProblem:
        return LayoutProblem(1, "", LayoutFault.ENCODING, expected, severity, confidence)

    if not parsed.exact:
        declared = parsed.declared or "UTF-8, the default"
        yield on_first_line(
            f"characters in the declared encoding ({declared}); the file is {parsed.encoding}", Severity.ERROR
        )
    if parsed.declared is None:
        yield on_first_line("an XML declaration with an encoding", Severity.WARNING)
    elif parsed.declared.lower() not in ("utf-8", "shift_jis"):
        yield on_first_line("UTF-8 or Shift_JIS as the encoding name", Severity.WARNING)
    if data.startswith(codecs.BOM_UTF8):
        yield on_first_line("no byte order mark", Severity.NOTE, Confidence.INFERRED)
    if not _STANDALONE.match(data.removeprefix(codecs.BOM_UTF8)):
        yield on_first_line('standalone="no" in the declaration', Severity.NOTE)
    if parsed.encoding == "Shift_JIS":
        line = _first_extension_line(data)
        if line is not None:
            expected = "plain Shift_JIS characters; strict readers reject CP932 extensions (NEC, IBM)"
            yield LayoutProblem(line, "", LayoutFault.ENCODING, expected, Severity.NOTE)


def _first_extension_line(data: bytes) -> int | None:
    """Return the line of the first character that CP932 has but plain Shift_JIS lacks, or None."""
    try:
        data.decode("shift_jis")
    except UnicodeDecodeError as error:
        return data.count(b"\n", 0, error.start) + 1
    return None


# --- content -------------------------------------------------------------------------------------------------


def _content_problems(parsed: ParsedFile, kind: FileKind) -> Iterator[LayoutProblem]:
    problems = list(read_message(parsed, kind.message).problems)
    problems += consistency(
        parsed.root, parsed.encoding, FileTraits(kind.prefix == FACE_PREFIX, kind.job in LONG_CONSENT_JOBS)
    )
    # do not also report a misnamed element as missing
    misnamed = {_likely_path(problem, kind.message) for problem in problems if problem.fault is LayoutFault.UNKNOWN}
    for problem in problems:
        if problem.fault is LayoutFault.UNKNOWN:
            yield _with_suggestion(problem, kind.message)
        elif problem.path not in misnamed:
            yield problem
    yield from _identifier_problems(parsed, kind)


def _identifier_problems(parsed: ParsedFile, kind: FileKind) -> Iterator[LayoutProblem]:
    name = "ArbitraryFileIdentifier"
    if not kind.prefix.endswith("req_") or kind.message is BulkFetch:
        return
    if name not in {element.tag for element in _descendants(parsed.root)}:
        expected = "an identifier chosen by your program, which the answer repeats"
        yield LayoutProblem(0, f"{ROOT}/MessageHeader/{name}", LayoutFault.MISSING, expected, Severity.NOTE)


def _likely_name(problem: LayoutProblem, message: type[Part]) -> str | None:
    *parents, name = problem.path.split("/")[1:]
    part = part_at(message, parents)
    return likely_name(name, part) if part else None


def _likely_path(problem: LayoutProblem, message: type[Part]) -> str:
    return f"{problem.path.rpartition('/')[0]}/{_likely_name(problem, message)}"


def _with_suggestion(problem: LayoutProblem, message: type[Part]) -> LayoutProblem:
    """Return an unknown-element problem that suggests the likely name or the correct parent."""
    name, likely = problem.path.rpartition("/")[2], _likely_name(problem, message)
    if likely is not None:
        return replace(problem, expected=f"{likely}; {_safe_name(name)} does not exist", severity=Severity.ERROR)
    parent = parent_path(name, message)
    if parent is not None:
        return replace(problem, expected=f"this element in {parent}", severity=Severity.ERROR)
    return problem


def _safe_name(name: str) -> str:
    """Return the name, or a placeholder if it is not a plausible element name."""
    return name if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,60}", name) else "the element"
