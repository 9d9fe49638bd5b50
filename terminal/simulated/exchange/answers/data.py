"""Answers with fictitious drug and health check-up data. They require a valid consent."""

from typing import TypeVar

from consent.items import Item
from terminal.handover.messages.data import (
    CheckupAnswer,
    CheckupBody,
    CheckupHeader,
    CheckupPatient,
    CheckupRequest,
    DataHeader,
    DataSearch,
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


def answer_drugs(request: DrugRequest, context: AnswerContext) -> DrugAnswer:
    body = request.body
    found = _authorise(request.header, body, Item.MEDICINES, context)
    if isinstance(found, FoundInsured) and body.start > body.end:
        found = ExchangeProblem.WRONG_PERIOD
    common = _common(request.header, found, context)
    if isinstance(found, ExchangeProblem):
        return DrugAnswer(header=DrugHeader.model_validate(common))
    return DrugAnswer(
        header=DrugHeader.model_validate({**common, "patient": _patient(found, DrugPatient)}),
        body=samples.drug_data(_query(request, found, context)),
    )


def answer_checkups(request: CheckupRequest, context: AnswerContext) -> CheckupAnswer:
    found = _authorise(request.header, request.body, Item.HEALTH_CHECKUP, context)
    common = _common(request.header, found, context)
    if isinstance(found, ExchangeProblem):
        return CheckupAnswer(header=CheckupHeader.model_validate(common))
    return CheckupAnswer(
        header=CheckupHeader.model_validate({**common, "patient": _patient(found, CheckupPatient)}),
        body=CheckupBody(checkups=samples.checkups(context.now.date())),
    )


def _query(request: DrugRequest, found: FoundInsured, context: AnswerContext) -> samples.DrugQuery:
    body = request.body
    past_care_problem = _consent_problem(
        found, request.header.institution_code, body.care or OUTPATIENT, Item.DIAGNOSIS, context
    )
    return samples.DrugQuery(
        start=body.start,
        end=min(body.end, context.now.date()),
        institution=request.header.institution_code,
        e_prescriptions=body.classification == SHOW,
        treatments=past_care_problem is None,
    )


def _patient(found: FoundInsured, kind: type[Patient]) -> Patient | None:
    record = found.record
    if record is None:
        return None
    return kind(name=record.name, kana=record.name_kana, birth_date=record.birth_date, sex=record.sex)


def _authorise(
    header: DataHeader, body: DataSearch, item: Item, context: AnswerContext
) -> FoundInsured | ExchangeProblem:
    """Return the person whose data is requested, or the reason for a refusal."""
    care = body.care or OUTPATIENT
    if context.fail:
        return ExchangeProblem.PROVOKED
    if not context.is_allowed(header.institution_code):
        return ExchangeProblem.OTHER_INSTITUTION
    if body.file_category != _XML:
        return ExchangeProblem.XML_ONLY
    found = context.find(header)
    if len(found) != 1:
        return ExchangeProblem.SEVERAL if found else ExchangeProblem.NOBODY
    return _consent_problem(found[0], header.institution_code, care, item, context) or found[0]


def _consent_problem(
    found: FoundInsured, institution: str, care: str, item: Item, context: AnswerContext
) -> ExchangeProblem | None:
    """Return why there is no valid consent, or None if there is one."""
    if care in OTHER_CARE:
        return None if _has_care_consent(found, care, item, context) else ExchangeProblem.NO_CARE_CONSENT
    consent = context.store.consent(institution, found.keys[0], item)
    # `until` itself is included
    if consent is None or context.now.replace(microsecond=0) > consent.until:
        return ExchangeProblem.NO_CONSENT
    valid = context.checks.is_valid(consent.check_id, item)
    if isinstance(valid, NoAnswer):
        return ExchangeProblem.SERVICE_SILENT
    return None if valid else ExchangeProblem.NO_CONSENT


def _has_care_consent(found: FoundInsured, care: str, item: Item, context: AnswerContext) -> bool:
    """Return whether there is a consent for this kind of care. Consents given at the counter do not apply to it."""
    return any(
        consent.care == care and item in consent.items and consent.is_valid(context.now) for consent in found.care
    )


def _common(header: DataHeader, found: FoundInsured | ExchangeProblem, context: AnswerContext) -> dict[str, object]:
    problem = found if isinstance(found, ExchangeProblem) else ExchangeProblem.SIMULATED
    return {
        "executed_at": context.now,
        "institution_code": header.institution_code,
        "file_identifier": header.file_identifier,
        "result": _BAD if isinstance(found, ExchangeProblem) else _GOOD,
        "message_code": problem.code,
        "message": problem.sentence,
        "character_code": context.character_code,
    }
