"""A terminal without a screen that runs receptions by PIN, with a real ledger, service and result folder."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from config.settings import Settings
from consent.items import Item
from consent.records import AskedQuestion, Cause, Decided, Opened, RecordedAnswer
from reader.softcard.authority import TestAuthority
from terminal.assembly import enrolled_client, open_ledger_desk
from terminal.conductor.clock import Clock
from terminal.conductor.outcome import DeliveryOutcome
from terminal.handover.result_name import result_file_stem
from terminal.qualification.contract import Challenge, CheckOpenedReply, PinProof
from terminal.qualification.statements import pin_statement
from terminal.simulated.service.enrolment import registry_path
from terminal.simulated.service.registry import CardEntry, Registry, RegistryFile, certificate_id

ITEMS = (Item.DIAGNOSIS, Item.MEDICINES, Item.HEALTH_CHECKUP, Item.HIGH_COST_LIMIT)
WORDING = "この医院に提供しますか"


@dataclass(frozen=True)
class Card:
    key: RSAPrivateKey
    certificate: bytes
    """DER-encoded user certificate."""


def issue_cards(service_state: Path, count: int) -> list[Card]:
    """Issue `count` cards to one fictitious person and register them with the service."""
    authority = TestAuthority.create()
    registry = RegistryFile(registry_path(service_state))
    pem = authority.user_ca.certificate.public_bytes(Encoding.PEM).decode()
    cards, entries = [], {}
    year = date.today().year
    for _ in range(count):
        key = generate_private_key(65537, 2048)
        valid_from, valid_until = datetime(year - 1, 1, 1, tzinfo=UTC), datetime(year + 3, 1, 1, tzinfo=UTC)
        card = Card(key, authority.issue_user_certificate(key.public_key(), valid_from, valid_until))
        cards.append(card)
        entries[certificate_id(card.certificate)] = CardEntry(person="adult")
    registry.merge(Registry(certificate_authorities=(pem,), cards=entries))
    return cards


class ServiceUnavailable(Exception):
    """Raised if the service does not open a check."""


class ClinicTerminal:
    """A terminal that runs receptions. Open and close it in the same event loop."""

    def __init__(self, settings: Settings, cards: Sequence[Card]) -> None:
        self.settings = settings
        self._cards = cards
        self._count = 0

    def open(self) -> "ClinicTerminal":
        self.client, self.enrolment = enrolled_client(self.settings)
        self.ledger_desk, self.delivery = open_ledger_desk(self.settings, self.client, Clock())
        self.ledger = self.ledger_desk.ledger
        return self

    async def close(self) -> None:
        self.delivery.close()
        self.ledger_desk.close()
        await self.client.aclose()

    async def reception(self, *, granted: bool = True, reading_seconds: float = 0.0) -> DeliveryOutcome:
        """Run a reception with a patient who reads the questions for `reading_seconds`.

        Raises:
            ServiceUnavailable: The service did not open a check.
        """
        check_id = await self.open_check()
        await asyncio.sleep(reading_seconds)
        await self.record_decision(check_id, granted=granted)
        return await self.delivery.deliver(check_id)

    async def open_check(self) -> str:
        self._count += 1
        card = self._cards[self._count % len(self._cards)]
        challenge = await self.client.challenge()
        if not isinstance(challenge, Challenge):
            raise ServiceUnavailable
        signature = card.key.sign(pin_statement(challenge.challenge), PKCS1v15(), SHA256())
        reply = await self.client.open_check(
            challenge=challenge.challenge, certificate=card.certificate, proof=PinProof(signature=signature)
        )
        if not isinstance(reply, CheckOpenedReply):
            raise ServiceUnavailable
        event = Opened(
            way="pin",
            questions=(AskedQuestion(question_id="q", items=ITEMS),),
            service_at=reply.opened_at,
            **self._common(reply.check_id),
        )
        await self.ledger_desk.worker.run(self.ledger.opened, event)
        return reply.check_id

    async def record_decision(self, check_id: str, *, granted: bool = True) -> None:
        now = datetime.now(UTC)
        event = Decided(
            idempotency_key=f"r-{check_id}",
            decided_at=now,
            cause=Cause.ANSWERED,
            answers=tuple(
                RecordedAnswer(
                    item=item, granted=granted, answered_at=now, question_id="q", language="ja", wording=WORDING
                )
                for item in ITEMS
            ),
            result_file=result_file_stem(self.settings.service.institution_code, check_id, now),
            **self._common(check_id),
        )
        await self.ledger_desk.worker.run(self.ledger.decided, event)

    def _common(self, check_id: str) -> dict[str, Any]:
        return {
            "check_id": check_id,
            "reception_id": f"r-{check_id}",
            "card": "c" * 64,
            "profile": self.settings.profile,
        }
