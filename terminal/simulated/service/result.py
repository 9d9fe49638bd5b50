"""Create results from insured people's records and patients' decisions."""

from datetime import date, datetime, timedelta

from config.japan import JAPAN
from consent.items import VIEWING, Item
from terminal.qualification.contract import (
    CertificateStatus,
    CheckFacts,
    ConsentAnswer,
    ConsentOutcome,
    LookupRequest,
    ProvidedSubsidies,
    QualificationResult,
    Submission,
    SubsidyStatus,
)
from terminal.qualification.insured import Qualification
from terminal.simulated.service import refusals
from terminal.simulated.service.lookup import FoundPerson
from terminal.simulated.service.people import InsuredPerson
from terminal.simulated.service.storage.store import AcceptedSubmission, OpenedCheck
from terminal.simulated.service.validity import Validity

AVAILABLE_FOR = timedelta(hours=24)


def facts_for(check: OpenedCheck, person: InsuredPerson) -> CheckFacts:
    day = check.opened_at.astimezone(JAPAN).date()
    person = person.on(day)
    return CheckFacts(
        registered=check.registered,
        valid=person.valid,
        age=person.age_on(day),
        birth_year=person.born.year,
        late_elderly=person.late_elderly,
        has_specific_disease_certificate=bool(person.specific_diseases),
        may_share=person.may_share and check.standing is not CertificateStatus.GRACE,
        standing=check.standing,
        subsidies=person.subsidies_on(day),
        prescriptions=tuple(entry.on(day) for entry in person.prescriptions),
    )


def result_for(
    check: OpenedCheck, person: InsuredPerson, accepted: AcceptedSubmission, withdrawn: frozenset[Item] = frozenset()
) -> QualificationResult:
    """Return the result of a submission.

    Includes specific diseases and the limit only with consent, and the limit also if it is provided by law.
    """
    submission = accepted.submission
    day = check.opened_at.astimezone(JAPAN).date()
    person = person.on(day)
    granted = {answer.item for answer in submission.answers if answer.flag == 1} - withdrawn
    provided = granted | set(submission.by_law)
    code, message = _notice(check.standing)
    validity, qualifications = _by_card(person)
    return QualificationResult(
        check_id=check.check_id,
        processed_at=accepted.receipt.accepted_at,
        qualification_date=day,
        institution_code=check.institution_code,
        status="1",
        code=code,
        message=message,
        validity=validity,
        prescription_form=submission.prescription_form,
        dispense=submission.dispense,
        qualifications=qualifications,
        consents=tuple(_outcome(answer, granted) for answer in submission.answers),
        by_law=submission.by_law,
        withdrawn=tuple(sorted(withdrawn)),
        limit=person.limit.on(day) if person.limit and Item.HIGH_COST_LIMIT in provided else None,
        specific_diseases=person.specific_diseases if Item.SPECIFIC_DISEASE in provided else (),
        subsidies=_subsidies(submission, granted, person, day),
        simulated=True,
    )


def _subsidies(
    submission: Submission, granted: set[Item], person: InsuredPerson, day: date
) -> ProvidedSubsidies | None:
    """Return the subsidies, or None if the patient has subsidies but was not asked about them."""
    standing = person.subsidies_on(day)
    if standing is not SubsidyStatus.USABLE:
        return ProvidedSubsidies(standing=standing)
    if all(answer.item is not Item.SUBSIDIES for answer in submission.answers):
        return None
    if Item.SUBSIDIES not in granted:
        return ProvidedSubsidies(standing=SubsidyStatus.REFUSED)
    return ProvidedSubsidies(standing=standing, certificates=person.usable_subsidies(day))


def lookup_result(
    check_id: str, request: LookupRequest, found: FoundPerson, person: InsuredPerson | None, now: datetime
) -> QualificationResult:
    """Return the result of a look-up. The only data it can contain is the limit, if the patient agreed orally."""
    day = request.confirmation_date or now.astimezone(JAPAN).date()
    is_valid = found.validity in ("1", "6")
    has_consent = request.limit_consent == 1
    limit = ConsentOutcome(
        item=Item.HIGH_COST_LIMIT,
        flag=request.limit_consent,
        consent_time=request.asked_at if has_consent else None,
    )
    code, message = refusals.SIMULATED
    return QualificationResult(
        check_id=check_id,
        processed_at=now,
        qualification_date=day,
        institution_code=request.institution_code,
        reference_classification="2",
        search=request.search,
        status="1",
        code=code,
        message=message,
        validity=found.validity,
        qualifications=found.qualifications,
        consents=(limit,),
        limit=person.limit.on(day) if has_consent and is_valid and person and person.limit else None,
        simulated=True,
    )


def _by_card(person: InsuredPerson) -> tuple[Validity, tuple[Qualification, ...]]:
    """Return validity and qualifications for a check by card. A lost qualification is returned for reference.

    Checks by card never report validity 3 (replaced by a newer qualification).
    """
    if person.validity not in ("2", "3"):
        return person.validity, person.qualifications
    lost = sorted(person.qualifications, key=lambda entry: entry.disqualification_date or date.min)
    return "2", tuple(lost[-1:])


def _outcome(answer: ConsentAnswer, granted: set[Item]) -> ConsentOutcome:
    if answer.item not in granted:
        return ConsentOutcome(item=answer.item, flag=0)
    return ConsentOutcome(
        item=answer.item,
        flag=1,
        consent_time=answer.consent_time,
        available_time=_end_of(answer),
    )


def _end_of(answer: ConsentAnswer) -> datetime | None:
    if answer.consent_time is None or answer.item not in VIEWING:
        return None
    return answer.consent_time + AVAILABLE_FOR


def _notice(standing: CertificateStatus) -> tuple[str, str]:
    match standing:
        case CertificateStatus.EXPIRING:
            return refusals.EXPIRING
        case CertificateStatus.GRACE:
            return refusals.GRACE
        case CertificateStatus.VALID:
            return refusals.SIMULATED
