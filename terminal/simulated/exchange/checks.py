"""The check by symbol and number: answered from this process's invented people, or by another service."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from consent.items import Item
from terminal.qualification.client import QualificationClient
from terminal.qualification.contract import (
    CHECK_ID_PATTERN,
    LookUp,
    NoAnswer,
    QualificationResult,
    Refused,
    StandingConsents,
)
from terminal.qualification.insured import InsuredSearch
from terminal.simulated.service.lookup import look_up
from terminal.simulated.service.people import People
from terminal.simulated.service.result import result_of_lookup

CheckOutcome = QualificationResult | Refused | NoAnswer
_NO_CHECK_ID = "exchange"


@dataclass(frozen=True, slots=True)
class CheckQuery:
    search: InsuredSearch
    limit_agreed: bool
    """The patient agreed orally to the limit being provided."""
    day: date
    """Day of care."""


class QualificationChecks(Protocol):
    def check(self, question: CheckQuery, institution: str, now: datetime) -> CheckOutcome: ...

    def is_valid(self, check_id: str | None, item: Item) -> bool | NoAnswer:
        """Return whether the consent from a result file is still valid; it may have been withdrawn since."""
        ...


class InventedChecks:
    def __init__(self, people: People) -> None:
        self._people = people

    def check(self, question: CheckQuery, institution: str, now: datetime) -> CheckOutcome:
        found = look_up(question.search, self._people, question.day)
        # this result is never verified and never leaves the process
        request = LookUp(
            terminal_id="exchange",
            institution_code=institution,
            search=question.search,
            limit_consent=1 if question.limit_agreed else 0,
            confirmation_date=question.day,
            asked_at=now,
            signature=b"-",
        )
        person = self._people.get(found.person) if found.person else None
        return result_of_lookup(_NO_CHECK_ID, request, found, person, now)

    def is_valid(self, check_id: str | None, item: Item) -> bool | NoAnswer:
        """Return the consent as in the result file: there is no other source."""
        return True


class ServiceChecks:
    """Queries the service over HTTP, one request after the other. `open_client`: creates a client for each query.

    The client's own institution is used, whatever the request contains.
    """

    def __init__(self, open_client: Callable[[], QualificationClient]) -> None:
        self._open_client = open_client

    def check(self, question: CheckQuery, institution: str, now: datetime) -> CheckOutcome:
        async def ask() -> CheckOutcome:
            async with self._open_client() as client:
                return await client.look_up(
                    question.search,
                    limit_consent=question.limit_agreed,
                    asked_at=now,
                    confirmation_date=question.day,
                )

        return asyncio.run(ask())

    def is_valid(self, check_id: str | None, item: Item) -> bool | NoAnswer:
        """Return False also for an unknown check: the service's record takes precedence over the result file."""
        if check_id is None or not re.fullmatch(CHECK_ID_PATTERN, check_id):
            return False

        async def ask() -> StandingConsents | Refused | NoAnswer:
            async with self._open_client() as client:
                return await client.standing(check_id)

        answer = asyncio.run(ask())
        return answer if isinstance(answer, NoAnswer) else isinstance(answer, StandingConsents) and item in answer.items
