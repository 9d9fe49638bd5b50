"""Variants of `MessageHeader`."""

from datetime import date
from typing import Annotated

from terminal.handover.codes import CHARACTER_CODE, REFERENCE, SEGMENT, VENDOR_REFERENCES
from terminal.handover.parts import Confidence, Element, Part
from terminal.handover.values import COUNT, DATE, INSTITUTION, TEXT, TIMESTAMP, Timestamp, VendorCodeKind, code

ConfirmationDate = Annotated[date, Element("QualificationConfirmationDate", DATE)]
InstitutionCode = Annotated[str, Element("MedicalInstitutionCode", INSTITUTION)]
FileIdentifier = Annotated[str | None, Element("ArbitraryFileIdentifier", TEXT)]
"""Identifier chosen by the requesting program. The answer repeats it."""
ExecutedAt = Annotated[Timestamp, Element("ProcessExecutionTime", TIMESTAMP)]
Segment = Annotated[str, Element("SegmentOfResult", code(SEGMENT))]
ErrorCode = Annotated[str | None, Element("ErrorCode", TEXT)]
ErrorMessage = Annotated[str | None, Element("ErrorMessage", TEXT)]
CharacterCode = Annotated[str, Element("CharacterCodeIdentifier", code(CHARACTER_CODE))]


REFERENCE_KIND = VendorCodeKind(codes=REFERENCE, vendor_values=VENDOR_REFERENCES)


class RequestHeader(Part):
    institution_code: InstitutionCode
    file_identifier: FileIdentifier = None


class DatedRequestHeader(Part):
    """Header of a qualification check."""

    confirmation_date: ConfirmationDate
    institution_code: InstitutionCode
    file_identifier: FileIdentifier = None


class AnswerHeader(Part):
    """Header of an answer. Error code and message are present only if the segment is not 1."""

    executed_at: ExecutedAt
    institution_code: InstitutionCode
    file_identifier: FileIdentifier = None
    segment: Segment
    error_code: ErrorCode = None
    error_message: ErrorMessage = None
    character_code: CharacterCode


class QualificationHeader(Part):
    executed_at: ExecutedAt
    confirmation_date: ConfirmationDate
    institution_code: InstitutionCode
    file_identifier: FileIdentifier = None
    reference: Annotated[str, Element("ReferenceClassification", REFERENCE_KIND)]
    segment: Segment
    error_code: ErrorCode = None
    error_message: ErrorMessage = None
    character_code: CharacterCode


class BulkHeader(Part):
    executed_at: ExecutedAt
    confirmation_date: Annotated[date | None, Element("QualificationConfirmationDate", DATE)] = None
    institution_code: InstitutionCode
    file_identifier: FileIdentifier = None
    reception_number: Annotated[str | None, Element("ReceptionNumber", TEXT)] = None
    segment: Segment
    error_code: ErrorCode = None
    error_message: ErrorMessage = None
    processed: Annotated[str | None, Element("NumberOfProcessingResult", COUNT)] = None
    normal: Annotated[str | None, Element("NumberOfNormalProcessing", COUNT)] = None
    errors: Annotated[str | None, Element("NumberOfError", COUNT)] = None
    character_code: CharacterCode


class ErrorHeader(Part):
    """Header of an `.err` file. The real format is not public."""

    executed_at: Annotated[Timestamp, Element("ProcessExecutionTime", TIMESTAMP, Confidence.INFERRED)]
    file_identifier: Annotated[str | None, Element("ArbitraryFileIdentifier", TEXT, Confidence.INFERRED)] = None
    segment: Annotated[str, Element("SegmentOfResult", code(SEGMENT), Confidence.INFERRED)] = "9"
    error_code: Annotated[str, Element("ErrorCode", TEXT, Confidence.INFERRED)]
    error_message: Annotated[str, Element("ErrorMessage", TEXT, Confidence.INFERRED)]
    character_code: Annotated[str, Element("CharacterCodeIdentifier", code(CHARACTER_CODE), Confidence.INFERRED)]
