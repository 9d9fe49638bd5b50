"""Chain of command processors, each of which works around a quirk of cards or readers.

A processor passes a command to the next processor and may rewrite or retry it. To add a workaround, add a class and
include it in `chain`. Processors must not retry a command that contains a secret.
"""

import time
from typing import Final, Protocol

from reader.apdu import INS, MORE_DATA, SHORT_LE_MAX, SW, WRONG_LE, Command, Response, parse_response
from reader.link import CardLink, CommandRefused

MAX_RESPONSE_PARTS: Final = 256
"""Maximum number of GET RESPONSE commands per response: twice the number needed for the longest file."""
_WAKE_UPS: Final = 2


class CardTooSlow(Exception):
    """The card exceeded its time limit."""


class Processor(Protocol):
    """A processor in the chain."""

    def send(self, command: Command) -> Response:
        """Return the card's response. Raises `LinkLost`, `CommandRefused`, `ApduError` and `CardTooSlow`."""


class Wire:
    """Last processor, which encodes, transmits and overwrites commands. `seconds`: time limit for all responses."""

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
    """Retry the first command after power-up, which is always a SELECT, if it is refused.

    Some cards answer the first command with `6F00`, whatever it is.
    """

    def __init__(self, next_processor: Processor) -> None:
        self._next = next_processor
        self._woken = False

    def send(self, command: Command) -> Response:
        response = self._next.send(command)
        if not self._woken:
            self._woken = True
            for _ in range(_WAKE_UPS):
                if response.sw not in (SW.NO_DIAGNOSIS, SW.WRONG_LENGTH, SW.CONDITIONS_NOT_SATISFIED):
                    break
                response = self._next.send(command)
        return response


class LengthCorrection:
    """Resend a command with the length from the card's status word (`6Cxx`)."""

    def __init__(self, next_processor: Processor) -> None:
        self._next = next_processor

    def send(self, command: Command) -> Response:
        response = self._next.send(command)
        if response.sw >> 8 != WRONG_LE or command.le is None or command.le > SHORT_LE_MAX:
            return response
        le = response.sw & 0xFF or SHORT_LE_MAX
        return self._next.send(Command(command.cla, command.ins, command.p1, command.p2, command.data, le))


class ResponseChaining:
    """Fetch the remaining parts of a response (`61xx`)."""

    def __init__(self, next_processor: Processor) -> None:
        self._next = next_processor

    def send(self, command: Command) -> Response:
        response = self._next.send(command)
        if response.sw >> 8 != MORE_DATA:
            return response
        data = bytearray(response.data)
        for _ in range(MAX_RESPONSE_PARTS):
            part = self._next.send(Command(0x00, INS.GET_RESPONSE, 0, 0, le=response.sw & 0xFF or SHORT_LE_MAX))
            data += part.data
            response = Response(bytes(data), part.sw)
            if not part.data or part.sw >> 8 != MORE_DATA:
                break
        return response


class FiveByteVerify:
    """Query a retry counter with four bytes, or with five (Le `00`) if the reader requires it.

    Old T=0 drivers refuse the four-byte form. Neither form uses up a try, because VERIFY has no data.
    """

    def __init__(self, next_processor: Processor) -> None:
        self._next = next_processor
        self._five_bytes = False

    def send(self, command: Command) -> Response:
        if command.ins != INS.VERIFY or command.data or command.le is not None:
            return self._next.send(command)
        longer = Command(command.cla, command.ins, command.p1, command.p2, le=SHORT_LE_MAX)
        if self._five_bytes:
            return self._next.send(longer)
        try:
            response = self._next.send(command)
            if response.sw != SW.WRONG_LENGTH:
                return response
        except CommandRefused:
            pass
        self._five_bytes = True
        return self._next.send(longer)


def chain(link: CardLink, seconds: float) -> Processor:
    """Build the chain for a link. `seconds`: see `Wire`."""
    return FiveByteVerify(ResponseChaining(LengthCorrection(WakeUp(Wire(link, seconds)))))
