"""Base class for cards that wrap another card: faults and slow links."""

from reader.softcard.card import Card


class WrappedCard:
    """Forwards everything that a subclass does not override to the wrapped card."""

    def __init__(self, card: Card) -> None:
        self._card = card

    @property
    def atr(self) -> bytes:
        return self._card.atr

    @property
    def code_on_face(self) -> str:
        return self._card.code_on_face

    def power_on(self) -> None:
        self._card.power_on()

    def power_off(self) -> None:
        self._card.power_off()

    def reset(self) -> None:
        self._card.reset()

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        return self._card.transmit(apdu)
