"""Fixtures for qualification tests: cards, a terminal and the service stub over HTTP, with a settable clock."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from reader.face_record import FaceRecord, parse_face_record
from reader.profile import RSA_2048, File, Key
from reader.softcard.authority import TestAuthority
from reader.softcard.card_image import CardImage
from reader.softcard.issue import Holder, issue
from reader.softcard.rsa import load_key
from terminal.qualification.client import QualificationClient
from terminal.qualification.contract import (
    Challenge,
    CheckOpenedReply,
    ChipProof,
    ConsentAnswer,
    PinProof,
    Purpose,
    Receipt,
    Way,
)
from terminal.qualification.keys import Enrolment, SigningKey
from terminal.qualification.statements import chip_statement, pin_statement
from terminal.simulated.service.enrolment import enrol_locally, registry_path
from terminal.simulated.service.registry import CardEntry, Registry, RegistryFile, anchors_for, certificate_id
from terminal.simulated.service.server import StubServer, open_service
from terminal.simulated.service.storage.store import ServiceStore
from terminal.simulated.service.storage.tables import metadata
from terminal.simulated.service.temporary_postgres import PostgresMissing, TemporaryPostgres

T = TypeVar("T")
MORNING = datetime(2026, 11, 20, 0, 15, 4, tzinfo=UTC)  # 9:15:04 in Japan


@dataclass
class Card:
    """A card with a certificate, two keys and a face record."""

    image: CardImage
    certificate: bytes

    @property
    def record(self) -> FaceRecord:
        return parse_face_record(self.image.files[File.FACE_RECORD])

    def sign(self, statement: bytes) -> bytes:
        return self._sign_with(Key.USER_AUTHENTICATION, statement)

    def prove_chip(self, statement: bytes) -> bytes:
        return self._sign_with(Key.CHIP, statement)

    def _sign_with(self, key: Key, statement: bytes) -> bytes:
        return load_key(self.image.keys[key]).sign(statement, PKCS1v15(), SHA256())

    def entry(self, person: str, **facts: Any) -> CardEntry:
        return CardEntry(person=person, chip_key_sha256=self.image.public_facts().chip_key_sha256, **facts)


@dataclass
class Counter:
    """An enrolled terminal and its service stub."""

    server: StubServer
    registry: RegistryFile
    key: SigningKey
    enrolment: Enrolment
    authority: TestAuthority
    state_dir: Path
    database_url: str | None
    now: datetime = MORNING
    decisions: int = field(default=0)

    def client(self, **changes: Any) -> QualificationClient:
        settings: dict[str, Any] = {
            "terminal_id": self.enrolment.terminal_id,
            "institution_code": "1319999999",
            "terminal_key": self.key,
            "service_public_key": self.enrolment.service_public_key,
            "timeout_seconds": 20.0,
        }
        return QualificationClient(self.server.url, **{**settings, **changes})

    def play(self, scenario: Callable[[QualificationClient], Awaitable[T]], **changes: Any) -> T:
        async def run() -> T:
            async with self.client(**changes) as client:
                return await scenario(client)

        return asyncio.run(run())

    def register(self, card: Card, person: str, **facts: Any) -> None:
        self.registry.add_card(card.certificate, card.entry(person, **facts))

    def renew(self, card: Card, ends: datetime, starts: datetime = MORNING - timedelta(days=1500)) -> Card:
        """Return the card with a new certificate for the given period."""
        key = load_key(card.image.keys[Key.USER_AUTHENTICATION]).public_key()
        return Card(card.image, self.authority.issue_user_certificate(key, starts, ends))

    async def open_by_pin(self, client: QualificationClient, card: Card, purpose: Purpose = Purpose.RECEPTION) -> Any:
        challenge = await client.challenge()
        assert isinstance(challenge, Challenge)
        proof = PinProof(signature=card.sign(pin_statement(challenge.challenge)))
        return await client.open_check(
            challenge=challenge.challenge, certificate=card.certificate, proof=proof, purpose=purpose
        )

    async def open_check(self, client: QualificationClient, card: Card) -> CheckOpenedReply:
        """Open a check by PIN, which must succeed."""
        opened = await self.open_by_pin(client, card)
        assert isinstance(opened, CheckOpenedReply), opened
        return opened

    def chip_proof(
        self,
        client: QualificationClient,
        challenge: bytes,
        card: Card,
        *,
        chip: Card | None = None,
        way: Way = Way.FACE,
        reason: str = "",
        **changes: Any,
    ) -> ChipProof:
        """Return a chip proof. `chip`: a different card that provides the chip and face record."""
        chip = chip or card
        record = chip.record
        statement = chip_statement(challenge, bytes.fromhex(certificate_id(card.certificate)))
        fields: dict[str, Any] = {
            "way": way,
            "group_1": bytes(record.group_1),
            "group_2_digest": record.group_2_digest,
            "group_3_digest": record.group_3_digest,
            "record_signature": record.signature,
            "cv_certificate": chip.image.files[File.SURFACE_CV_CERTIFICATE],
            "chip_signature": chip.prove_chip(statement),
            "verdict_signature": client.sign_verdict(
                challenge=challenge,
                way=way,
                chip_public_key=record.chip_public_key,
                certificate=card.certificate,
                reason=reason,
            ),
            "reason": reason,
        }
        return ChipProof(**{**fields, **changes})

    async def open_by_face(self, client: QualificationClient, card: Card, **changes: Any) -> Any:
        challenge = await client.challenge()
        assert isinstance(challenge, Challenge)
        proof = self.chip_proof(client, challenge.challenge, card, **changes)
        return await client.open_check(challenge=challenge.challenge, certificate=card.certificate, proof=proof)

    async def submit(self, client: QualificationClient, check_id: str, answers: list[ConsentAnswer]) -> Receipt:
        self.decisions += 1
        submission = client.submission(
            check_id, decided_at=self.now, answers=answers, ledger_count=self.decisions, ledger_head="ab" * 32
        )
        receipt = await client.submit(check_id, submission, f"key-{self.decisions}")
        assert isinstance(receipt, Receipt), receipt
        return receipt


@pytest.fixture(scope="session")
def authority() -> TestAuthority:
    return TestAuthority.create()


def issue_card(authority: TestAuthority, name: str, birth_date: date) -> Card:
    image = issue(
        authority,
        RSA_2048,
        b"\x00\x00\x00\x0cjP  " + name.encode() * 20,
        holder=Holder(name=name, address="東京都模擬区試験町", birth_date=birth_date),
        pin="1234",
        issued_on=date(2024, 6, 1),
        certificate_ends_on=date(2029, 4, 12),
    )
    return Card(image, image.files[File.USER_CERTIFICATE])


@pytest.fixture(scope="session")
def card(authority: TestAuthority) -> Card:
    return issue_card(authority, "模擬　花子", date(1981, 4, 12))


@pytest.fixture(scope="session")
def other_card(authority: TestAuthority) -> Card:
    return issue_card(authority, "見本　太郎", date(1948, 1, 5))


@pytest.fixture(scope="session")
def postgres(background: ThreadPoolExecutor) -> Iterator[str]:
    """URL of a temporary PostgreSQL with the service's schema."""
    try:
        server = TemporaryPostgres(durable=False)
    except PostgresMissing as missing:
        pytest.skip(str(missing))
    with server:
        ServiceStore(server.url()).close()
        yield server.url()
        background.shutdown()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty store. Tests with this fixture run on SQLite and PostgreSQL.

    Test modules that do not depend on the store override this fixture with None to use an in-memory store.
    """
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    url: str = request.getfixturevalue("postgres")
    with psycopg.connect(url) as connection:
        names = ", ".join(table.name for table in metadata.sorted_tables)
        connection.execute(f"TRUNCATE {names}")
    return url


@pytest.fixture(scope="session")
def background() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as background:
        yield background


@pytest.fixture
def counter(
    tmp_path: Path, authority: TestAuthority, card: Card, database_url: str | None, background: ThreadPoolExecutor
) -> Iterator[Counter]:
    clock = {"counter": None}
    service = open_service(
        tmp_path,
        in_memory=database_url is None,
        database_url=database_url,
        clock=lambda: clock["counter"].now,  # type: ignore[attr-defined]
    )
    server = StubServer(service)
    key, enrolment = enrol_locally(tmp_path, "terminal-1")
    registry = RegistryFile(registry_path(tmp_path))
    registry.merge(
        Registry(
            certificate_authorities=(authority_pem(authority),),
            record_anchors=anchors_for(authority.trust_anchors),
        )
    )
    counter = Counter(server, registry, key, enrolment, authority, tmp_path, database_url)
    clock["counter"] = counter  # type: ignore[assignment]
    counter.register(card, "adult")
    server.start()
    yield counter
    # stop in the background, because it takes 0.2 s

    def close() -> None:
        counter.server.close()
        server.close()

    background.submit(close)


def authority_pem(authority: TestAuthority) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    return authority.user_ca.certificate.public_bytes(Encoding.PEM).decode()
