"""`uketsuke exchange check FILE`: report faults in a request or result line by line, with a confidence for each."""

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
    KNOWN_ELSEWHERE,
    LASTING,
    FileKind,
    kind_of,
    read_message,
)
from terminal.handover.mistakes import home_of, meant, part_at, prefix_meant
from terminal.handover.parts import Confidence, Element, LayoutFault, LayoutProblem, Part, fields_of, names_of
from terminal.handover.reading import TooLarge, read_file
from terminal.handover.rules import Origin, consistency
from terminal.handover.values import Severity
from terminal.handover.xml import MAX_BULK_SIZE, ROOT, Parsed, Unreadable, parse

_FACE_NAME: Final = re.compile(re.escape(FACE_PREFIX) + r"[A-Za-z0-9-]+_[0-9]{14}\.xml")
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9]+_[A-Za-z0-9_-]{1,80}\.xml")
_STANDALONE: Final = re.compile(rb"""^\s*<\?xml[^>]*standalone\s*=\s*["']no["'][^>]*\?>""")


@dataclass(frozen=True, slots=True)
class Findings:
    name: str
    title: str | None
    """Kind of file; None if unknown."""
    findings: tuple[LayoutProblem, ...]
    """In line order. They never repeat content of the file."""

    @property
    def ok(self) -> bool:
        """Whether there is no error; there may be warnings and notes."""
        return all(finding.severity is not Severity.ERROR for finding in self.findings)

    def text(self) -> str:
        """Format for display: two lines per finding, and the totals."""
        lines = [f"{self.name}: {self.title or 'unknown kind of file'}"]
        for finding in self.findings:
            where = f"line {finding.line}" if finding.line else "file"
            lines.append(f"  {where:<9} {finding.severity:<8} {finding.path or self.name}")
            lines.append(f"  {'':<9} {finding.fault}: expected {finding.expected} [{finding.confidence}]")
        counts = Counter(finding.severity for finding in self.findings)
        lines.append(", ".join(_many(counts[severity], severity) for severity in Severity))
        return "\n".join(lines)


def _many(count: int, severity: Severity) -> str:
    return f"{count} {severity}{'' if count == 1 else 's'}"


def check_file(path: Path) -> Findings:
    """Check a request or result file. Raises `OSError` if it cannot be read."""
    try:
        data = read_file(path, MAX_BULK_SIZE)
    except TooLarge:
        return Findings(path.name, None, (_of_file(LayoutFault.UNREADABLE, f"at most {MAX_BULK_SIZE} bytes"),))
    if data is None:
        raise FileNotFoundError(path)
    return _check_zip(path.name, data) if path.suffix.lower() == ".zip" else check_bytes(path.name, data)


def _check_zip(name: str, data: bytes) -> Findings:
    """Check a bulk result packed as a ZIP file with one XML file of the same name."""
    try:
        with ZipFile(BytesIO(data)) as archive:
            (entry,) = archive.infolist()
            if entry.file_size > MAX_BULK_SIZE:
                return Findings(name, None, (_of_file(LayoutFault.UNREADABLE, f"at most {MAX_BULK_SIZE} bytes"),))
            with archive.open(entry) as packed:
                return check_bytes(Path(entry.filename).name, packed.read(MAX_BULK_SIZE + 1))
    except (BadZipFile, ValueError, RuntimeError, NotImplementedError, EOFError, zlib.error):
        return Findings(name, None, (_of_file(LayoutFault.UNREADABLE, "a ZIP file with one XML file in it"),))


def check_bytes(name: str, data: bytes) -> Findings:
    """Check a file's content. The kind of file is determined by `name`, or by content if the name is unknown."""
    named = kind_of(name)
    problems = list(_name(name, named))
    if named is None and KNOWN_ELSEWHERE.match(name):
        return Findings(name, None, tuple(problems))
    parsed = parse(data, MAX_BULK_SIZE)
    if isinstance(parsed, Unreadable):
        problems.append(LayoutProblem(parsed.line, ROOT, LayoutFault.UNREADABLE, parsed.expected))
        return Findings(name, named.title if named else None, tuple(problems))
    problems += _encoding(data, parsed)
    if parsed.root.tag != ROOT:
        problems.append(LayoutProblem(parsed.root.sourceline or 1, ROOT, LayoutFault.INVALID, f"{ROOT} as the root"))
    kind = named or _by_content(parsed)
    if kind is not None:
        problems += _content(parsed, kind)
    ordered = sorted(problems, key=lambda problem: problem.line)
    return Findings(name, kind.title if kind else None, tuple(ordered))


def _of_file(
    fault: LayoutFault,
    expected: str,
    severity: Severity = Severity.ERROR,
    confidence: Confidence = Confidence.PUBLIC_CODE,
) -> LayoutProblem:
    return LayoutProblem(0, "", fault, expected, severity, confidence)


# --- name ----------------------------------------------------------------------------------------------------


def _name(name: str, kind: FileKind | None) -> Iterator[LayoutProblem]:
    if kind is None:
        if KNOWN_ELSEWHERE.match(name):
            expected = "a kind that is simulated here; this one is neither simulated nor checked"
            yield _of_file(LayoutFault.NAME, expected, Severity.NOTE, Confidence.DOCUMENTED)
            return
        hint = prefix_meant(name)
        expected = f"a name that begins with {hint}" if hint else "a name that begins with one of the known prefixes"
        yield _of_file(LayoutFault.NAME, expected, Severity.WARNING)
    elif kind.prefix == FACE_PREFIX:
        if not _FACE_NAME.fullmatch(name):
            yield _of_file(LayoutFault.NAME, f"{FACE_PREFIX}<id>_<yyyyMMddHHmmss>.xml", Severity.WARNING)
    elif not _PLAIN_NAME.fullmatch(name):
        expected = f"{kind.prefix}<letters, digits, _ and ->.xml"
        yield _of_file(LayoutFault.NAME, expected, Severity.WARNING, Confidence.INFERRED)


