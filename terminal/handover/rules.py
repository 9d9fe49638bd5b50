"""Consistency rules between message elements: consents and times, validity and results, counts.

The rules use the XML elements instead of the parsed parts, because an invalid part would hide other problems.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lxml import etree

from consent.items import Item
from terminal.handover.characters import SUBSTITUTE, is_jis_x_0208
from terminal.handover.layout import CONSENT_VALIDITY, CONSENTS, NEWER_CONSENTS
from terminal.handover.messages.insured import Insured
from terminal.handover.parts import Confidence, ConsentElements, LayoutFault, LayoutProblem, part_fields
from terminal.handover.values import DATE, TIMESTAMP, XML_SPACE, Severity
from terminal.handover.xml import CHARACTER_CODES, ROOT, Encoding

_WARNING, _NOTE, _ERROR = Severity.WARNING, Severity.NOTE, Severity.ERROR
_BY_CARD, _BY_NUMBER = "1", "2"
USABLE_SUBSIDY, REFUSED_SUBSIDY = "1", "2"
"""Values of MedicalSubsidyStatus."""


@dataclass(frozen=True, slots=True)
class ElementView:
    """Element with its path."""

    element: etree._Element
    path: str

    def children(self, name: str) -> list["ElementView"]:
        return [ElementView(child, f"{self.path}/{name}") for child in self.element if child.tag == name]

    def child(self, *names: str) -> "ElementView | None":
        current: ElementView | None = self
        for name in names:
            current = next(iter(current.children(name)), None) if current else None
        return current

    def text(self, *names: str) -> str:
        """Return the child's text, or an empty string if it is missing."""
        child = self.child(*names)
        return (child.element.text or "").strip(XML_SPACE) if child else ""

    def timestamp(self, name: str) -> datetime | None:
        try:
            return TIMESTAMP.read(self.text(name))
        except ValueError:
            return None

    def day(self, name: str) -> date | None:
        try:
            return DATE.read(self.text(name))
        except ValueError:
            return None

    def problem(
        self,
        name: str,
        expected: str,
        severity: Severity = _ERROR,
        confidence: Confidence = Confidence.PUBLIC_CODE,
    ) -> LayoutProblem:
        """Return a problem at the line of the child, or of the element itself if the child is missing."""
        child = self.child(name)
        line = (child or self).element.sourceline or 0
        return LayoutProblem(line, f"{self.path}/{name}", LayoutFault.INCONSISTENT, expected, severity, confidence)


@dataclass(frozen=True, slots=True)
class FileTraits:
    """Properties implied by the file kind."""

    card_reader: bool = False
    long_term_consents: bool = False
    """Whether the consents are for visiting or online care, and therefore remain valid after the visit."""


def consistency(root: etree._Element, encoding: Encoding, traits: FileTraits) -> Iterator[LayoutProblem]:
    """Yield all inconsistencies in a message of any kind."""
    top = ElementView(root, ROOT)
    header, body = top.child("MessageHeader"), top.child("MessageBody")
    if header is not None:
        yield from _header(header, body, encoding, traits)
    if body is not None:
        yield from _period(body)
        yield from _outcome(body, header, traits)
        yield from _subsidies(body, header)
        records = [
            record
            for parent in (*body.children("ResultList"), *body.children("BulkConfirmUnit"))
            for record in parent.children("ResultOfQualificationConfirmation")
        ]
        for record in records:
            yield from _record(record, header, traits)


def _header(
    header: ElementView, body: ElementView | None, encoding: Encoding, traits: FileTraits
) -> Iterator[LayoutProblem]:
    character_code = header.text("CharacterCodeIdentifier")
    if character_code in CHARACTER_CODES.values() and character_code != CHARACTER_CODES[encoding]:
        yield header.problem(
            "CharacterCodeIdentifier", f"{CHARACTER_CODES[encoding]}: the file is {encoding}", _WARNING
        )
    segment = header.text("SegmentOfResult")
    if segment == "9" and not header.text("ErrorCode"):
        yield header.problem("ErrorCode", "an error code with SegmentOfResult 9")
    if segment == "1" and (header.text("ErrorCode") or header.text("ErrorMessage")):
        yield header.problem("ErrorCode", "no error with SegmentOfResult 1")
    if segment == "1" and body is None:
        yield header.problem("SegmentOfResult", "a MessageBody with SegmentOfResult 1")
    reference = header.text("ReferenceClassification")
    if traits.card_reader and reference == _BY_NUMBER:
        yield header.problem("ReferenceClassification", "1: card readers only check by card")
    if body is not None and body.children("BulkConfirmUnit"):
        yield from _counts(header, body)


def _counts(header: ElementView, body: ElementView) -> Iterator[LayoutProblem]:
    units = len(body.children("BulkConfirmUnit"))
    names = ("NumberOfProcessingResult", "NumberOfNormalProcessing", "NumberOfError")
    numbers = [header.text(name) for name in names]
    if not all(number.isascii() and number.isdigit() and len(number) < 10 for number in numbers):
        return
    processed, normal, errors = (int(number) for number in numbers)
    if processed != units:
        yield header.problem(names[0], f"{units}, the number of BulkConfirmUnit elements")
    if normal + errors != processed:
        yield header.problem(names[1], "NumberOfProcessingResult minus NumberOfError")


