"""Chain of processors between a command and the card, one for each quirk of cards and readers.

A processor passes a command to the next one and may repeat, rewrite or complete it. To add a workaround for a reader,
add a class here and to `chain`. No processor may repeat a command that contains a secret.
"""

import time
from typing import Final, Protocol

from reader.apdu import INS, MORE_DATA, SHORT_LE_MAX, SW, WRONG_LE, Command, Response, parse_response
from reader.link import CardLink, CommandRefused

MAX_PARTS: Final = 256
"""Maximum GET RESPONSE commands per answer: twice the number needed for the longest file."""
_WAKE_UPS: Final = 2


class CardTooSlow(Exception):
    """The card took longer than allowed."""


class Processor(Protocol):
    """Element of the chain."""

    def send(self, command: Command) -> Response:
        """Return the card's answer. Raises `LinkLost`, `CommandRefused`, `ApduError` and `CardTooSlow`."""


class Wire:
    """Last processor: encode, transmit and overwrite. `seconds` is the maximum total time for the card's answers."""

    def __init__(self, link: CardLink, seconds: float) -> None:
        self._link = link
        self._seconds_left = seconds

    def send(self, command: Command) -> Response:
        if self._seconds_left <= 0:
            raise CardTooSlow
        encoded = command.encode()
        started = time.monotonic()
        try:
            return parse_response(self._link.transmit(encoded))
        finally:
            self._seconds_left -= time.monotonic() - started
            encoded[:] = bytes(len(encoded))


class WakeUp:
    """Repeat the first command after power-up if it is refused, because some cards answer `6F00` to any first command.

    The first command is always a SELECT.
    """

    def __init__(self, then: Processor) -> None:
        self._then = then
        self._woken = False

    def send(self, command: Command) -> Response:
        response = self._then.send(command)
        if not self._woken:
            self._woken = True
            for _ in range(_WAKE_UPS):
                if response.sw not in (SW.NO_DIAGNOSIS, SW.WRONG_LENGTH, SW.CONDITIONS_NOT_SATISFIED):
                    break
                response = self._then.send(command)
        return response


class RightLength:
    """Repeat a command with the length given by the card (`6Cxx`)."""

    def __init__(self, then: Processor) -> None:
        self._then = then

    def send(self, command: Command) -> Response:
        response = self._then.send(command)
        if response.sw >> 8 != WRONG_LE or command.le is None or command.le > SHORT_LE_MAX:
            return response
        le = response.sw & 0xFF or SHORT_LE_MAX
        return self._then.send(Command(command.cla, command.ins, command.p1, command.p2, command.data, le))


class Parts:
    """Fetch the remaining parts of an answer (`61xx`)."""

    def __init__(self, then: Processor) -> None:
        self._then = then

    def send(self, command: Command) -> Response:
        response = self._then.send(command)
        if response.sw >> 8 != MORE_DATA:
            return response
        data = bytearray(response.data)
        for _ in range(MAX_PARTS):
            part = self._then.send(Command(0x00, INS.GET_RESPONSE, 0, 0, le=response.sw & 0xFF or SHORT_LE_MAX))
            data += part.data
            response = Response(bytes(data), part.sw)
            if not part.data or part.sw >> 8 != MORE_DATA:
                break
        return response


class FiveByteVerify:
    """Request a retry counter in the form the reader supports: four bytes, or five with an Le of `00`.

    Old T=0 drivers refuse the four-byte form. Neither form costs a try, because nothing is compared.
    """

    def __init__(self, then: Processor) -> None:
        self._then = then
        self._five = False

    def send(self, command: Command) -> Response:
        if command.ins != INS.VERIFY or command.data or command.le is not None:
            return self._then.send(command)
        longer = Command(command.cla, command.ins, command.p1, command.p2, le=SHORT_LE_MAX)
        if self._five:
            return self._then.send(longer)
        try:
            response = self._then.send(command)
            if response.sw != SW.WRONG_LENGTH:
                return response
        except CommandRefused:
            pass
        self._five = True
        return self._then.send(longer)


def chain(link: CardLink, seconds: float) -> Processor:
    """Return the chain for a link. `seconds`: see `Wire`."""
    return FiveByteVerify(Parts(RightLength(WakeUp(Wire(link, seconds)))))
