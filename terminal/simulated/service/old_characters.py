"""Names as the old character set shows them: what JIS X 0208 does not have comes out as ●."""

from terminal.qualification.contract import QualificationResult
from terminal.qualification.insured import Qualification

SUBSTITUTE = "●"
_FIELDS = ("name", "name_of_other", "insured_name", "insurer_name", "address")
_KANJI_ROWS = (range(0x81, 0x85), range(0x88, 0xA0), range(0xE0, 0xEB))
"""First bytes in CP932 of what JIS X 0208 has; the rows between and above are the vendors' own."""


def in_old_characters(text: str) -> str:
    return "".join(character if _is_old(character) else SUBSTITUTE for character in text)


def with_old_characters(result: QualificationResult) -> QualificationResult:
    return result.model_copy(update={"qualifications": tuple(_of(entry) for entry in result.qualifications)})


def _of(entry: Qualification) -> Qualification:
    changed = {field: in_old_characters(value) for field in _FIELDS if (value := getattr(entry, field)) is not None}
    return entry.model_copy(update=changed)


def _is_old(character: str) -> bool:
    for codec in ("iso2022_jp", "cp932"):  # the two disagree on dashes and waves; either reading is old enough
        try:
            written = character.encode(codec)
        except UnicodeEncodeError:
            continue
        if codec == "iso2022_jp" or len(written) == 1 or any(written[0] in row for row in _KANJI_ROWS):
            return True
    return False
