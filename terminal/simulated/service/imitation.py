"""Alter people and results according to the stub's rule in force."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from consent.items import Item
from terminal.qualification.contract import ConsentOutcome, QualificationResult
from terminal.qualification.insured import Qualification
from terminal.simulated.service.lookup import FoundPerson
from terminal.simulated.service.misbehaviour import Lie, Manner, rule_in_force
from terminal.simulated.service.old_characters import with_old_characters
from terminal.simulated.service.people import InsuredPerson
from terminal.simulated.service.validity import Validity

_ANOTHER_INSTITUTION = "9999999999"
_A_DAY = timedelta(days=1)
_ANOTHER_INSURER = {"insurer_number": "06139999", "insurer_name": "模擬健康保険組合"}


def with_validity(person: InsuredPerson, today: date) -> InsuredPerson:
    """Return the person with the validity set by the rule in force."""
    validity = rule_in_force().validity
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
    validity = rule_in_force().validity
    if validity is None:
        return found
    return replace(found, validity=validity, qualifications=_qualifications_for(found.qualifications, validity, today))


def altered_result(result: QualificationResult) -> QualificationResult:
    """Return the result with a lie, old characters or an error, as set by the rule in force."""
    rule = rule_in_force()
    if rule.manner is Manner.LYING:
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
    match lie:
        case Lie.CLAIMS:
            consents = tuple(
                ConsentOutcome(item=item, flag=1, consent_time=result.processed_at)
                for item in Item
                if item is not Item.SUBSIDIES
            )
            return result.model_copy(update={"consents": consents, "by_law": ()})
        case Lie.FOREIGN:
            return result.model_copy(update={"institution_code": _ANOTHER_INSTITUTION})
        case Lie.STALE:
            return _shift_by_a_day(result)
        case Lie.UNSIGNED:
            return result


def _shift_by_a_day(result: QualificationResult) -> QualificationResult:
    def earlier(moment: datetime | None) -> datetime | None:
        return None if moment is None else moment - _A_DAY

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
            "processed_at": result.processed_at - _A_DAY,
            "qualification_date": result.qualification_date - _A_DAY,
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
        return (first, first.model_copy(update=_ANOTHER_INSURER))
    return qualifications
