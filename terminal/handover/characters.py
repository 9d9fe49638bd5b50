"""Characters in names that old software cannot represent, and their replacement."""

from typing import Final

SUBSTITUTE: Final = "●"
"""The replacement that receipt software commonly uses."""

_KANJI_ROWS: Final = (range(0x81, 0x85), range(0x88, 0xA0), range(0xE0, 0xEB))
"""Lead bytes in CP932 of characters in JIS X 0208; the other rows are vendor extensions."""


def in_old_characters(text: str) -> str:
    """Replace characters not in JIS X 0208 by ●."""
    return "".join(character if is_old(character) else SUBSTITUTE for character in text)


def is_old(character: str) -> bool:
    """Return whether a character is half-width or in JIS X 0208, the character set of claims."""
    for codec in ("iso2022_jp", "cp932"):  # these disagree on dashes and wave dashes; accept both
        try:
            written = character.encode(codec)
        except UnicodeEncodeError:
            continue
        if codec == "iso2022_jp" or len(written) == 1 or any(written[0] in row for row in _KANJI_ROWS):
            return True
    return False
