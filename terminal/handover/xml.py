"""Convert bytes to elements and back. Reads without entities, document types, network, or unbounded size and depth."""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final, Literal

from lxml import etree

from terminal.handover.characters import SUBSTITUTE as SUBSTITUTE
from terminal.handover.parts import Part, write_part

Encoding = Literal["UTF-8", "Shift_JIS"]
CHARACTER_CODES: Final[dict[Encoding, str]] = {"UTF-8": "0", "Shift_JIS": "1"}
"""CharacterCodeIdentifier (OQSCD005)."""

ROOT: Final = "XmlMsg"
LARGEST: Final = 512 * 1024
"""Bytes of a message about one person."""
LARGEST_BULK: Final = 16 * 1024 * 1024
DEEPEST: Final = 12
MOST_TAGS: Final = 1_000_000

_CODECS: Final[dict[Encoding, str]] = {"UTF-8": "utf-8", "Shift_JIS": "cp932"}
_SHIFT_JIS_NAMES = frozenset({"shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j", "ms932", "cp932", "ms_kanji"})
_DECLARATION = re.compile(rb"""\s*<\?xml\b[^>]{0,200}?\?>""")
_DECLARED = re.compile(rb"""encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]{0,40})["']""")
_DOCUMENT_TYPE = re.compile(r"<!(?!--|\[CDATA\[)")
# Characters that Unicode has twice: JIS tables name the first, Microsoft's (CP932) the second.
_TO_CP932 = str.maketrans("〜−‖—¢£¬", "～－∥―￠￡￢")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


# --- writing -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Document:
    data: bytes = field(repr=False)
    """The file, with its XML declaration."""
    substituted: int
    """Characters that the encoding does not have and that became ●."""


def write_document(message: Part, encoding: Encoding = "UTF-8") -> Document:
    """Shift_JIS follows CP932, as receipt computers read it."""
    writable = _Writable(_CODECS[encoding])
    root = etree.Element(ROOT)
    write_part(message, root, writable)
    etree.indent(root)
    text = etree.tostring(root, encoding="unicode")
    document = f'<?xml version="1.0" encoding="{encoding}" standalone="no"?>\n{text}\n'
    return Document(document.encode(_CODECS[encoding]), writable.substituted)


class _Writable:
    """Makes texts writable in the encoding, and counts the replaced characters."""

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self.substituted = 0

    def __call__(self, text: str) -> str:
        if self._codec == "cp932":
            # か followed by a combining mark is が; only the one letter exists there.
            text = unicodedata.normalize("NFC", text).translate(_TO_CP932)
        return "".join(character if self._can_write(character) else self._substitute() for character in text)

    def _can_write(self, character: str) -> bool:
        if _NOT_XML.match(character):
            return False
        try:
            character.encode(self._codec)
        except UnicodeEncodeError:
            return False
        return True

    def _substitute(self) -> str:
        self.substituted += 1
        return SUBSTITUTE


# --- reading -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parsed:
    root: etree._Element = field(repr=False)
    encoding: Encoding
    """As it was decoded."""
    declared: str | None
    """As the declaration says."""
    exact: bool = True
    """False when the bytes did not fit what the declaration says and another encoding was taken."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    expected: str
    """What a readable file would be, without any of its content."""
    line: int = 0


def parse(data: bytes, largest: int = LARGEST) -> Parsed | Unreadable:
    """Decode by the declared encoding, Shift_JIS as CP932. Elements of any name and order under any root."""
    if len(data) > largest:
        return Unreadable(f"at most {largest} bytes")
    decoded = _decode(data)
    if isinstance(decoded, Unreadable):
        return decoded
    text, encoding, declared, exact = decoded
    forbidden = _DOCUMENT_TYPE.search(text)
    if forbidden:
        return Unreadable("no document type and no entities", text.count("\n", 0, forbidden.start()) + 1)
    if text.count("<") > MOST_TAGS:
        return Unreadable(f"at most {MOST_TAGS} tags")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except etree.XMLSyntaxError as error:
        return Unreadable("well-formed XML", error.lineno or 0)
    if _too_deep(root):
        return Unreadable(f"elements at most {DEEPEST} deep")
    return Parsed(root, encoding, declared, exact)


def _decode(data: bytes) -> tuple[str, Encoding, str | None, bool] | Unreadable:
    """Text without byte order mark and declaration, its line breaks kept; see `Parsed` for the rest."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    declaration = _DECLARATION.match(data)
    found = _DECLARED.search(declaration.group()) if declaration else None
    declared = found.group(1).decode("ascii") if found else None
    wanted: Encoding
    if declared is None or declared.lower() in ("utf-8", "utf8"):
        wanted = "UTF-8"
    elif declared.lower() in _SHIFT_JIS_NAMES:
        wanted = "Shift_JIS"
    else:
        return Unreadable("encoding UTF-8 or Shift_JIS", 1)
    start = declaration.end() if declaration else 0
    breaks = "\n" * data.count(b"\n", 0, start)
    other: Encoding = "Shift_JIS" if wanted == "UTF-8" else "UTF-8"
    for encoding in (wanted, other):
        try:
            return breaks + data[start:].decode(_CODECS[encoding]), encoding, declared, encoding == wanted
        except UnicodeDecodeError:
            continue
    return Unreadable(f"characters of {wanted}")


def _too_deep(root: etree._Element) -> bool:
    level = [root]
    for _ in range(DEEPEST):
        level = [child for element in level for child in element]
        if not level:
            return False
    return True
