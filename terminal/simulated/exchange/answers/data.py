"""Invented drug and health-check data, returned only while a consent is valid."""

from typing import TypeVar

from consent.items import Item
from terminal.handover.messages.data import (
    CheckupAnswer,
    CheckupBody,
    CheckupHeader,
    CheckupPatient,
    CheckupRequest,
    DataHeader,
    DataWanted,
    DrugAnswer,
    DrugHeader,
    DrugPatient,
    DrugRequest,
)
from terminal.qualification.contract import NoAnswer
from terminal.simulated.exchange import samples
from terminal.simulated.exchange.answers.common import AnswerContext
from terminal.simulated.exchange.insured import FoundInsured
from terminal.simulated.exchange.problems import ExchangeProblem

Patient = TypeVar("Patient", DrugPatient, CheckupPatient)
_GOOD, _BAD = "1", "9"
_XML = "2"
"""FileCategory."""
SHOW = "1"
"""PrDiInfClassification (OQSCD030): include data from e-prescriptions [inferred]."""
OUTPATIENT, OTHER_CARE = "1", ("2", "3", "4")
"""MedicalTreatmentFlag (OQSCD028)."""


def answer_drugs(request: DrugRequest, desk: AnswerContext) -> DrugAnswer:
    body = request.body
    allowed = _allowed(request.header, body, Item.MEDICINES, desk)
    if isinstance(allowed, FoundInsured) and body.start > body.end:
        allowed = ExchangeProblem.WRONG_PERIOD
    common = _common(request.header, allowed, desk)
    if isinstance(allowed, ExchangeProblem):
        return DrugAnswer(header=DrugHeader.model_validate(common))
    return DrugAnswer(
        header=DrugHeader.model_validate({**common, "patient": _patient(allowed, DrugPatient)}),
        body=samples.drug_data(_query(request, allowed, desk)),
    )


def answer_checkups(request: CheckupRequest, desk: AnswerContext) -> CheckupAnswer:
    allowed = _allowed(request.header, request.body, Item.HEALTH_CHECKUP, desk)
    common = _common(request.header, allowed, desk)
    if isinstance(allowed, ExchangeProblem):
        return CheckupAnswer(header=CheckupHeader.model_validate(common))
    return CheckupAnswer(
        header=CheckupHeader.model_validate({**common, "patient": _patient(allowed, CheckupPatient)}),
        body=CheckupBody(checkups=samples.checkups(desk.now.date())),
    )


def _query(request: DrugRequest, found: FoundInsured, desk: AnswerContext) -> samples.DrugQuery:
    body = request.body
    past_care = _consented(found, request.header.institution_code, body.care or OUTPATIENT, Item.DIAGNOSIS, desk)
    return samples.DrugQuery(
        start=body.start,
        end=min(body.end, desk.now.date()),
        institution=request.header.institution_code,
        e_prescriptions=body.classification == SHOW,
        treatments=past_care is None,
    )


def _patient(found: FoundInsured, kind: type[Patient]) -> Patient | None:
    record = found.record
    if record is None:
        return None
    return kind(name=record.name, kana=record.name_kana, birth_date=record.birth_date, sex=record.sex)


def _allowed(header: DataHeader, wanted: DataWanted, item: Item, desk: AnswerContext) -> FoundInsured | ExchangeProblem:
    care = wanted.care or OUTPATIENT
    if desk.fail:
        return ExchangeProblem.PROVOKED
    if not desk.may_ask(header.institution_code):
        return ExchangeProblem.OTHER_INSTITUTION
    if wanted.file_category != _XML:
        return ExchangeProblem.XML_ONLY
    found = desk.find(header)
    if len(found) != 1:
        return ExchangeProblem.SEVERAL if found else ExchangeProblem.NOBODY
    return _consented(found[0], header.institution_code, care, item, desk) or found[0]


def _consented(
    found: FoundInsured, institution: str, care: str, item: Item, desk: AnswerContext
) -> ExchangeProblem | None:
    """Return None if there is a valid consent."""
    if care in OTHER_CARE:
        return None if _is_consented(found, care, item, desk) else ExchangeProblem.NO_CARE_CONSENT
    noted = desk.store.consent(institution, found.keys[0], item)
    # the last moment itself is included
    if noted is None or desk.now.replace(microsecond=0) > noted.until:
        return ExchangeProblem.NO_CONSENT
    valid = desk.checks.is_valid(noted.check_id, item)
    if isinstance(valid, NoAnswer):
        return ExchangeProblem.SERVICE_SILENT
    return None if valid else ExchangeProblem.NO_CONSENT


def _is_consented(found: FoundInsured, care: str, item: Item, desk: AnswerContext) -> bool:
    """Consents given at the counter are valid for that visit only, not for other care."""
    return any(consent.care == care and item in consent.items and consent.is_valid(desk.now) for consent in found.care)


def _common(header: DataHeader, allowed: FoundInsured | ExchangeProblem, desk: AnswerContext) -> dict[str, object]:
    trouble = allowed if isinstance(allowed, ExchangeProblem) else ExchangeProblem.SIMULATED
    return {
        "executed_at": desk.now,
        "institution_code": header.institution_code,
        "file_identifier": header.file_identifier,
        "result": _BAD if isinstance(allowed, ExchangeProblem) else _GOOD,
        "message_code": trouble.code,
        "message": trouble.sentence,
        "character_code": desk.character_code,
    }