def _by_content(parsed: Parsed) -> FileKind | None:
    """Return the kind with most of the file's elements and the fewest missing, or None if fewer than three match."""
    tags = {element.tag for element in _below(parsed.root)}
    known = [(kind, _all_names(kind.message)) for kind in FILE_KINDS]
    best, names = max(known, key=lambda entry: (len(tags & entry[1]), -len(entry[1] - tags)))
    if len(tags & names) < 3:
        return None
    by_card = parsed.root.find("MessageHeader/ReferenceClassification")
    if best.prefix == FACE_PREFIX and (by_card is None or by_card.text != "1"):
        return kind_of("OQSsiquc01res_")
    return best


def _below(element: etree._Element) -> Iterator[etree._Element]:
    for child in element:
        yield child
        yield from _below(child)


@cache
def _all_names(message: type[Part]) -> frozenset[str]:
    names = set(names_of(message))
    for field in fields_of(message):
        if field.part is not None and isinstance(field.marker, Element):
            names |= _all_names(field.part) | ({field.marker.item} if field.marker.item else set())
    return frozenset(names)


# --- bytes ---------------------------------------------------------------------------------------------------


def _encoding(data: bytes, parsed: Parsed) -> Iterator[LayoutProblem]:
    def first_line(expected: str, severity: Severity, confidence: Confidence = Confidence.PUBLIC_CODE) -> LayoutProblem:
        return LayoutProblem(1, "", LayoutFault.ENCODING, expected, severity, confidence)

    if not parsed.exact:
        declared = parsed.declared or "UTF-8, as without a declaration"
        yield first_line(
            f"characters of the declared encoding ({declared}); these are {parsed.encoding}", Severity.ERROR
        )
    if parsed.declared is None:
        yield first_line("an XML declaration with the encoding", Severity.WARNING)
    elif parsed.declared.lower() not in ("utf-8", "shift_jis"):
        yield first_line("UTF-8 or Shift_JIS as the encoding's name", Severity.WARNING)
    if data.startswith(codecs.BOM_UTF8):
        yield first_line("no byte order mark", Severity.NOTE, Confidence.INFERRED)
    if not _STANDALONE.match(data.removeprefix(codecs.BOM_UTF8)):
        yield first_line('standalone="no" in the declaration', Severity.NOTE)
    if parsed.encoding == "Shift_JIS":
        line = _beyond_jis(data)
        if line is not None:
            expected = "characters of plain Shift_JIS; CP932 extensions (NEC, IBM) are rejected by strict readers"
            yield LayoutProblem(line, "", LayoutFault.ENCODING, expected, Severity.NOTE)


def _beyond_jis(data: bytes) -> int | None:
    """Return the line of the first character that is in CP932 but not in plain Shift_JIS, or None."""
    try:
        data.decode("shift_jis")
    except UnicodeDecodeError as error:
        return data.count(b"\n", 0, error.start) + 1
    return None


# --- content -------------------------------------------------------------------------------------------------


def _content(parsed: Parsed, kind: FileKind) -> Iterator[LayoutProblem]:
    found = list(read_message(parsed, kind.message).problems)
    found += consistency(parsed.root, parsed.encoding, Origin(kind.prefix == FACE_PREFIX, kind.job in LASTING))
    # do not report an element as missing if it is present under a wrong name
    misnamed = {_meant_path(problem, kind.message) for problem in found if problem.fault is LayoutFault.UNKNOWN}
    for problem in found:
        if problem.fault is LayoutFault.UNKNOWN:
            yield _explained(problem, kind.message)
        elif problem.path not in misnamed:
            yield problem
    yield from _identifier(parsed, kind)


def _identifier(parsed: Parsed, kind: FileKind) -> Iterator[LayoutProblem]:
    name = "ArbitraryFileIdentifier"
    if not kind.prefix.endswith("req_") or kind.message is BulkFetch:
        return
    if name not in {element.tag for element in _below(parsed.root)}:
        expected = "an identifier of your choice, which the answer repeats"
        yield LayoutProblem(0, f"{ROOT}/MessageHeader/{name}", LayoutFault.MISSING, expected, Severity.NOTE)


def _meant(problem: LayoutProblem, message: type[Part]) -> str | None:
    *above, name = problem.path.split("/")[1:]
    part = part_at(message, above)
    return meant(name, part) if part else None


def _meant_path(problem: LayoutProblem, message: type[Part]) -> str:
    return f"{problem.path.rpartition('/')[0]}/{_meant(problem, message)}"


def _explained(problem: LayoutProblem, message: type[Part]) -> LayoutProblem:
    """Return the problem of an unknown element with the likely intended name, or the element it belongs in."""
    name, likely = problem.path.rpartition("/")[2], _meant(problem, message)
    if likely is not None:
        return replace(problem, expected=f"{likely} (there is no {_shown(name)})", severity=Severity.ERROR)
    home = home_of(name, message)
    if home is not None:
        return replace(problem, expected=f"this element in {home}", severity=Severity.ERROR)
    return problem


def _shown(name: str) -> str:
    """Return the name, or a placeholder if it is not a plausible element name."""
    return name if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,60}", name) else "such element"
