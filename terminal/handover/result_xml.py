"""`QualificationResult` as the XML that receipt computers read."""

import re
from dataclasses import dataclass, field
from typing import Literal

from lxml import etree

from consent.items import Item
from terminal.handover.layout import (
    BY_MY_NUMBER_CARD,
    CHARACTER_CODES,
    CONSENTS,
    ENDED_NORMALLY,
    QUALIFICATION,
    date_time,
    day,
)
from terminal.qualification.contract import (
    ConsentOutcome,
    ElderlyRecipient,
    Limit,
    Qualification,
    QualificationResult,
    SpecificDisease,
)

Encoding = Literal["UTF-8", "Shift_JIS"]

SUBSTITUTE = "●"
"""What the field shows for a character it cannot write."""

# Characters that Unicode has twice: JIS tables name the first, Microsoft's (CP932) the second.
_TO_CP932 = str.maketrans("〜−‖—¢£¬", "～－∥―￠￡￢")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class ResultDocument:
    data: bytes = field(repr=False)
    """The file, with its XML declaration."""
    substituted: int
    """Characters that the encoding does not have and that became ●."""


def result_document(result: QualificationResult, encoding: Encoding = "UTF-8") -> ResultDocument:
    """Shift_JIS follows CP932, as receipt computers read it."""
    root = etree.Element("XmlMsg")
    writer = _Writer(encoding)
    _header(writer, etree.SubElement(root, "MessageHeader"), result, encoding)
    _body(writer, etree.SubElement(root, "MessageBody"), result)
    etree.indent(root)
    text = etree.tostring(root, encoding="unicode")
    document = f'<?xml version="1.0" encoding="{encoding}" standalone="no"?>\n{text}\n'
    return ResultDocument(document.encode(_CODECS[encoding]), writer.substituted)


_CODECS = {"UTF-8": "utf-8", "Shift_JIS": "cp932"}


class _Writer:
    """Adds elements whose text the encoding can hold."""

    def __init__(self, encoding: Encoding) -> None:
        self._codec = _CODECS[encoding]
        self.substituted = 0

    def add(self, parent: etree._Element, name: str, value: str | None) -> None:
        """Nothing for None or an empty text: the layout omits what is empty."""
        if value:
            etree.SubElement(parent, name).text = self._writable(value)

    def _writable(self, text: str) -> str:
        if self._codec == "cp932":
            text = text.translate(_TO_CP932)
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


def _header(writer: _Writer, header: etree._Element, result: QualificationResult, encoding: Encoding) -> None:
    writer.add(header, "ProcessExecutionTime", date_time(result.processed_at))
    writer.add(header, "QualificationConfirmationDate", day(result.qualification_date))
    writer.add(header, "MedicalInstitutionCode", result.institution_code)
    writer.add(header, "ReferenceClassification", BY_MY_NUMBER_CARD)
    writer.add(header, "SegmentOfResult", ENDED_NORMALLY)
    writer.add(header, "CharacterCodeIdentifier", CHARACTER_CODES[encoding])


def _body(writer: _Writer, body: etree._Element, result: QualificationResult) -> None:
    writer.add(body, "PrescriptionIssueSelect", result.prescription_form)
    writer.add(body, "ProcessingResultStatus", result.status)
    writer.add(body, "ProcessingResultCode", result.code)
    writer.add(body, "ProcessingResultMessage", result.message)
    writer.add(body, "QualificationValidity", result.validity)
    if result.qualifications:
        listed = etree.SubElement(body, "ResultList")
        for qualification in result.qualifications:
            entry = etree.SubElement(listed, "ResultOfQualificationConfirmation")
            _qualification(writer, entry, qualification)
            _consents(writer, entry, result)


def _qualification(writer: _Writer, entry: etree._Element, qualification: Qualification) -> None:
    for name, value_of in QUALIFICATION:
        writer.add(entry, name, value_of(qualification))
    if qualification.elderly_recipient is not None:
        _elderly_recipient(writer, entry, qualification.elderly_recipient)


def _elderly_recipient(writer: _Writer, entry: etree._Element, recipient: ElderlyRecipient) -> None:
    info = etree.SubElement(entry, "ElderlyRecipientCertificateInfo")
    writer.add(info, "ElderlyRecipientValidStartDate", day(recipient.valid_start_date))
    writer.add(info, "ElderlyRecipientValidEndDate", day(recipient.valid_end_date))
    writer.add(info, "ElderlyRecipientContributionRatio", recipient.contribution_ratio)


def _consents(writer: _Writer, entry: etree._Element, result: QualificationResult) -> None:
    """An item that was not asked leaves no element; the limit provided by law has its flag and no time of consent."""
    outcomes = {outcome.item: outcome for outcome in result.consents}
    for item, elements in CONSENTS.items():
        outcome = outcomes.get(item)
        if outcome is not None:
            writer.add(entry, elements.flag, str(outcome.flag))
            _times(writer, entry, outcome)
        elif item in result.by_law:
            writer.add(entry, elements.flag, "1")
        provided = item in result.by_law or (outcome is not None and outcome.flag == 1)
        if provided and item is Item.HIGH_COST_LIMIT and result.limit is not None:
            _limit(writer, entry, result.limit)
        if provided and item is Item.SPECIFIC_DISEASE and result.specific_diseases:
            _specific_diseases(writer, entry, result.specific_diseases)


def _times(writer: _Writer, entry: etree._Element, outcome: ConsentOutcome) -> None:
    elements = CONSENTS[outcome.item]
    if outcome.consent_time is not None:
        writer.add(entry, elements.consent_time, date_time(outcome.consent_time))
    if outcome.available_time is not None and elements.has_available_time:
        writer.add(entry, elements.available_time, date_time(outcome.available_time))


def _limit(writer: _Writer, entry: etree._Element, limit: Limit) -> None:
    info = etree.SubElement(entry, "LimitApplicationCertificateRelatedInfo")
    writer.add(info, "LimitApplicationCertificateClassification", limit.classification)
    writer.add(info, "LimitApplicationCertificateClassificationFlag", limit.classification_flag)
    writer.add(info, "LimitApplicationCertificateValidStartDate", day(limit.valid_start_date))
    writer.add(info, "LimitApplicationCertificateValidEndDate", day(limit.valid_end_date))


def _specific_diseases(writer: _Writer, entry: etree._Element, diseases: tuple[SpecificDisease, ...]) -> None:
    listed = etree.SubElement(entry, "SpecificDiseasesCertificateList")
    for disease in diseases:
        info = etree.SubElement(listed, "SpecificDiseasesCertificateInfo")
        writer.add(info, "SpecificDiseasesDiseaseCategory", disease.disease_category)
        writer.add(info, "SpecificDiseasesValidStartDate", day(disease.valid_start_date))
        if disease.valid_end_date is not None:
            writer.add(info, "SpecificDiseasesValidEndDate", day(disease.valid_end_date))
        writer.add(info, "SpecificDiseasesSelfPay", disease.self_pay)
