"""Units in list results: a month's welfare tickets, consents for home visits and online care, and registrations."""

from datetime import date, datetime
from typing import Final

from consent.items import VIEWING
from terminal.handover.layout import consent_attributes
from terminal.handover.messages.bulk import BulkUnit
from terminal.handover.messages.insured import Insured
from terminal.handover.messages.lists import BulkRegistrationUnit, ConsentSearch
from terminal.handover.messages.reference import RegistrationInfo
from terminal.handover.parts import ConsentPart
from terminal.simulated.exchange.answers.common import AnswerContext
from terminal.simulated.exchange.answers.registration import register
from terminal.simulated.exchange.insured import FoundInsured
from terminal.simulated.exchange.problems import ExchangeProblem
from terminal.simulated.service.people import CareConsent

CARE_OF: Final = {"OQSmuhvq": "2", "OQSmuonq": "3"}
"""The only MedicalTreatmentFlag (OQSCD028) that each job accepts."""
EXPIRED: Final = "2"
"""OQSCD016."""


def ticket_units(month: str, institution: str, context: AnswerContext) -> tuple[BulkUnit, ...]:
    """Return all people with a ticket for `month` (yyyyMM)."""
    if month.startswith("0000"):
        return ()
    first = date(int(month[:4]), int(month[4:]), 1)
    return tuple(_unit(found, found.record, institution, context) for found in context.insured.with_tickets(first))


def period_problem(job: str, search: ConsentSearch) -> ExchangeProblem | None:
    """Return the reason to refuse the search, or None."""
    if search.care != CARE_OF[job]:
        return ExchangeProblem.OTHER_CARE
    first, last = _period(search)
    if first is None or last is None:
        return ExchangeProblem.NO_PERIOD
    return ExchangeProblem.WRONG_PERIOD if first > last else None


def care_units(search: ConsentSearch, institution: str, context: AnswerContext) -> tuple[BulkUnit, ...]:
    """Return everyone who gave a consent in the period, even if it has ended."""
    first, last = _period(search)
    units = []
    for found in context.insured.with_care(search.care):
        for consent in found.care:
            day = consent.given_at(context.now).date()
            if consent.care == search.care and first and last and first <= day <= last and found.record:
                record = _with_consent(found.record, consent, context.now)
                units.append(_unit(found, record, institution, context))
    return tuple(units)


def registration_unit(info: RegistrationInfo, institution: str, context: AnswerContext) -> BulkRegistrationUnit:
    """Register a patient number and return the outcome."""
    problem = register(info, institution, context)
    return BulkRegistrationUnit(
        info=info,
        status="1" if problem is None else "2",
        result_code=problem.code if problem else None,
        result_message=problem.sentence if problem else None,
    )


def _period(search: ConsentSearch) -> tuple[date | None, date | None]:
    if search.consented_from or search.consented_to:
        return search.consented_from, search.consented_to
    return search.examined_from, search.examined_to


def _with_consent(record: Insured, consent: CareConsent, now: datetime) -> Insured:
    flag = (
        ConsentPart(flag="1", consent_time=consent.given_at(now), available_time=consent.ends_at(now))
        if consent.is_valid(now)
        else ConsentPart(flag=EXPIRED)
    )
    return record.model_copy(
        update={
            consent_attributes(item)[0]: flag if item in consent.items else ConsentPart(flag="0") for item in VIEWING
        }
    )


def _unit(found: FoundInsured, record: Insured | None, institution: str, context: AnswerContext) -> BulkUnit:
    return BulkUnit(
        status="1",
        result_code=ExchangeProblem.SIMULATED.code,
        result_message=ExchangeProblem.SIMULATED.sentence,
        validity="1",
        result=record,
        reference_number=next(
            (number for key in found.keys if (number := context.store.numbers.find(institution, key)) is not None), None
        ),
    )
