"""Documentation tables of the file layout, generated from the declarations that read and write the files."""

from collections.abc import Iterator
from datetime import datetime

from config.japan import JAPAN
from terminal.handover.codes import CONSENT, Codes
from terminal.handover.messages.kinds import FILE_KINDS
from terminal.handover.parts import ConsentElements, Element, Field, Part, part_fields
from terminal.handover.values import CodeKind
from terminal.simulated.exchange.sample_files import all_files, files_by_element
from terminal.simulated.service.people import fictitious_people


def element_tables() -> str:
    """Return a Markdown table for each part, in the order of the files and without repetitions."""
    tables, done = [], set[type[Part]]()
    for kind in FILE_KINDS:
        for title, part in _parts(kind.message, kind.prefix.rstrip("_")):
            if part not in done:
                done.add(part)
                tables.append("\n".join((f"### {title}", "", *_table(part))))
    return "\n\n".join(tables) + "\n"


def _parts(part: type[Part], title: str) -> Iterator[tuple[str, type[Part]]]:
    for field in part_fields(part):
        if field.part is not None and isinstance(field.marker, Element):
            name = field.marker.item or field.marker.name
            yield f"{name} ({title})" if name.startswith("Message") else name, field.part
            yield from _parts(field.part, title)


def _table(part: type[Part]) -> Iterator[str]:
    yield "| element | | value | source |"
    yield "|---|---|---|---|"
    for field in part_fields(part):
        if isinstance(field.marker, ConsentElements):
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
    """Return a Markdown table of the elements of a result, each with a sample of `handover sample --all`."""
    now = datetime(2026, 11, 26, 9, 0, 0, tzinfo=JAPAN)
    elements = files_by_element(all_files(fictitious_people(), now, institution="1319999999"))
    lines = ["| element | sample |", "|---|---|"]
    lines += [f"| {name} | {files[0].title if files else '-'} |" for name, files in elements.items()]
    return "\n".join(lines) + "\n"


def code_tables() -> str:
    """Return a Markdown table of the code values used in the files."""
    tables: dict[str, Codes] = {CONSENT.number: CONSENT}
    for kind in FILE_KINDS:
        for _, part in _parts(kind.message, ""):
            for field in part_fields(part):
                if isinstance(field.marker, Element) and isinstance(field.marker.kind, CodeKind):
                    codes = field.marker.kind.codes
                    tables.setdefault(codes.number or field.marker.name, codes)
    lines = ["| code | values |", "|---|---|"]
    for number in sorted(tables):
        name = f"OQSCD{number}" if number.isdigit() else number
        lines.append(f"| {name} | {', '.join(f'{value} {meaning}' for value, meaning in tables[number].values)} |")
    return "\n".join(lines) + "\n"
