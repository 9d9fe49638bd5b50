"""Message models that declare their XML elements, for writing, reading (in any order) and listing.

Each field is annotated with `Element` or `ConsentElements`. These annotations are the only definition of the layout.
"""

import types
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import cache
from typing import Any, Union, get_args, get_origin

from lxml import etree
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, ValidationError

from consent.items import Item
from terminal.handover.codes import CONSENT
from terminal.handover.values import TIMESTAMP, XML_SPACE, Severity, Timestamp, ValueKind, code


class Confidence(StrEnum):
    """Confidence in an element, by its source."""

    DOCUMENTED = "documented"
    """Named in a published document or interface description."""
    PUBLIC_CODE = "seen in public code"
    """Read or written by open-source programs."""
    INFERRED = "inferred"
    """Inferred from documents and public code. Real devices may differ."""


class Element(Struct, frozen=True):
    name: str
    kind: ValueKind | None = None
    """None for an element with child elements."""
    confidence: Confidence = Confidence.PUBLIC_CODE
    item: str | None = None
    """Element name of list entries; None if the entries are direct children of the parent."""


class ConsentElements(Struct, frozen=True):
    """The elements `<stem>ConsFlg`, `<stem>ConsTime` and, for some items, `<stem>AvailableTime`."""

    stem: str
    item: Item
    """Item whose answer the elements contain."""
    has_available_time: bool = True
    confidence: Confidence = Confidence.PUBLIC_CODE
    newer: bool = False
    """Whether the element was added in 2025. It contains the same answer as the item's original element."""

    @property
    def flag(self) -> str:
        return f"{self.stem}ConsFlg"

    @property
    def consent_time(self) -> str:
        return f"{self.stem}ConsTime"

    @property
    def available_time(self) -> str:
        return f"{self.stem}AvailableTime"

    @property
    def names(self) -> tuple[str, ...]:
        times = (self.consent_time, self.available_time) if self.has_available_time else (self.consent_time,)
        return (self.flag, *times)


