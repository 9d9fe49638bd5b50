"""Alter people and results as required by the stub's active rule (`terminal.simulated.service.misbehaviour`)."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from consent.items import Item
from terminal.qualification.contract import ConsentOutcome, QualificationResult
from terminal.qualification.insured import Qualification
from terminal.simulated.service.lookup import FoundPerson
from terminal.simulated.service.misbehaviour import Lie, ResponseMode, active_rule
from terminal.simulated.service.old_characters import with_old_characters
from terminal.simulated.service.people import InsuredPerson
from terminal.simulated.service.validity import Validity

_OTHER_INSTITUTION = "9999999999"
_ONE_DAY = timedelta(days=1)
_OTHER_INSURER = {"insurer_number": "06139999", "insurer_name": "模擬健康保険組合"}


def with_validity(person: InsuredPerson, today: date) -> InsuredPerson:
    """Return the person with the validity set by the active rule."""
    validity = active_rule().validity
    if validity is None or validity == person.validity:
        return person
    return person.model_copy(
        update={
            "validity": validity,
            "qualifications": _qualifications_for(person.qualifications, validity, today),
            "birth_date": person.born,
        }
    )


def altered_match(found: FoundPerson, today: date) -> FoundPerson:
    """Return the look-up's result with the validity set by the active rule."""
    validity = active_rule().validity
    if validity is None:
        return found
    return replace(found, validity=validity, qualifications=_qualifications_for(found.qualifications, validity, today))


def altered_result(result: QualificationResult) -> QualificationResult:
    """Return the result with a lie, old characters or an error, as set by the active rule."""
    rule = active_rule()
    if rule.mode is ResponseMode.LYING:
        result = falsify(result, rule.lie or Lie.CLAIMS)
    if rule.old_characters:
        result = with_old_characters(result)
    if rule.error_code is None:
        return result
    message = "模擬のエラーです。"
    return result.model_copy(
        update={
            "segment": "9",
            "error_code": rule.error_code,
            "error_message": message,
            "status": "2",
            "code": rule.error_code,
            "message": message,
            "validity": None,
            "qualifications": (),
            "consents": (),
            "by_law": (),
            "limit": None,
            "specific_diseases": (),
            "subsidies": None,
        }
    )


def falsify(result: QualificationResult, lie: Lie) -> QualificationResult:
    """Return the result with a lie."""
    match lie:
        case Lie.CLAIMS:
            consents = tuple(
                ConsentOutcome(item=item, flag=1, consent_time=result.processed_at)
                for item in Item
                if item is not Item.SUBSIDIES
            )
            return result.model_copy(update={"consents": consents, "by_law": ()})
        case Lie.FOREIGN:
            return result.model_copy(update={"institution_code": _OTHER_INSTITUTION})
        case Lie.STALE:
            return _shift_to_day_before(result)
        case Lie.UNSIGNED:
            return result


def _shift_to_day_before(result: QualificationResult) -> QualificationResult:
    def earlier(time: datetime | None) -> datetime | None:
        return None if time is None else time - _ONE_DAY

    consents = tuple(
        outcome.model_copy(
            update={
                "consent_time": earlier(outcome.consent_time),
                "available_time": earlier(outcome.available_time),
            }
        )
        for outcome in result.consents
    )
    return result.model_copy(
        update={
            "processed_at": result.processed_at - _ONE_DAY,
            "qualification_date": result.qualification_date - _ONE_DAY,
            "consents": consents,
        }
    )


def _qualifications_for(
    qualifications: tuple[Qualification, ...], validity: Validity, today: date
) -> tuple[Qualification, ...]:
    if validity == "4" or not qualifications:
        return ()
    first = qualifications[0]
    if validity in ("2", "3"):
        lost = {"disqualification_date": today - timedelta(days=1), "reason_of_loss": "03" if validity == "3" else "99"}
        return (first.model_copy(update=lost),)
    if validity == "5":
        return (first, first.model_copy(update=_OTHER_INSURER))
    return qualifications
