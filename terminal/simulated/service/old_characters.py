"""Convert names to the old character set: characters outside JIS X 0208 become ●."""

from terminal.handover.characters import replace_unsupported
from terminal.qualification.contract import QualificationResult
from terminal.qualification.insured import Qualification

_FIELDS = ("name", "name_of_other", "insured_name", "insurer_name", "address")


def with_old_characters(result: QualificationResult) -> QualificationResult:
    return result.model_copy(update={"qualifications": tuple(_convert(entry) for entry in result.qualifications)})


def _convert(entry: Qualification) -> Qualification:
    changed = {field: replace_unsupported(value) for field in _FIELDS if (value := getattr(entry, field)) is not None}
    return entry.model_copy(update=changed)