def _period(body: ElementView) -> Iterator[LayoutProblem]:
    start, end = body.day("StartDate"), body.day("EndDate")
    if start and end and start > end:
        yield body.problem("StartDate", "a date no later than EndDate")


def _outcome(body: ElementView, header: ElementView | None, traits: FileTraits) -> Iterator[LayoutProblem]:
    validity, records = body.text("QualificationValidity"), _records(body)
    if validity in ("4", "5") and records:
        severity = _WARNING if validity == "4" else _NOTE
        expected = f"no result with QualificationValidity {validity}"
        yield body.problem("ResultList", expected, severity, Confidence.INFERRED)
    if validity in ("1", "2", "3", "6") and not records:
        yield body.problem(
            "ResultList", "a result with QualificationValidity 1, 2, 3 or 6", confidence=Confidence.INFERRED
        )
    by_card = traits.card_reader or (header is not None and header.text("ReferenceClassification") == _BY_CARD)
    if by_card and validity == "3":
        yield body.problem("QualificationValidity", "not 3 for a check by card", _WARNING, Confidence.DOCUMENTED)
    if body.text("ProcessingResultStatus") == "2" and not body.text("ProcessingResultCode"):
        yield body.problem("ProcessingResultCode", "a code with ProcessingResultStatus 2", _WARNING)
    if traits.card_reader and body.child("QualificationConfirmSearchInfo"):
        yield body.problem("QualificationConfirmSearchInfo", "absent: card readers do not search", _WARNING)
    if traits.card_reader and len(records) > 1:
        yield body.problem("ResultList", "one result: open-source programs only read the first, or none at all", _NOTE)
    for record in records:
        if validity == "6" and record.text("InsuredCardClassification") not in ("", "A1"):
            yield record.problem("InsuredCardClassification", "A1 with QualificationValidity 6", _WARNING)
        if validity in ("2", "3") and not record.text("DisqualificationDate"):
            yield record.problem(
                "DisqualificationDate", "a date with QualificationValidity 2 or 3", _NOTE, Confidence.INFERRED
            )


def _records(body: ElementView) -> list[ElementView]:
    return [
        record
        for parent in body.children("ResultList")
        for record in parent.children("ResultOfQualificationConfirmation")
    ]


def _subsidies(body: ElementView, header: ElementView | None) -> Iterator[LayoutProblem]:
    result = body.child("MedicalSubsidyResult")
    if result is None:
        return
    standing, flag = result.text("MedicalSubsidyStatus"), result.text("MedicalSubsidyConsFlg")
    certificate_list = result.child("MedicalSubsidyList")
    certificates = certificate_list.children("MedicalSubsidyInfo") if certificate_list else []
    if bool(certificates) != (standing == USABLE_SUBSIDY):
        expected = "certificates if and only if MedicalSubsidyStatus is 1"
        yield result.problem("MedicalSubsidyList", expected, confidence=Confidence.INFERRED)
    expected_flag = {USABLE_SUBSIDY: "1", REFUSED_SUBSIDY: "0"}.get(standing, "")
    if flag != expected_flag:
        if expected_flag:
            expected = f"{expected_flag} with MedicalSubsidyStatus {standing}"
        else:
            expected = "absent: the patient was not asked"
        yield result.problem("MedicalSubsidyConsFlg", expected, confidence=Confidence.INFERRED)
    if flag == "1" and not result.text("MedicalSubsidyConsTime"):
        yield result.problem("MedicalSubsidyConsTime", "the time of consent", confidence=Confidence.INFERRED)
    if flag == "0" and result.child("MedicalSubsidyConsTime"):
        yield result.problem("MedicalSubsidyConsTime", "no time without a consent")
    checked_on = header.day("QualificationConfirmationDate") if header else None
    for certificate in certificates:
        start, end = certificate.day("MedicalSubsidyValidFrom"), certificate.day("MedicalSubsidyValidTo")
        if checked_on and ((start and checked_on < start) or (end and end < checked_on)):
            expected = "a certificate valid on QualificationConfirmationDate"
            yield certificate.problem("MedicalSubsidyValidTo", expected, confidence=Confidence.INFERRED)


def _record(record: ElementView, header: ElementView | None, traits: FileTraits) -> Iterator[LayoutProblem]:
    for field in part_fields(Insured):
        if isinstance(field.marker, ConsentElements):
            yield from _consent(record, field.marker, header, traits)
    yield from _unconsented_data(record)
    yield from _names(record)
    yield from _ratio(record)
    yield from _consent_groups(record)
    birth_date, checked_on = record.day("Birthdate"), header.day("QualificationConfirmationDate") if header else None
    if birth_date and checked_on and birth_date > checked_on:
        yield record.problem("Birthdate", "a date no later than QualificationConfirmationDate", _WARNING)
    start, end = record.day("InsuredCardValidDate"), record.day("InsuredCardExpirationDate")
    if start and end and start > end:
        yield record.problem("InsuredCardExpirationDate", "a date no earlier than InsuredCardValidDate", _WARNING)


