"""The context in which requests are answered."""

from dataclasses import dataclass
from datetime import datetime

from terminal.handover.messages.header import AnswerHeader, RequestHeader
from terminal.handover.patient_numbers import InsuredNumbers
from terminal.handover.xml import CHARACTER_CODES, Encoding
from terminal.simulated.exchange.checks import QualificationChecks
from terminal.simulated.exchange.insured import Criteria, FoundInsured, InsuredPeople
from terminal.simulated.exchange.store import ExchangeStore

ENDED_NORMALLY = "1"
IN_PROCESS = "2"
FAILED = "9"
"""SegmentOfResult (OQSCD003)."""


@dataclass(frozen=True, slots=True)
class AnswerContext:
    """Data sources and settings for the answer to one request."""

    insured: InsuredPeople
    checks: QualificationChecks
    store: ExchangeStore
    now: datetime
    """Japanese time."""
    encoding: Encoding
    institution_code: str | None
    """The only institution that is allowed to send requests; None for any."""
    fail: bool = False
    """Whether the request provokes an abnormal end."""
    old_characters: bool = False
    """Whether the request provokes names with ●."""
    zip_bulk: bool = False
    """Whether to return results of bulk jobs as ZIP files."""

    @property
    def character_code(self) -> str:
        return CHARACTER_CODES[self.encoding]

    def is_allowed(self, institution_code: str) -> bool:
        return self.institution_code in (None, institution_code)

    def find(self, numbers: InsuredNumbers) -> tuple[FoundInsured, ...]:
        criteria = Criteria.by(numbers)
        return () if criteria is None else self.insured.find(criteria, self.now.date())

    def header(
        self, request: RequestHeader, segment: str, code: str | None = None, message: str | None = None
    ) -> AnswerHeader:
        return AnswerHeader(
            executed_at=self.now,
            institution_code=request.institution_code,
            file_identifier=request.file_identifier,
            segment=segment,
            error_code=code,
            error_message=message,
            character_code=self.character_code,
        )
