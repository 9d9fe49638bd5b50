"""The layout as tables for people, generated from the declaration that is used to write and read the files."""

from collections.abc import Iterator
from datetime import datetime

from config.japan import JAPAN
from terminal.handover.codes import CONSENT, Codes
from terminal.handover.messages.kinds import FILE_KINDS
from terminal.handover.parts import Consented, Element, Field, Part, fields_of
from terminal.handover.values import CodeKind
from terminal.simulated.exchange.sample_files import all_files, elements_of
from terminal.simulated.service.people import invented_people


def element_tables() -> str:
    """Return Markdown: one table per part, each part once, in the order of the files."""
    tables, done = [], set[type[Part]]()
    for kind in FILE_KINDS:
        for title, part in _parts(kind.message, kind.prefix.rstrip("_")):
            if part not in done:
                done.add(part)
                tables.append("\n".join((f"### {title}", "", *_table(part))))
    return "\n\n".join(tables) + "\n"


def _parts(part: type[Part], title: str) -> Iterator[tuple[str, type[Part]]]:
    for field in fields_of(part):
        if field.part is not None and isinstance(field.marker, Element):
            name = field.marker.item or field.marker.name
            yield f"{name} ({title})" if name.startswith("Message") else name, field.part
            yield from _parts(field.part, title)


def _table(part: type[Part]) -> Iterator[str]:
    yield "| element | | value | known |"
    yield "|---|---|---|---|"
    for field in fields_of(part):
        if isinstance(field.marker, Consented):
            for name, value in zip(field.marker.names, ("0 to 3 (OQSCD016)", "time", "time"), strict=False):
                yield f"| {name} | | {value} | {field.marker.confidence} |"
        else:
            yield f"| {_name(field.marker)} | {_count(field)} | {_value(field.marker)} | {field.marker.confidence} |"


def _name(marker: Element) -> str:
    return f"{marker.name} / {marker.item}" if marker.item else marker.name


def _count(field: Field) -> str:
    if field.repeated:
        return "1.." if field.required else "0.."
    return "1" if field.required else ""


def _value(marker: Element) -> str:
    if marker.kind is None:
        return "elements"
    return marker.kind.expected


def sample_table() -> str:
    """Return Markdown: for each element of a result, a sample of `uketsuke handover sample --all` that contains it."""
    now = datetime(2026, 11, 26, 9, 0, 0, tzinfo=JAPAN)
    found = elements_of(all_files(invented_people(), now, institution="1319999999"))
    lines = ["| element | a sample that has it |", "|---|---|"]
    lines += [f"| {name} | {files[0].title if files else '-'} |" for name, files in found.items()]
    return "\n".join(lines) + "\n"


def code_tables() -> str:
    """Return Markdown: the code values used in the files."""
    found: dict[str, Codes] = {CONSENT.number: CONSENT}
    for kind in FILE_KINDS:
        for _, part in _parts(kind.message, ""):
            for field in fields_of(part):
                if isinstance(field.marker, Element) and isinstance(field.marker.kind, CodeKind):
                    codes = field.marker.kind.codes
                    found.setdefault(codes.number or field.marker.name, codes)
    lines = ["| code | values |", "|---|---|"]
    for number in sorted(found):
        name = f"OQSCD{number}" if number.isdigit() else number
        lines.append(f"| {name} | {', '.join(f'{value} {meaning}' for value, meaning in found[number].values)} |")
    return "\n".join(lines) + "\n"