def _names(record: ElementView) -> Iterator[LayoutProblem]:
    for name in ("Name", "NameOfOther", "InsuredName"):
        text = record.text(name)
        if SUBSTITUTE in text:
            expected = f"a name without {SUBSTITUTE}, which replaces an unsupported character. Ask for the name"
            yield record.problem(name, expected, _NOTE)
        elif not all(map(is_jis_x_0208, text)):
            expected = "only characters in JIS X 0208: claims with other characters are returned"
            yield record.problem(name, expected, _NOTE)


def _ratio(record: ElementView) -> Iterator[LayoutProblem]:
    """Check that the ratio is 30% if and only if the limit is B01 to B03 (現役並み)."""
    limit = record.text("LimitApplicationCertificateRelatedInfo", "LimitApplicationCertificateClassificationFlag")
    recipient = record.text("ElderlyRecipientCertificateInfo", "ElderlyRecipientContributionRatio")
    ratio = record.text("InsuredPartialContributionRatio") or recipient
    if ratio and limit.startswith("B") and (ratio == "030") != (limit in ("B01", "B02", "B03")):
        name = "ElderlyRecipientCertificateInfo" if recipient else "InsuredPartialContributionRatio"
        yield record.problem(name, "a ratio consistent with the limit: 030 only with B01 to B03", _WARNING)


def _consent(
    record: ElementView, marker: ConsentElements, header: ElementView | None, traits: FileTraits
) -> Iterator[LayoutProblem]:
    flag = record.text(marker.flag)
    consent_time, available_time = record.timestamp(marker.consent_time), record.timestamp(marker.available_time)
    if flag in ("0", "3"):
        for name in marker.names[1:]:
            if record.child(name):
                yield record.problem(name, f"no time if {marker.flag} is {flag}")
        return
    if flag != "1":
        return
    yield from _consent_times(record, marker, consent_time, available_time, traits)
    reference = header.text("ReferenceClassification") if header else ""
    if marker.has_available_time and not traits.card_reader and reference == _BY_NUMBER:
        yield record.problem(
            marker.flag,
            "no viewing consent in a check without a card: the patient was not asked",
            confidence=Confidence.DOCUMENTED,
        )
    executed = header.timestamp("ProcessExecutionTime") if header else None
    if consent_time and executed and consent_time > executed + timedelta(minutes=1):
        yield record.problem(marker.consent_time, "a time no later than ProcessExecutionTime", _WARNING)
    if (
        consent_time
        and executed
        and consent_time < executed - CONSENT_VALIDITY
        and marker.has_available_time
        and not traits.long_term_consents
    ):
        yield record.problem(
            marker.consent_time, "a time within the 24 hours before ProcessExecutionTime", _WARNING, Confidence.INFERRED
        )


def _consent_times(
    record: ElementView,
    marker: ConsentElements,
    consent_time: datetime | None,
    available_time: datetime | None,
    traits: FileTraits,
) -> Iterator[LayoutProblem]:
    without_consent = marker is HIGH_COST_LIMIT_CONSENT
    if not record.text(marker.consent_time):
        severity = _NOTE if without_consent else _ERROR
        yield record.problem(marker.consent_time, f"the time of consent if {marker.flag} is 1", severity)
    if not marker.has_available_time:
        if record.child(marker.available_time):
            yield record.problem(marker.available_time, "absent: this consent has no AvailableTime")
        return
    if not record.text(marker.available_time):
        yield record.problem(marker.available_time, f"the expiry time if {marker.flag} is 1")
    elif (
        consent_time
        and available_time
        and available_time - consent_time != CONSENT_VALIDITY
        and not traits.long_term_consents
    ):
        yield record.problem(
            marker.available_time, f"{marker.consent_time} plus 24 hours", confidence=Confidence.DOCUMENTED
        )


HIGH_COST_LIMIT_CONSENT = CONSENTS[Item.HIGH_COST_LIMIT]
"""Since October 2024, the limit is provided by law without consent, so the consent time is absent."""


def _unconsented_data(record: ElementView) -> Iterator[LayoutProblem]:
    """Check that data is present only with the consent it requires."""
    for data, flag in (
        ("LimitApplicationCertificateRelatedInfo", "LimitApplicationCertificateRelatedConsFlg"),
        ("SpecificDiseasesCertificateList", "SpecificDiseasesCertificateRelatedConsFlg"),
    ):
        if record.child(data) and record.text(flag) != "1":
            yield record.problem(data, f"absent unless {flag} is 1", confidence=Confidence.INFERRED)


def _consent_groups(record: ElementView) -> Iterator[LayoutProblem]:
    """Check that the newer elements in a group contain the same answer as the original element."""
    for item, newer in NEWER_CONSENTS.items():
        original = CONSENTS[item]
        for marker in newer:
            flag = record.text(marker.flag)
            if flag and flag != record.text(original.flag):
                yield record.problem(
                    marker.flag, f"the value of {original.flag}: one answer covers both", _NOTE, Confidence.INFERRED
                )
