"""Sources of qualification checks: the fictitious people in this process, or a service."""

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
    ActiveConsents,
    LookupRequest,
    NoAnswer,
    QualificationResult,
    Refused,
)
from terminal.qualification.insured import InsuredSearch
from terminal.simulated.service.lookup import look_up
from terminal.simulated.service.people import People
from terminal.simulated.service.result import lookup_result

CheckOutcome = QualificationResult | Refused | NoAnswer
_NO_CHECK_ID = "exchange"


@dataclass(frozen=True, slots=True)
class CheckQuery:
    """A check by symbol and number."""

    search: InsuredSearch
    limit_agreed: bool
    """Whether the patient orally agreed to share the limit."""
    day: date
    """Day of care."""


class QualificationChecks(Protocol):
    """A source of qualification checks."""

    def check(self, query: CheckQuery, institution: str, now: datetime) -> CheckOutcome: ...

    def is_valid(self, check_id: str | None, item: Item) -> bool | NoAnswer:
        """Return whether a consent from a result file is valid. Withdrawn consents are not."""
        ...


class LocalChecks:
    """Answers checks from the fictitious people in this process."""

    def __init__(self, people: People) -> None:
        self._people = people

    def check(self, query: CheckQuery, institution: str, now: datetime) -> CheckOutcome:
        found = look_up(query.search, self._people, query.day)
        # the placeholder signature is never verified
        request = LookupRequest(
            terminal_id="exchange",
            institution_code=institution,
            search=query.search,
            limit_consent=1 if query.limit_agreed else 0,
            confirmation_date=query.day,
            asked_at=now,
            signature=b"-",
        )
        person = self._people.get(found.person) if found.person else None
        return lookup_result(_NO_CHECK_ID, request, found, person, now)

    def is_valid(self, check_id: str | None, item: Item) -> bool | NoAnswer:
        """Return True: result files are the only source of consents."""
        return True


class ServiceChecks:
    """Queries a service over HTTP, one request at a time. `open_client`: creates a client for each query.

    Requests use the client's institution instead of the one in the query.
    """

    def __init__(self, open_client: Callable[[], QualificationClient]) -> None:
        self._open_client = open_client

    def check(self, query: CheckQuery, institution: str, now: datetime) -> CheckOutcome:
        async def query_service() -> CheckOutcome:
            async with self._open_client() as client:
                return await client.look_up(
                    query.search,
                    limit_consent=query.limit_agreed,
                    asked_at=now,
                    confirmation_date=query.day,
                )

        return asyncio.run(query_service())

    def is_valid(self, check_id: str | None, item: Item) -> bool | NoAnswer:
        """Return whether the service lists the consent as valid. False for an unknown check."""
        if check_id is None or not re.fullmatch(CHECK_ID_PATTERN, check_id):
            return False

        async def query_service() -> ActiveConsents | Refused | NoAnswer:
            async with self._open_client() as client:
                return await client.active_consents(check_id)

        answer = asyncio.run(query_service())
        return answer if isinstance(answer, NoAnswer) else isinstance(answer, ActiveConsents) and item in answer.items
