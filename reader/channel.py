"""Card commands (ISO/IEC 7816-4) over a link.

To minimise the number of exchanges, files and keys are referenced by short identifiers in the command itself, and files
are requested in one piece with an extended Le, if card and reader support it. A form that was refused is not used again
on the same connection.
"""

from collections.abc import Callable
from typing import Final

from reader.apdu import EXTENDED_LE_MAX, INS, SHORT_LE_MAX, SW, WRONG_LE, Command, Response, tries_left
from reader.link import CardLink, CommandRefused
from reader.processors import chain
from reader.profile import Application
from reader.tlv import MalformedCardData, total_length

MAX_FILE_LENGTH: Final = 0x8000
"""The offset in READ BINARY has 15 bits."""
MAX_BLOCKS: Final = 2 * MAX_FILE_LENGTH // SHORT_LE_MAX
"""Maximum READ BINARY commands per file: twice the number needed for the longest file in short blocks."""
CARD_SECONDS: Final = 30.0
"""Maximum total time a connection may wait for its card: ten times the time of a reception with a slow card."""

_CURRENT_EF = 0x80
_SHORT_ID_MAX = 0x1E
_READ_LENGTHS: Final = (EXTENDED_LE_MAX, 4096, SHORT_LE_MAX, 240, 128)
"""Lengths to try, in order. Those below 256 are for readers that cannot transfer a full short answer or a signature."""
_NO_SHORT_ID: Final = frozenset(
    {SW.WRONG_P1_P2, SW.WRONG_OFFSET, SW.NO_CURRENT_EF, SW.FUNCTION_NOT_SUPPORTED, SW.REFERENCE_NOT_FOUND}
)
"""Status words of cards that take a short identifier for an offset or an error."""
_LENGTH_REFUSED: Final = frozenset(
    {
        SW.WRONG_LENGTH,
        SW.NO_DIAGNOSIS,
        SW.INS_NOT_SUPPORTED,
        SW.CHANNEL_NOT_SUPPORTED,
        SW.VERIFY_FAILED_NO_COUNTER,  # sent by readers with a PN532 or PN533 instead of the card
    }
)
_NOT_FOR_LENGTH: Final = frozenset({SW.FILE_NOT_FOUND, SW.SECURITY_STATUS_NOT_SATISFIED, SW.WRONG_FILE_STRUCTURE})
"""Status words that concern the file itself, so that requesting fewer bytes does not help."""

Arrived = Callable[[memoryview], None]
"""Called after each block with the part of the file read so far. The view is only valid during the call."""


class StatusError(Exception):
    """Unexpected status word."""

    def __init__(self, sw: int) -> None:
        super().__init__(f"status word {sw:04X}")
        self.sw = sw


