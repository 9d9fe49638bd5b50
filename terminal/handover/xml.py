"""Convert between bytes and XML elements.

Entities, document types, and files that are too large or nested too deeply are rejected.
"""

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
MAX_SIZE: Final = 512 * 1024
"""Maximum size in bytes of a message about one person."""
MAX_BULK_SIZE: Final = 16 * 1024 * 1024
MAX_DEPTH: Final = 12
MAX_TAGS: Final = 1_000_000

_CODECS: Final[dict[Encoding, str]] = {"UTF-8": "utf-8", "Shift_JIS": "cp932"}
_SHIFT_JIS_NAMES = frozenset({"shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j", "ms932", "cp932", "ms_kanji"})
_DECLARATION = re.compile(rb"""\s*<\?xml\b[^>]{0,200}?\?>""")
_ENCODING_NAME = re.compile(rb"""encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]{0,40})["']""")
_DOCUMENT_TYPE = re.compile(r"<!(?!--|\[CDATA\[)")
# Characters with two Unicode mappings: the first in JIS tables, the second in Microsoft's CP932.
_TO_CP932 = str.maketrans("〜−‖—¢£¬", "～－∥―￠￡￢")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


# --- writing -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Document:
    data: bytes = field(repr=False)
    """File content with XML declaration."""
    substituted: int
    """Number of characters replaced with ● because the encoding lacks them."""


def write_document(message: Part, encoding: Encoding = "UTF-8") -> Document:
    """Write a message. Shift_JIS is encoded as CP932, which receipt computers expect."""
    replacer = _CharacterReplacer(_CODECS[encoding])
    root = etree.Element(ROOT)
    write_part(message, root, replacer)
    etree.indent(root)
    text = etree.tostring(root, encoding="unicode")
    document = f'<?xml version="1.0" encoding="{encoding}" standalone="no"?>\n{text}\n'
    return Document(document.encode(_CODECS[encoding]), replacer.substituted)


class _CharacterReplacer:
    """Replaces and counts characters that the encoding lacks."""

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self.substituted = 0

    def __call__(self, text: str) -> str:
        if self._codec == "cp932":
            # compose か and a combining mark into が, because CP932 has only the composed character
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
class ParsedFile:
    root: etree._Element = field(repr=False)
    encoding: Encoding
    """Encoding used to decode the file."""
    declared: str | None
    """Encoding in the XML declaration."""
    exact: bool = True
    """False if the file was not in the declared encoding and a different encoding was used."""


@dataclass(frozen=True, slots=True)
class UnreadableFile:
    expected: str
    """Expected content, without the actual content."""
    line: int = 0


def parse(data: bytes, max_size: int = MAX_SIZE) -> ParsedFile | UnreadableFile:
    """Parse a file in its declared encoding (CP932 for Shift_JIS). Accepts any root and elements."""
    if len(data) > max_size:
        return UnreadableFile(f"at most {max_size} bytes")
    decoded = _decode(data)
    if isinstance(decoded, UnreadableFile):
        return decoded
    text, encoding, declared, exact = decoded
    forbidden = _DOCUMENT_TYPE.search(text)
    if forbidden:
        return UnreadableFile("no document type or entities", text.count("\n", 0, forbidden.start()) + 1)
    if text.count("<") > MAX_TAGS:
        return UnreadableFile(f"at most {MAX_TAGS} tags")
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
        return UnreadableFile("well-formed XML", error.lineno or 0)
    if _too_deep(root):
        return UnreadableFile(f"elements nested at most {MAX_DEPTH} levels")
    return ParsedFile(root, encoding, declared, exact)


def _decode(data: bytes) -> tuple[str, Encoding, str | None, bool] | UnreadableFile:
    """Return the text without byte order mark and declaration (except line breaks), and the fields of `ParsedFile`."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    declaration = _DECLARATION.match(data)
    match = _ENCODING_NAME.search(declaration.group()) if declaration else None
    declared = match.group(1).decode("ascii") if match else None
    expected: Encoding
    if declared is None or declared.lower() in ("utf-8", "utf8"):
        expected = "UTF-8"
    elif declared.lower() in _SHIFT_JIS_NAMES:
        expected = "Shift_JIS"
    else:
        return UnreadableFile("encoding UTF-8 or Shift_JIS", 1)
    start = declaration.end() if declaration else 0
    breaks = "\n" * data.count(b"\n", 0, start)
    other_encoding: Encoding = "Shift_JIS" if expected == "UTF-8" else "UTF-8"
    for encoding in (expected, other_encoding):
        try:
            return breaks + data[start:].decode(_CODECS[encoding]), encoding, declared, encoding == expected
        except UnicodeDecodeError:
            continue
    return UnreadableFile(f"characters of {expected}")


def _too_deep(root: etree._Element) -> bool:
    level = [root]
    for _ in range(MAX_DEPTH):
        level = [child for element in level for child in element]
        if not level:
            return False
    return True
