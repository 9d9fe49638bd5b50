"""Characters in names that old software cannot represent, and their replacement."""

from typing import Final

SUBSTITUTE: Final = "●"
"""What the field shows for a character it cannot write."""

_KANJI_ROWS: Final = (range(0x81, 0x85), range(0x88, 0xA0), range(0xE0, 0xEB))
"""First bytes in CP932 of what JIS X 0208 has; the rows between and above are the vendors' own."""


def in_old_characters(text: str) -> str:
    """Replace characters that JIS X 0208 lacks by ●."""
    return "".join(character if is_old(character) else SUBSTITUTE for character in text)


def is_old(character: str) -> bool:
    """In JIS X 0208, which claims are written in, or a half-width character."""
    for codec in ("iso2022_jp", "cp932"):  # the two disagree on dashes and waves; either reading is old enough
        try:
            written = character.encode(codec)
        except UnicodeEncodeError:
            continue
        if codec == "iso2022_jp" or len(written) == 1 or any(written[0] in row for row in _KANJI_ROWS):
            return True
    return False
