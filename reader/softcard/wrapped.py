"""Base class for wrapped cards, such as faulty and slow cards."""

from reader.softcard.card import Card


class WrappedCard:
    """Card that forwards all calls to another card, except for methods overridden by a subclass."""

    def __init__(self, card: Card) -> None:
        self._card = card

    @property
    def atr(self) -> bytes:
        return self._card.atr

    @property
    def printed_code(self) -> str:
        return self._card.printed_code

    def power_on(self) -> None:
        self._card.power_on()

    def power_off(self) -> None:
        self._card.power_off()

    def reset(self) -> None:
        self._card.reset()

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        return self._card.transmit(apdu)
