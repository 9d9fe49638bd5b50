"""Have the card sign a decision if it is still on the reader, and record the decision in the ledger."""

import asyncio

from consent.records import Cause, Decided
from terminal.conductor.card_desk import CardDesk
from terminal.conductor.ledger_desk import LedgerDesk
from terminal.conductor.wiped_patient_data import Patient
from terminal.qualification.receipts import decision_to_sign
from terminal.session import events as ev
from terminal.session.effects import RecordDecision


class DecisionDesk:
    """Signs and records decisions. If `required`, a yes without the card's signature counts as a no."""

    def __init__(self, card: CardDesk, ledger: LedgerDesk, *, required: bool = False) -> None:
        self._card = card
        self._ledger = ledger
        self._required = required
        self._releasing: set[asyncio.Task[None]] = set()

    async def decide(self, effect: RecordDecision, patient: Patient) -> ev.Event:
        """Record the decision. Store the signature in `patient` for the submission, never in the ledger."""
        ids = (effect.reception, effect.effect)
        event = await self._ledger.draft_decision(effect)
        if event is None:
            return ev.LedgerFailed(*ids)
        signature = None
        if event.answers and not patient.wiped:
            signature = await self._card.sign_decision(decision_to_sign(event), self._ledger.way(event.check_id))
        patient.decision_signature = None if patient.wiped else signature
        self._release_card()
        unsigned = self._required and signature is None and bool(event.granted)
        recorded = await self._ledger.record_decision(_without_consent(event) if unsigned else event)
        return ev.DecisionRecorded(*ids, unsigned=unsigned) if recorded else ev.LedgerFailed(*ids)

    def _release_card(self) -> None:
        """Power the card off in the background, so that an unresponsive card does not delay the decision."""
        task = asyncio.create_task(self._card.release())
        self._releasing.add(task)
        task.add_done_callback(self._releasing.discard)


def _without_consent(event: Decided) -> Decided:
    answers = tuple(answer.model_copy(update={"granted": False}) for answer in event.answers)
    return Decided.model_validate(event.model_copy(update={"answers": answers, "cause": Cause.UNSIGNED}).model_dump())
