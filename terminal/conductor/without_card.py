"""Check without a card, requested by staff for a 資格確認書. The result is handed over like any other."""

import logging
import secrets
from dataclasses import dataclass
from enum import StrEnum

from consent.items import Item
from terminal.conductor.clock import Clock
from terminal.conductor.delivery import Delivery, DeliveryStage
from terminal.conductor.ledger_desk import LedgerDesk
from terminal.qualification.client import QualificationClient
from terminal.qualification.contract import NoAnswer, QualificationResult, Refused
from terminal.qualification.insured import InsuredSearch

log = logging.getLogger(__name__)


class LookUpEnding(StrEnum):
    DELIVERED = "delivered"
    NOT_HANDED_OVER = "not-handed-over"
    REFUSED = "refused"
    SILENT = "silent"
    NOT_OURS = "not-ours"
    NOT_RECORDED = "not-recorded"
    """The ledger could not be written and the service was not queried."""


@dataclass(frozen=True, slots=True)
class LookUpOutcome:
    ending: LookUpEnding
    validity: str = ""
    """Value of OQSCD006, or empty if the service did not answer."""


class WithoutCard:
    def __init__(
        self, ledger: LedgerDesk, delivery: Delivery, client: QualificationClient, clock: Clock, institution_code: str
    ) -> None:
        self._ledger, self._delivery, self._client = ledger, delivery, client
        self._clock, self._institution_code = clock, institution_code

    async def ask(self, search: InsuredSearch, *, limit: bool, wording: str) -> LookUpOutcome:
        """Record the patient's answer in the ledger, query the service and hand over the result.

        `limit` is whether the patient orally agreed to provide the high-cost limit. `wording` is the question that
        staff asked. Raises `consent.store.LedgerError`.
        """
        check_id = f"w-{secrets.token_hex(12)}"
        self._delivery.without_card.add(check_id)
        try:
            return await self._ask(check_id, search, limit=limit, wording=wording)
        finally:
            self._delivery.without_card.discard(check_id)

    async def _ask(self, check_id: str, search: InsuredSearch, *, limit: bool, wording: str) -> LookUpOutcome:
        asked_at = self._clock.wall().replace(microsecond=0)
        if not await self._ledger.record_without_card(check_id, limit=limit, asked_at=asked_at, wording=wording):
            return LookUpOutcome(LookUpEnding.NOT_RECORDED)
        result = await self._client.look_up(search, limit_consent=limit, asked_at=asked_at)
        match result:
            case Refused(reason=reason):
                log.error("check without a card refused: %s", reason)
                await self._delivery.give_up(check_id, f"refused-{reason}")
                return LookUpOutcome(LookUpEnding.REFUSED)
            case NoAnswer(reason=silence):
                log.warning("check without a card not answered: %s", silence)
                await self._delivery.give_up(check_id, "not-answered")
                return LookUpOutcome(LookUpEnding.SILENT)
            case QualificationResult() if not self._is_ours(result, search, limit=limit):
                log.critical("result of a check without a card held back: it does not match the request")
                await self._delivery.give_up(check_id, "not-ours")
                return LookUpOutcome(LookUpEnding.NOT_OURS)
            case QualificationResult():
                # write the ledger's id to the file: the service's id is not recorded
                ours = result.model_copy(update={"check_id": check_id})
                outcome = await self._delivery.hand_over(check_id, ours)
                done = outcome.stage is DeliveryStage.DELIVERED
                return LookUpOutcome(
                    LookUpEnding.DELIVERED if done else LookUpEnding.NOT_HANDED_OVER, result.validity or ""
                )

    def _is_ours(self, result: QualificationResult, search: InsuredSearch, *, limit: bool) -> bool:
        """Return whether the result matches search and institution and contains no consent except the limit's."""
        consents = {(outcome.item, outcome.flag) for outcome in result.consents}
        return (
            result.search == search
            and result.institution_code == self._institution_code
            and result.reference_classification == "2"
            and consents <= {(Item.HIGH_COST_LIMIT, int(limit))}
            and (limit or result.limit is None)
            and not result.specific_diseases
        )
