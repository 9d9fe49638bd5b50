"""Convert results and answers to export fields for the sample client."""

import re
from collections.abc import Collection
from typing import Any

from lxml import etree

from terminal.simulated.conformance.faults import SoftwareFault

_DECLARED = re.compile(rb"""encoding\s*=\s*["']([A-Za-z0-9_-]+)["']""")
_SUBSIDY = {"1": "use", "2": "keep", "3": "none", "4": "close", "5": "ask"}
_IN_FORCE = ("1", "6")
BLACK_CIRCLE = "●"


class Incomplete(Exception):
    """The data is not complete XML."""


def parse_root(data: bytes, faults: Collection[SoftwareFault]) -> etree._Element:
    """Return the root element. Raises `Incomplete`."""
    declaration = _DECLARED.search(data[:200])
    sjis = (
        declaration is not None
        and declaration.group(1).lower() in (b"shift_jis", b"windows-31j")
        and SoftwareFault.UTF_8_ONLY not in faults
    )
    text = data.decode("cp932" if sjis else "utf-8", "replace")
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    try:
        return etree.fromstring(text.encode("utf-8"), etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise Incomplete from error


def text_of(element: etree._Element | None, path: str) -> str:
    return ((element.findtext(path) if element is not None else None) or "").strip(" \t\r\n")


def read_fields(root: etree._Element, faults: Collection[SoftwareFault]) -> dict[str, Any]:
    """Return the fields of a `ConformanceExport`, except `patient` and `booked`."""
    records = root.findall(".//ResultOfQualificationConfirmation")
    record = records[0] if records else None
    validity = text_of(root, "MessageBody/QualificationValidity") or text_of(root, ".//QualificationValidity")
    failed = text_of(root, "MessageHeader/SegmentOfResult") == "9"
    certain = not failed and len(records) == 1 and validity in _IN_FORCE
    name = text_of(record, "Name")
    has_circle = BLACK_CIRCLE in name
    export: dict[str, Any] = {
        "identifier": text_of(root, "MessageHeader/ArbitraryFileIdentifier"),
        "name": name.replace(BLACK_CIRCLE, "") if SoftwareFault.DROPS_BLACK_CIRCLE in faults else name,
        "name_of_other": text_of(record, "NameOfOther"),
        "insurer_number": _number(text_of(record, "InsurerNumber"), faults),
        "number": _number(text_of(record, "InsuredIdentificationNumber"), faults),
        "branch": _number(text_of(record, "InsuredBranchNumber"), faults),
        "validity": validity or None,
        "billable": certain or (SoftwareFault.IGNORES_VALIDITY in faults and not failed),
        "ask_staff": not certain or (has_circle and SoftwareFault.DROPS_BLACK_CIRCLE not in faults),
        "consents": _consents(record, faults),
        "until": _times(record),
        "limit": _limit(record, faults),
    }
    return export | _subsidies(root, faults)


def _number(text: str, faults: Collection[SoftwareFault]) -> str:
    return str(int(text)) if SoftwareFault.NUMBERS_AS_INTEGERS in faults and text.isdigit() else text


def _consents(record: etree._Element | None, faults: Collection[SoftwareFault]) -> dict[str, str]:
    consents = {
        child.tag.removesuffix("ConsFlg"): (child.text or "").strip()
        for child in (record if record is not None else ())
        if isinstance(child.tag, str) and child.tag.endswith("ConsFlg")
    }
    if SoftwareFault.DROPS_REFUSALS in faults:
        consents = {stem: flag for stem, flag in consents.items() if flag != "0"}
    if SoftwareFault.MAKES_UP_CONSENTS in faults:
        consents = dict.fromkeys(("PharmacistsInfo", "DiagnosisInfo", "SpecificHealthCheckupsInfo"), "1") | consents
    return consents


def _times(record: etree._Element | None) -> dict[str, str]:
    return {
        child.tag.removesuffix("AvailableTime"): (child.text or "").strip()
        for child in (record if record is not None else ())
        if isinstance(child.tag, str) and child.tag.endswith("AvailableTime")
    }


def _limit(record: etree._Element | None, faults: Collection[SoftwareFault]) -> str:
    info = record.find("LimitApplicationCertificateRelatedInfo") if record is not None else None
    without_time = not text_of(record, "LimitApplicationCertificateRelatedConsTime")
    if SoftwareFault.WANTS_A_TIME in faults and without_time:
        return ""
    return text_of(info, "LimitApplicationCertificateClassificationFlag")


def _subsidies(root: etree._Element, faults: Collection[SoftwareFault]) -> dict[str, Any]:
    result = root.find("MessageBody/MedicalSubsidyResult")
    if result is None:
        return {}
    action = _SUBSIDY.get(text_of(result, "MedicalSubsidyStatus"), "ask")
    if SoftwareFault.CLOSES_SUBSIDIES in faults and action != "use":
        action = "close"
    numbers = [
        f"{text_of(info, 'MedicalSubsidyInsurerNumber')}/{text_of(info, 'MedicalSubsidyRecipientNumber')}"
        for info in result.iterfind("MedicalSubsidyList/MedicalSubsidyInfo")
    ]
    return {"subsidy": action, "subsidy_numbers": numbers}
