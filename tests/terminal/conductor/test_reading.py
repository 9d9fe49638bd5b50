"""Effects of the `reader` settings on the commands sent to a card."""

import asyncio

import pytest

from config.settings import ReaderSettings, Settings
from reader.apdu import INS, parse_command
from reader.authenticity import TrustAnchors
from reader.facts import CardFacts, NotMyNumberCard
from reader.softcard.card import SoftCard
from reader.softcard.slot import SimulatedSlot
from terminal.assembly import NotReady, card_opener
from terminal.conductor.card_desk import CardDesk
from terminal.conductor.wiped_patient_data import Patient
from terminal.session import effects as fx
from terminal.session import events as ev
from tests.terminal.conductor.counter_fixture import Desk


class RecordingCard:
    """A card that records the length of each READ BINARY command."""

    def __init__(self, card: SoftCard) -> None:
        self._card = card
        self.lengths: list[int] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._card, name)

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        command = parse_command(apdu)
        if command.ins == INS.READ_BINARY:
            self.lengths.append(command.le or 0)
        return self._card.transmit(apdu)


def read(desk: Desk, anchors: TrustAnchors | None, **settings: str) -> tuple[object, list[int]]:
    slot, card = SimulatedSlot(), RecordingCard(desk.card())
    slot.insert(card)  # type: ignore[arg-type]
    reading = card_opener(Settings(reader=ReaderSettings.model_validate(settings)))
    cards = CardDesk(slot, lambda: anchors, reading)  # type: ignore[arg-type, return-value]

    async def read_once() -> ev.Event:
        try:
            return await cards.read(fx.ReadCard("r1", 1, 1), Patient("r1"))
        finally:
            await cards.close()

    event = asyncio.run(read_once())
    assert isinstance(event, ev.CardRead | ev.CardFailed)
    return event.facts if isinstance(event, ev.CardRead) else event.failure, card.lengths


def test_short_reads_are_used_only_if_configured(desk: Desk) -> None:
    facts, lengths = read(desk, None, long_reads="never")
    assert isinstance(facts, CardFacts)
    assert max(lengths) == 256
    facts, lengths = read(desk, None)
    assert isinstance(facts, CardFacts)
    assert lengths == [65_536]


def test_only_configured_card_generation_is_tried(desk: Desk) -> None:
    failure, _ = read(desk, None, card_profile="ec-384-announced")
    assert failure == NotMyNumberCard()


def test_unknown_card_generation_is_reported() -> None:
    with pytest.raises(NotReady, match=r"reader\.card_profile.*rsa-2048"):
        card_opener(Settings(reader=ReaderSettings(card_profile="rsa-4096")))
