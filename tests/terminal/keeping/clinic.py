"""Terminals without a screen: real ledger, line, service and result files; holders are confirmed by PIN."""

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
from terminal.assembly import client_of, open_books
from terminal.conductor.clock import Clock
from terminal.conductor.outcome import DeliveryOutcome
from terminal.handover.result_name import result_file_stem
from terminal.qualification.contract import Challenge, CheckOpenedReply, PinProof
from terminal.qualification.statements import pin_statement
from terminal.simulated.service.enrolment import registry_path
from terminal.simulated.service.registry import CardEntry, Registry, RegistryFile, certificate_id

ASKED = (Item.DIAGNOSIS, Item.MEDICINES, Item.HEALTH_CHECKUP, Item.HIGH_COST_LIMIT)
WORDING = "この医院に提供しますか"


@dataclass(frozen=True)
class Card:
    key: RSAPrivateKey
    certificate: bytes
    """DER."""


def issue_cards(service_state: Path, count: int) -> list[Card]:
    """Issue `count` cards of one invented person and register them with the service."""
    authority = TestAuthority.create()
    registry = RegistryFile(registry_path(service_state))
    pem = authority.user_ca.certificate.public_bytes(Encoding.PEM).decode()
    cards, entries = [], {}
    year = date.today().year
    for _ in range(count):
        key = generate_private_key(65537, 2048)
        starts, ends = datetime(year - 1, 1, 1, tzinfo=UTC), datetime(year + 3, 1, 1, tzinfo=UTC)
        card = Card(key, authority.issue_user_certificate(key.public_key(), starts, ends))
        cards.append(card)
        entries[certificate_id(card.certificate)] = CardEntry(person="adult")
    registry.merge(Registry(certificate_authorities=(pem,), cards=entries))
    return cards


class ServiceSilent(Exception):
    """No check could be opened."""


class ClinicTerminal:
    """Call `open` and `close` from the same event loop."""

    def __init__(self, settings: Settings, cards: Sequence[Card]) -> None:
        self.settings = settings
        self._cards = cards
        self._count = 0

    def open(self) -> "ClinicTerminal":
        self.client, self.enrolment = client_of(self.settings)
        self.books, self.delivery = open_books(self.settings, self.client, Clock())
        self.ledger = self.books.ledger
        return self

    async def close(self) -> None:
        self.delivery.close()
        self.books.close()
        await self.client.aclose()

    async def reception(self, *, granted: bool = True, reads: float = 0.0) -> DeliveryOutcome:
        """Run a reception in which the patient reads the questions for `reads` seconds. Raise `ServiceSilent`."""
        check_id = await self.opened()
        await asyncio.sleep(reads)
        await self.decided(check_id, granted=granted)
        return await self.delivery.deliver(check_id)

    async def opened(self) -> str:
        self._count += 1
        card = self._cards[self._count % len(self._cards)]
        challenge = await self.client.challenge()
        if not isinstance(challenge, Challenge):
            raise ServiceSilent
        signature = card.key.sign(pin_statement(challenge.challenge), PKCS1v15(), SHA256())
        opened = await self.client.open_check(
            challenge=challenge.challenge, certificate=card.certificate, proof=PinProof(signature=signature)
        )
        if not isinstance(opened, CheckOpenedReply):
            raise ServiceSilent
        event = Opened(
            way="pin",
            questions=(AskedQuestion(question_id="q", items=ASKED),),
            service_at=opened.opened_at,
            **self._common(opened.check_id),
        )
        await self.books.worker.run(self.ledger.opened, event)
        return opened.check_id

    async def decided(self, check_id: str, *, granted: bool = True) -> None:
        now = datetime.now(UTC)
        event = Decided(
            idempotency_key=f"r-{check_id}",
            decided_at=now,
            cause=Cause.ANSWERED,
            answers=tuple(
                RecordedAnswer(
                    item=item, granted=granted, answered_at=now, question_id="q", language="ja", wording=WORDING
                )
                for item in ASKED
            ),
            result_file=result_file_stem(self.settings.service.institution_code, check_id, now),
            **self._common(check_id),
        )
        await self.books.worker.run(self.ledger.decided, event)

    def _common(self, check_id: str) -> dict[str, Any]:
        return {
            "check_id": check_id,
            "reception_id": f"r-{check_id}",
            "card": "c" * 64,
            "profile": self.settings.profile,
        }