class Part(BaseModel):
    """Element with child elements. Its repr omits values, which may be patient data."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    def __repr_args__(self) -> list[tuple[str | None, object]]:
        return []


class ConsentPart(Part):
    flag: str
    consent_time: Timestamp | None = None
    available_time: Timestamp | None = None


class Field(Struct, frozen=True):
    attribute: str
    marker: Element | ConsentElements
    part: type[Part] | None
    repeated: bool
    required: bool


@cache
def part_fields(part: type[Part]) -> tuple[Field, ...]:
    return tuple(_fields(part))


def _fields(part: type[Part]) -> Iterator[Field]:
    for attribute, info in part.model_fields.items():
        marker = next((entry for entry in info.metadata if isinstance(entry, Element | ConsentElements)), None)
        if marker is None:
            raise TypeError(f"{part.__name__}.{attribute} has neither an Element nor a ConsentElements annotation")
        inner_type, repeated = _unwrap(info.annotation)
        nested = inner_type if isinstance(marker, Element) and issubclass(inner_type, Part) else None
        yield Field(attribute, marker, nested, repeated, info.is_required())


def _unwrap(annotation: Any) -> tuple[Any, bool]:
    """Return the type without `| None` and `tuple[..., ...]`, and whether it was a tuple."""
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return _unwrap(next(entry for entry in get_args(annotation) if entry is not type(None)))
    if origin is tuple:
        return get_args(annotation)[0], True
    return annotation, False


@cache
def element_names(part: type[Part]) -> tuple[str, ...]:
    """Return the names of the child elements, in file order."""
    names: list[str] = []
    for field in part_fields(part):
        marker = field.marker
        names += marker.names if isinstance(marker, ConsentElements) else (marker.name,)
    return tuple(names)


# --- writing -------------------------------------------------------------------------------------------------


def write_part(part: Part, element: etree._Element, replace_unwritable: Callable[[str], str]) -> None:
    """Write the elements in file order, omitting empty ones.

    `replace_unwritable` replaces characters that the encoding lacks.
    """
    for field in part_fields(type(part)):
        value, marker = getattr(part, field.attribute), field.marker
        if value is None:
            continue
        if isinstance(marker, ConsentElements):
            _write_consent(value, marker, element, replace_unwritable)
        elif field.part is None:
            assert marker.kind is not None
            _write_text(element, marker.name, marker.kind.write(value), replace_unwritable)
        elif field.repeated:
            if value:
                parent = etree.SubElement(element, marker.name) if marker.item else element
                for entry in value:
                    write_part(entry, etree.SubElement(parent, marker.item or marker.name), replace_unwritable)
        else:
            write_part(value, etree.SubElement(element, marker.name), replace_unwritable)


def _write_text(element: etree._Element, name: str, text: str, replace_unwritable: Callable[[str], str]) -> None:
    if text.strip(XML_SPACE):
        etree.SubElement(element, name).text = replace_unwritable(text)


def _write_consent(
    value: ConsentPart, marker: ConsentElements, element: etree._Element, replace_unwritable: Callable[[str], str]
) -> None:
    _write_text(element, marker.flag, value.flag, replace_unwritable)
    if value.consent_time is not None:
        _write_text(element, marker.consent_time, TIMESTAMP.write(value.consent_time), replace_unwritable)
    if value.available_time is not None and marker.has_available_time:
        _write_text(element, marker.available_time, TIMESTAMP.write(value.available_time), replace_unwritable)


# --- reading -------------------------------------------------------------------------------------------------


class LayoutFault(StrEnum):
    MISSING = "missing"
    DUPLICATE = "duplicate"
    INVALID = "invalid"
    UNKNOWN = "unknown"
    """The layout has no such element in this position."""
    INCONSISTENT = "inconsistent"
    """Elements contradict each other."""
    UNREADABLE = "unreadable"
    """Not valid XML, too large, or in an unsupported encoding."""
    NAME = "name"
    """The file name."""
    ENCODING = "encoding"


class LayoutProblem(Struct, frozen=True):
    """Position of a problem and the expected content. Never includes the actual content."""

    line: int
    """Line number, starting with 1; 0 for the entire file."""
    path: str
    """Element names joined by slashes."""
    fault: LayoutFault
    expected: str
    severity: Severity = Severity.ERROR
    confidence: Confidence = Confidence.PUBLIC_CODE


_FLAG = code(CONSENT)


class Reader:
    """Reads parts and collects problems. Create a new reader for each file."""

    def __init__(self) -> None:
        self.problems: list[LayoutProblem] = []

    def read(self, element: etree._Element, part: type[Part], path: str) -> Part | None:
        """Read a part and add its problems to `problems`. Return None if a required element is missing or invalid."""
        children = self._children(element, part, path)
        values: dict[str, object] = {}
        for field in part_fields(part):
            if isinstance(field.marker, ConsentElements):
                value: object = self._consent(field.marker, children, path)
            else:
                value = self._value(field, field.marker, children, path)
            if value is not None:
                values[field.attribute] = value
            elif field.required and isinstance(field.marker, Element):
                self._missing(element, field.marker, path, children)
        try:
            return part.model_validate(values)
        except ValidationError:
            return None

    def _children(self, element: etree._Element, part: type[Part], path: str) -> dict[str, list[etree._Element]]:
        repeatable = {
            field.marker.name
            for field in part_fields(part)
            if isinstance(field.marker, Element) and field.repeated and field.marker.item is None
        }
        children: dict[str, list[etree._Element]] = {}
        for child in element:
            children.setdefault(child.tag, []).append(child)
        for name, elements in children.items():
            if name not in element_names(part):
                self._add(elements[0], f"{path}/{name}", LayoutFault.UNKNOWN, "no such element here", Severity.WARNING)
            elif len(elements) > 1 and name not in repeatable:
                self._add(elements[1], f"{path}/{name}", LayoutFault.DUPLICATE, "one element")
        return children

    def _value(self, field: Field, marker: Element, children: dict[str, list[etree._Element]], path: str) -> object:
        elements = children.get(marker.name)
        if not elements:
            return None
        path = f"{path}/{marker.name}"
        if field.part is None:
            assert marker.kind is not None
            return self._text(elements[0], marker.kind, path, marker.confidence)
        if not field.repeated:
            return self.read(elements[0], field.part, path)
        entries = elements
        if marker.item:
            entries = [entry for entry in elements[0] if entry.tag == marker.item]
            for child in elements[0]:
                if child.tag != marker.item:
                    self._add(
                        child, f"{path}/{child.tag}", LayoutFault.UNKNOWN, f"only {marker.item}", Severity.WARNING
                    )
            path = f"{path}/{marker.item}"
        parts = [self.read(entry, field.part, path) for entry in entries]
        # an invalid entry invalidates the list, because an incomplete list would be wrong
        return None if any(entry is None for entry in parts) else tuple(parts)

    def _consent(
        self, marker: ConsentElements, children: dict[str, list[etree._Element]], path: str
    ) -> ConsentPart | None:
        def value(name: str, kind: ValueKind) -> Any:
            elements = children.get(name)
            return self._text(elements[0], kind, f"{path}/{name}", marker.confidence) if elements else None

        flag = value(marker.flag, _FLAG)
        consent_time = value(marker.consent_time, TIMESTAMP)
        available_time = value(marker.available_time, TIMESTAMP) if marker.has_available_time else None
        if flag is None:
            if consent_time is not None or available_time is not None:
                element = (children.get(marker.consent_time) or children[marker.available_time])[0]
                self._add(element, f"{path}/{marker.flag}", LayoutFault.MISSING, "a flag with its times")
            return None
        return ConsentPart(flag=flag, consent_time=consent_time, available_time=available_time)

    def _text(self, element: etree._Element, kind: ValueKind, path: str, confidence: Confidence) -> object:
        """Read an element's text. Return None for an empty element, which is treated as missing."""
        if len(element):
            self._add(
                element, path, LayoutFault.INVALID, f"{kind.expected}, without child elements", confidence=confidence
            )
            return None
        text = element.text or ""
        if not text.strip(XML_SPACE):
            self._add(element, path, LayoutFault.INVALID, "a non-empty element", Severity.NOTE)
            return None
        try:
            value = kind.read(text)
        except ValueError:
            self._add(element, path, LayoutFault.INVALID, kind.expected, confidence=confidence)
            return None
        for problem in kind.problems(text):
            self._add(element, path, LayoutFault.INVALID, problem.expected, problem.severity, confidence)
        return value

    def _missing(
        self, element: etree._Element, marker: Element, path: str, children: dict[str, list[etree._Element]]
    ) -> None:
        # `_text` has reported invalid elements, but not empty ones
        present = children.get(marker.name)
        empty = present and not len(present[0]) and not (present[0].text or "").strip(XML_SPACE)
        if not present or (marker.kind is not None and empty):
            expected = marker.kind.expected if marker.kind else "the element"
            self._add(element, f"{path}/{marker.name}", LayoutFault.MISSING, expected, confidence=marker.confidence)

    def _add(
        self,
        element: etree._Element,
        path: str,
        fault: LayoutFault,
        expected: str,
        severity: Severity = Severity.ERROR,
        confidence: Confidence = Confidence.PUBLIC_CODE,
    ) -> None:
        self.problems.append(LayoutProblem(element.sourceline or 0, path, fault, expected, severity, confidence))
