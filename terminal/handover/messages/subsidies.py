"""Medical subsidies (医療費助成, PMH) in a card reader result. All elements are inferred.

Real terminals' format is not public. The names are taken from the Digital Agency's PMH interface for
municipalities and adapted to the style of the other elements.
"""

from typing import Annotated

from consent.items import Item
from terminal.handover.codes import SUBSIDY_STATUS, YES_NO
from terminal.handover.messages.insured import Day, Text
from terminal.handover.parts import Confidence, ConsentElements, ConsentPart, Element, Part
from terminal.handover.values import COUNT, DATE, TextKind, code, digits

_INFERRED = Confidence.INFERRED


class SubsidyCertificate(Part):
    """Certificate, with the attributes of `qualification.insured.Subsidy`."""

    insurer_number: Annotated[str, Element("MedicalSubsidyInsurerNumber", digits(8), _INFERRED)]
    """公費負担者番号."""
    recipient_number: Annotated[str, Element("MedicalSubsidyRecipientNumber", TextKind(30), _INFERRED)]
    """受給者番号."""
    name: Annotated[str, Element("MedicalSubsidyCertificationName", TextKind(100), _INFERRED)]
    segment: Annotated[Text, Element("MedicalSubsidyIncomeSegment", TextKind(40), _INFERRED)] = None
    monthly_limit: Annotated[Text, Element("MedicalSubsidyMaxCopaymentAmount", COUNT, _INFERRED)] = None
    """Yen per month."""
    valid_from: Annotated[Day, Element("MedicalSubsidyValidFrom", DATE, _INFERRED)] = None
    valid_until: Annotated[Day, Element("MedicalSubsidyValidTo", DATE, _INFERRED)] = None
    reimbursement_only: Annotated[Text, Element("MedicalSubsidyIsAlwaysReimbursement", code(YES_NO), _INFERRED)] = None


class SubsidyResult(Part):
    """Status and certificates. The status distinguishes missing data from the end of a subsidy."""

    standing: Annotated[str, Element("MedicalSubsidyStatus", code(SUBSIDY_STATUS), _INFERRED)]
    consent: Annotated[
        ConsentPart | None,
        ConsentElements("MedicalSubsidy", Item.SUBSIDIES, has_available_time=False, confidence=_INFERRED),
    ] = None
    certificates: Annotated[
        tuple[SubsidyCertificate, ...], Element("MedicalSubsidyList", None, _INFERRED, item="MedicalSubsidyInfo")
    ] = ()
