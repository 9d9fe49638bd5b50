"""The check by symbol and number."""

from dataclasses import dataclass

from terminal.exchange.answers.common import ENDED_NORMALLY, FAILED, Desk
from terminal.exchange.insured import Found, Wanted
from terminal.exchange.problems import Trouble
from terminal.handover.messages.header import DatedRequestHeader, QualificationHeader
from terminal.handover.messages.insured import Insured
from terminal.handover.messages.qualification import (
    QualificationAnswer,
    QualificationBody,
    QualificationRequest,
    SearchInfo,
)
from terminal.handover.parts import Consent

BY_NUMBER = "2"
"""ReferenceClassification (OQSCD002)."""
NOBODY, SEVERAL = "4", "5"
"""QualificationValidity (OQSCD006)."""


def answer_check(request: QualificationRequest, desk: Desk) -> QualificationAnswer:
    asked = request.header
    trouble = _refused(asked, desk)
    header = QualificationHeader(
        executed_at=desk.now,
        confirmation_date=asked.confirmation_date,
        institution_code=asked.institution_code,
        file_identifier=asked.file_identifier,
        reference=BY_NUMBER,
        segment=ENDED_NORMALLY if trouble is None else FAILED,
        error_code=trouble.code if trouble else None,
        error_message=trouble.sentence if trouble else None,
        character_code=desk.character_code,
    )
    if trouble is not None:
        return QualificationAnswer(header=header)
    search = request.body.search
    checked = check(search, asked.institution_code, desk)
    return QualificationAnswer(
        header=header,
        body=QualificationBody(
            search=search,
            status="1",
            result_code=checked.trouble.code,
            result_message=checked.trouble.sentence,
            validity=checked.validity,
            results=() if checked.record is None else (checked.record,),
        ),
    )


def _refused(header: DatedRequestHeader, desk: Desk) -> Trouble | None:
    if desk.fail:
        return Trouble.PROVOKED
    return None if desk.may_ask(header.institution_code) else Trouble.OTHER_INSTITUTION


@dataclass(frozen=True, slots=True)
class Checked:
    validity: str
    record: Insured | None
    trouble: Trouble
    """What is to be said about it; that it is simulated where there is nothing else."""


def check(search: SearchInfo, institution: str, desk: Desk) -> Checked:
    """One search. Nobody and several are answers, not errors."""
    found = desk.find(wanted(search))
    if not found:
        return Checked(NOBODY, None, Trouble.NOBODY)
    if len(found) > 1:
        return Checked(SEVERAL, None, Trouble.SEVERAL)
    record = desk.record(institution, found[0])
    return Checked(found[0].validity, _with_limit(record, found[0], search, desk), Trouble.SIMULATED)


def wanted(search: SearchInfo) -> Wanted:
    return Wanted(
        insurer_number=search.insurer_number,
        identification_number=search.identification_number,
        card_symbol=search.card_symbol,
        branch_number=search.branch_number,
        birth_date=search.birth_date,
    )


def _with_limit(record: Insured, found: Found, search: SearchInfo, desk: Desk) -> Insured:
    """The limit needs the patient's word, for there is no card; nothing else can be consented to this way."""
    given = search.limit_consent == "1"
    consent = Consent(flag=search.limit_consent, consent_time=desk.now if given else None)
    return record.model_copy(
        update={
            "limit_consent": consent,
            "limit": found.limit if given else None,
            "arbitrary_identifier": search.arbitrary_identifier,
        }
    )
