"""The check by symbol and number itself: answered from the invented people of this process, or by another service."""

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
    """The patient agreed, by word of mouth, to the limit being given."""
    day: date
    """Day of the care in question."""


class QualificationChecks(Protocol):
    def check(self, question: CheckQuery, institution: str, now: datetime) -> CheckOutcome: ...

    def stands(self, check_id: str | None, item: Item) -> bool | NoAnswer:
        """Return whether the consent from a result file is still valid; it may have been withdrawn since."""
        ...


class InventedChecks:
    def __init__(self, people: People) -> None:
        self._people = people

    def check(self, question: CheckQuery, institution: str, now: datetime) -> CheckOutcome:
        found = look_up(question.search, self._people, question.day)
        # This one is never verified: it is not sent anywhere.
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

    def stands(self, check_id: str | None, item: Item) -> bool | NoAnswer:
        """Return what the file says: there is no other source."""
        return True


class ServiceChecks:
    """Asks the service over HTTP, one after the other. `open_client`: a new client for each question.

    The client's own institution asks, whatever the request says.
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

    def stands(self, check_id: str | None, item: Item) -> bool | NoAnswer:
        """False also for a check that the service does not know: what it says counts, not the file."""
        if check_id is None or not re.fullmatch(CHECK_ID_PATTERN, check_id):
            return False

        async def ask() -> StandingConsents | Refused | NoAnswer:
            async with self._open_client() as client:
                return await client.standing(check_id)

        answer = asyncio.run(ask())
        return answer if isinstance(answer, NoAnswer) else isinstance(answer, StandingConsents) and item in answer.items
