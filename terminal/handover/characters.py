"""Replace characters in names that older software cannot represent."""

from typing import Final

SUBSTITUTE: Final = "●"
"""Replacement commonly used by receipt software."""

_KANJI_ROWS: Final = (range(0x81, 0x85), range(0x88, 0xA0), range(0xE0, 0xEB))
"""CP932 lead bytes of characters in JIS X 0208. Other lead bytes are vendor extensions."""


def replace_unsupported(text: str) -> str:
    """Replace characters outside JIS X 0208 with ●."""
    return "".join(character if is_jis_x_0208(character) else SUBSTITUTE for character in text)


def is_jis_x_0208(character: str) -> bool:
    """Return whether a character is half-width or in JIS X 0208, the character set for claims."""
    for codec in ("iso2022_jp", "cp932"):  # the codecs map dashes and wave dashes differently; accept both
        try:
            encoded = character.encode(codec)
        except UnicodeEncodeError:
            continue
        if codec == "iso2022_jp" or len(encoded) == 1 or any(encoded[0] in row for row in _KANJI_ROWS):
            return True
    return False