class Channel:
    """Sends commands over a link.

    It remembers the selected application, because selecting it again may reset the VERIFY state on some cards.
    """

    def __init__(
        self,
        link: CardLink,
        *,
        longest_read: int = EXTENDED_LE_MAX,
        card_seconds: float = CARD_SECONDS,
    ) -> None:
        """`longest_read`: maximum bytes to request in one READ BINARY; 256 for short commands only."""
        self._chain = chain(link, card_seconds)
        self._longest_read = max(_READ_LENGTHS[-1], longest_read)
        self._short_ids = True
        self._long_works = False
        self._secret_sent = False
        self._application: Application | None = None

    @property
    def longest_read(self) -> int:
        """Maximum number of bytes to request in one READ BINARY, as determined so far."""
        return self._longest_read

    def send(self, command: Command) -> Response:
        """Send a command through the chain of processors. Raises `CardTooSlow` before sending."""
        return self._chain.send(command)

    def _expect_ok(self, command: Command) -> Response:
        response = self.send(command)
        if not response.ok:
            raise StatusError(response.sw)
        return response

    # --- selection ------------------------------------------------------------------------------------------

    @property
    def application(self) -> Application | None:
        return self._application

    def select(self, application: Application) -> bool:
        """Select the application; return False if the card does not have it."""
        if self._application is application:
            return True
        response = self.send(Command(0x00, INS.SELECT, 0x04, 0x0C, application.aid))
        if response.sw == SW.FILE_NOT_FOUND:
            return False
        if not response.ok:
            raise StatusError(response.sw)
        self._application = application
        return True

    def _select_file(self, fid: int) -> None:
        self._expect_ok(Command(0x00, INS.SELECT, 0x02, 0x0C, fid.to_bytes(2, "big")))

    def _naming(self, fid: int, command: Callable[[int], Command], expected: Callable[[Response], bool]) -> Response:
        """Send a command that references `fid` by its short identifier, or selects `fid` first if that fails.

        `command` takes the reference byte. `expected` recognises answers that are not about the identifier. The command
        may be sent twice, so it must not use up a try.
        """
        tried = self._short_ids and fid <= _SHORT_ID_MAX
        if tried:
            response = self.send(command(_CURRENT_EF | fid))
            if expected(response):
                return response
        self._select_file(fid)
        response = self.send(command(_CURRENT_EF))
        if tried and expected(response):
            self._short_ids = False  # the identifier was at fault, not the command
        return response

    # --- files ----------------------------------------------------------------------------------------------

    def read_file(self, fid: int, arrived: Arrived | None = None) -> bytearray:
        """Read a file that is a single BER-TLV object into a new buffer, without trailing fill bytes.

        The length is taken from the first block, so it needs no separate command.
        """
        first = self._read_first(fid, EXTENDED_LE_MAX)
        length = total_length(first)
        if length > MAX_FILE_LENGTH:
            raise MalformedCardData("file longer than READ BINARY reaches")
        content = bytearray(length)
        done = min(len(first), length)
        content[:done] = first[:done]
        blocks = 1
        while True:
            if arrived is not None:
                with memoryview(content) as view, view[:done] as there:
                    arrived(there)
            if done == length:
                return content
            if blocks == MAX_BLOCKS:
                raise MalformedCardData("file in more pieces than any card needs")
            block = self._read_on(done, length - done)[: length - done]
            if not block:
                raise MalformedCardData("file shorter than its length field")
            content[done : done + len(block)] = block
            done += len(block)
            blocks += 1

    def read_start(self, fid: int, length: int) -> bytes:
        """Return the first bytes of a file, `length` or fewer."""
        return self._read_first(fid, length)[:length]

    def _read_first(self, fid: int, wanted: int) -> bytes:
        def read(le: int) -> Response:
            return self._naming(fid, lambda reference: _read_binary(reference, le), _not_about_short_ids)

        return self._read(read, wanted)

    def _read_on(self, offset: int, wanted: int) -> bytes:
        """Continue reading the file that was read last."""

        def read(le: int) -> Response:
            return self.send(Command(0x00, INS.READ_BINARY, offset >> 8, offset & 0xFF, le=le))

        return self._read(read, wanted)

    def _read(self, read: Callable[[int], Response], wanted: int) -> bytes:
        while True:
            le = min(self._longest_read, wanted)
            try:
                response = read(le)
            except CommandRefused as refused:
                if le <= SHORT_LE_MAX or (refused.in_doubt and (self._secret_sent or self._long_works)):
                    raise
                self._step_down(to_short=refused.in_doubt)
                continue
            shortest = le < self._longest_read or le == _READ_LENGTHS[-1]
            if response.sw in (SW.OK, SW.END_OF_FILE) and (response.data or shortest):
                self._long_works |= le > SHORT_LE_MAX
                return response.data
            if shortest or response.sw in _NOT_FOR_LENGTH:
                raise StatusError(response.sw)
            self._step_down_after(response, le)

    def _step_down_after(self, response: Response, le: int) -> None:
        """Reduce the read length if this may help. Raises `StatusError` if it cannot."""
        if response.ok or response.sw in _LENGTH_REFUSED or response.sw >> 8 == WRONG_LE:
            self._step_down()
        elif le > SHORT_LE_MAX and not self._long_works:
            # the status word gives another reason, but try once with a short length
            self._step_down(to_short=True)
        else:
            raise StatusError(response.sw)

    def _step_down(self, *, to_short: bool = False) -> None:
        """Use the next shorter read length, or directly the longest one of short commands."""
        below = SHORT_LE_MAX + 1 if to_short else self._longest_read
        self._longest_read = next(length for length in _READ_LENGTHS if length < below)

    def read_record(self, fid: int, number: int) -> bytes:
        """Return record `number` of the file with this short identifier."""
        command = Command(0x00, INS.READ_RECORD, number, (fid & 0x1F) << 3 | 0x04, le=SHORT_LE_MAX)
        return self._expect_ok(command).data

    # --- reference data and keys ----------------------------------------------------------------------------

    def tries_left(self, fid: int) -> int | None:
        """Return the retry counter of reference data with an empty VERIFY; None if the card answers "verified"."""
        response = self._naming(fid, lambda reference: Command(0x00, INS.VERIFY, 0x00, reference), _has_counter)
        if response.ok:
            return None
        left = tries_left(response.sw)
        if left is None:
            raise StatusError(response.sw)
        return left

    def verify(self, fid: int, secret: bytearray) -> int:
        """Send VERIFY once and return the status word.

        Call `tries_left` for the same file first, which determines how to reference the file.
        """
        self._secret_sent = True
        reference = _CURRENT_EF | fid if self._short_ids and fid <= _SHORT_ID_MAX else _CURRENT_EF
        return self.send(Command(0x00, INS.VERIFY, 0x00, reference, secret)).sw

    def sign(self, message: bytes, fid: int | None) -> bytes:
        """Send COMPUTE DIGITAL SIGNATURE with the key `fid`, or with the application's default key."""

        def command(reference: int) -> Command:
            return Command(0x80, INS.COMPUTE_SIGNATURE, 0x00, reference, message, le=SHORT_LE_MAX)

        response = self.send(command(0x00)) if fid is None else self._naming(fid, command, _not_about_short_ids)
        if not response.ok:
            raise StatusError(response.sw)
        return response.data


def _read_binary(reference: int, le: int) -> Command:
    """Read from the start of a file. For the current file (`80`), both parameter bytes are the offset."""
    return Command(0x00, INS.READ_BINARY, 0x00 if reference == _CURRENT_EF else reference, 0x00, le=le)


def _not_about_short_ids(response: Response) -> bool:
    return response.sw not in _NO_SHORT_ID


def _has_counter(response: Response) -> bool:
    return response.ok or tries_left(response.sw) is not None
