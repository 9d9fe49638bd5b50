"""What the receipt computer is told, from the insurer's record and what the patient decided."""

from datetime import timedelta

from consent.items import Item
from terminal.qualification.contract import (
    CertificateStanding,
    CheckFacts,
    ConsentAnswer,
    ConsentOutcome,
    QualificationResult,
)
from terminal.qualification.stub import refusals
from terminal.qualification.stub.people import InsuredPerson
from terminal.qualification.stub.proofs import JAPAN
from terminal.qualification.stub.store import Accepted, OpenedCheck

AVAILABLE_FOR = timedelta(hours=24)
SHARED = frozenset({Item.DIAGNOSIS, Item.MEDICINES, Item.SURGERY, Item.HEALTH_CHECKUP})
"""Items that let the institution fetch data, for a day, and that those who may not share cannot grant."""


def facts_of(check: OpenedCheck, person: InsuredPerson) -> CheckFacts:
    return CheckFacts(
        registered=check.registered,
        valid=person.valid,
        age=person.age_on(check.opened_at.astimezone(JAPAN).date()),
        late_elderly=person.late_elderly,
        has_specific_disease_certificate=bool(person.specific_diseases),
        may_share=person.may_share and check.standing is not CertificateStanding.GRACE,
        standing=check.standing,
    )


def result_of(check: OpenedCheck, person: InsuredPerson, accepted: Accepted) -> QualificationResult:
    """Limit and specific diseases stand in it only when granted, the limit also when the law provides it."""
    submission = accepted.submission
    day = check.opened_at.astimezone(JAPAN).date()
    provided = {answer.item for answer in submission.answers if answer.flag == 1} | set(submission.by_law)
    code, message = _notice(check.standing)
    return QualificationResult(
        check_id=check.check_id,
        processed_at=accepted.receipt.accepted_at,
        qualification_date=day,
        institution_code=check.institution_code,
        status="1",
        code=code,
        message=message,
        validity=person.validity,
        prescription_form=submission.prescription_form,
        qualifications=person.qualifications,
        consents=tuple(_outcome(answer) for answer in submission.answers),
        by_law=submission.by_law,
        limit=person.limit.on(day) if person.limit and Item.HIGH_COST_LIMIT in provided else None,
        specific_diseases=person.specific_diseases if Item.SPECIFIC_DISEASE in provided else (),
        simulated=True,
    )


def _outcome(answer: ConsentAnswer) -> ConsentOutcome:
    if answer.flag == 0 or answer.consent_time is None:
        return ConsentOutcome(item=answer.item, flag=0)
    return ConsentOutcome(
        item=answer.item,
        flag=1,
        consent_time=answer.consent_time,
        available_time=answer.consent_time + AVAILABLE_FOR if answer.item in SHARED else None,
    )


def _notice(standing: CertificateStanding) -> tuple[str, str]:
    match standing:
        case CertificateStanding.EXPIRING:
            return refusals.EXPIRING
        case CertificateStanding.GRACE:
            return refusals.GRACE
        case CertificateStanding.VALID:
            return refusals.SIMULATED
