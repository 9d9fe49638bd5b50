"""Units of bulk check results."""

from datetime import date

from terminal.handover.messages.bulk import BulkUnit
from terminal.handover.messages.insured import Insured
from terminal.handover.messages.qualification import QualificationBody, SearchInfo
from terminal.simulated.exchange.answers.common import AnswerContext
from terminal.simulated.exchange.answers.single import check


def check_unit(search: SearchInfo, day: date, institution: str, context: AnswerContext) -> BulkUnit:
    """Return the result for one person."""
    outcome = check(search, day, institution, context)
    if not isinstance(outcome, QualificationBody):
        return BulkUnit(search=search, status="2", result_code=outcome[0], result_message=outcome[1])
    record = next(iter(outcome.results), None)
    return BulkUnit(
        search=search,
        status=outcome.status,
        result_code=outcome.result_code,
        result_message=outcome.result_message,
        validity=outcome.validity,
        result=_plain(record) if record else None,
        reference_number=record.reference_number if record else None,
    )


def _plain(record: Insured) -> Insured:
    """Return the record without limit and patient number. Bulk checks report them separately."""
    return record.model_copy(
        update={
            "limit_changed": "1" if record.limit else "0",
            "limit_consent": None,
            "limit": None,
            "reference_number": None,
            "arbitrary_identifier": None,
        }
    )
