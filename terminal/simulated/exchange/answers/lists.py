"""Lists without a search for a person: welfare tickets of a month, consents for visits and online care."""

from datetime import date, datetime
from typing import Final

from consent.items import VIEWING
from terminal.handover.layout import attributes_of
from terminal.handover.messages.bulk import BulkUnit
from terminal.handover.messages.insured import Insured
from terminal.handover.messages.lists import BulkRegistrationUnit, ConsentsWanted
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


def with_tickets(month: str, institution: str, desk: AnswerContext) -> tuple[BulkUnit, ...]:
    """`month`: yyyyMM."""
    if month.startswith("0000"):
        return ()
    first = date(int(month[:4]), int(month[4:]), 1)
    return tuple(_unit(found, found.record, institution, desk) for found in desk.insured.with_tickets(first))


def wrong_period(job: str, wanted: ConsentsWanted) -> ExchangeProblem | None:
    if wanted.care != CARE_OF[job]:
        return ExchangeProblem.OTHER_CARE
    first, last = _period(wanted)
    if first is None or last is None:
        return ExchangeProblem.NO_PERIOD
    return ExchangeProblem.WRONG_PERIOD if first > last else None


def consented_care(wanted: ConsentsWanted, institution: str, desk: AnswerContext) -> tuple[BulkUnit, ...]:
    """Return all people who consented to that care or received it within the period, even if it has ended."""
    first, last = _period(wanted)
    units = []
    for found in desk.insured.with_care(wanted.care):
        for consent in found.care:
            given = consent.given_at(desk.now)
            if consent.care == wanted.care and first and last and first <= given.date() <= last and found.record:
                record = _with_consent(found.record, consent, desk.now)
                units.append(_unit(found, record, institution, desk))
    return tuple(units)


def registered(info: RegistrationInfo, institution: str, desk: AnswerContext) -> BulkRegistrationUnit:
    refused = register(info, institution, desk)
    return BulkRegistrationUnit(
        info=info,
        status="1" if refused is None else "2",
        result_code=refused.code if refused else None,
        result_message=refused.sentence if refused else None,
    )


def _period(wanted: ConsentsWanted) -> tuple[date | None, date | None]:
    if wanted.consented_from or wanted.consented_to:
        return wanted.consented_from, wanted.consented_to
    return wanted.examined_from, wanted.examined_to


def _with_consent(record: Insured, consent: CareConsent, now: datetime) -> Insured:
    valid, given = consent.is_valid(now), consent.given_at(now)
    flag = (
        ConsentPart(flag="1", consent_time=given, available_time=consent.ends_at(now))
        if valid
        else ConsentPart(flag=EXPIRED)
    )
    return record.model_copy(
        update={attributes_of(item)[0]: flag if item in consent.items else ConsentPart(flag="0") for item in VIEWING}
    )


def _unit(found: FoundInsured, record: Insured | None, institution: str, desk: AnswerContext) -> BulkUnit:
    return BulkUnit(
        status="1",
        result_code=ExchangeProblem.SIMULATED.code,
        result_message=ExchangeProblem.SIMULATED.sentence,
        validity="1",
        result=record,
        reference_number=next(
            (number for key in found.keys if (number := desk.store.numbers.find(institution, key)) is not None), None
        ),
    )
