"""Tests for cards removed during a reception."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from reader.apdu import INS
from reader.card import MyNumberCard
from reader.facts import CardFacts, CardGone, CodeVerified, NoCard
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardImage

if TYPE_CHECKING:
    from .conftest import Counter


class PulledCard(SoftCard):
    """A card that is pulled during the n-th command with instruction `ins`, before it answers."""

    def __init__(self, image: CardImage, ins: int, nth: int, pull: Callable[[], None]) -> None:
        super().__init__(image)
        self._ins, self._remaining, self._pull = ins, nth, pull

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        if apdu[1] == self._ins:
            self._remaining -= 1
            if self._remaining == 0:
                self._pull()
        return super().transmit(apdu)


def test_card_pulled_while_reading_photo(counter: "Counter", image: CardImage) -> None:
    # The first two reads identify the card, and the third reads the record.
    counter.insert(PulledCard(image, INS.READ_BINARY, 3, counter.pull))
    card = MyNumberCard(counter.connect())
    assert isinstance(card.read_facts(), CardFacts)
    assert card.verify_printed_code(bytearray(image.printed_code, "ascii"), expected_left=10) == CodeVerified()
    assert card.read_face_record() == CardGone()
    assert card.prove_chip(b"statement") == CardGone()


def test_card_pulled_during_verify(counter: "Counter", image: CardImage) -> None:
    # The first three VERIFY commands read counters.
    counter.insert(PulledCard(image, INS.VERIFY, 4, counter.pull))
    card = MyNumberCard(counter.connect())
    assert isinstance(card.read_facts(), CardFacts)
    assert card.verify_pin(bytearray(b"1234"), expected_left=3) == CardGone()


def test_reinserted_card_requires_new_connection(counter: "Counter", image: CardImage) -> None:
    counter.insert(SoftCard(image))
    card = MyNumberCard(counter.connect())
    assert isinstance(card.read_facts(), CardFacts)
    counter.remove()
    assert card.read_facts() == CardGone()
    counter.insert(SoftCard(image))
    assert card.read_facts() == CardGone(), "the old connection must not reach a new card"
    counter.end_reception()
    assert isinstance(MyNumberCard(counter.connect()).read_facts(), CardFacts)


def test_connecting_and_scanning_without_card(counter: "Counter") -> None:
    assert counter.slot.connect() == NoCard()
    assert counter.scanner.scan() is None


def test_link_can_be_closed_twice_and_after_removal(counter: "Counter", image: CardImage) -> None:
    counter.insert(SoftCard(image))
    link = counter.connect()
    counter.remove()
    link.close()
    link.close()
    assert MyNumberCard(link).read_facts() == CardGone()
