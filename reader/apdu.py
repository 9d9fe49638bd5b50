"""Short and extended command and response APDUs (ISO/IEC 7816-4)."""

from dataclasses import dataclass, field
from enum import IntEnum

SHORT_LE_MAX = 256
EXTENDED_LE_MAX = 65_536


class ApduError(ValueError):
    """The bytes are not a valid APDU. The message does not contain them."""


class SW(IntEnum):
    """Status words of ISO/IEC 7816-4 and JICSAP 2.0 that a My Number Card uses."""

    OK = 0x9000
    MEMORY_FAILURE = 0x6581
    SESSION_KEY_REFUSED = 0x66F1
    SECURE_MESSAGING_NOT_SUPPORTED = 0x6882
    NO_SECURE_MESSAGING_SESSION = 0x69FC
    END_OF_FILE = 0x6282
    VERIFY_FAILED_NO_COUNTER = 0x6300
    TRIES_LEFT_0 = 0x63C0
    WRONG_LENGTH = 0x6700
    CHANNEL_NOT_SUPPORTED = 0x6881
    WRONG_FILE_STRUCTURE = 0x6981
    SECURITY_STATUS_NOT_SATISFIED = 0x6982
    METHOD_BLOCKED = 0x6983
    REFERENCE_DATA_BLOCKED = 0x6984
    CONDITIONS_NOT_SATISFIED = 0x6985
    NO_CURRENT_EF = 0x6986
    WRONG_DATA = 0x6A80
    FUNCTION_NOT_SUPPORTED = 0x6A81
    FILE_NOT_FOUND = 0x6A82
    RECORD_NOT_FOUND = 0x6A83
    WRONG_P1_P2 = 0x6A86
    REFERENCE_NOT_FOUND = 0x6A88
    WRONG_OFFSET = 0x6B00
    INS_NOT_SUPPORTED = 0x6D00
    CLA_NOT_SUPPORTED = 0x6E00
    NO_DIAGNOSIS = 0x6F00


class INS(IntEnum):
    VERIFY = 0x20
    CHANGE_REFERENCE_DATA = 0x24
    COMPUTE_SIGNATURE = 0x2A
    CHANGE_PASSWORD = 0x32
    """From JICSAP, with class `80`. The only change command of the residents' and common applications."""
    GET_CHALLENGE = 0x84
    SET_PUBLIC_KEY = 0xA2
    """From JICSAP, with class `80`: SET PUBLIC IC KEY."""
    SELECT = 0xA4
    SET_SESSION_KEY = 0xAE
    READ_BINARY = 0xB0
    READ_RECORD = 0xB2
    GET_RESPONSE = 0xC0
    GET_DATA = 0xCA
    LAST_COMMAND = 0xFC
    """With class `80`: tells a phone that no further command follows."""


MORE_DATA = 0x61
"""First byte of a status word with the length for GET RESPONSE."""
WRONG_LE = 0x6C
"""First byte of a status word with the correct Le."""


def tries_left(sw: int) -> int | None:
    """Return the retry counter from a VERIFY status word: 0 if blocked, None if it contains no counter."""
    if sw & 0xFFF0 == SW.TRIES_LEFT_0:
        return sw & 0x0F
    if sw in (SW.REFERENCE_DATA_BLOCKED, SW.METHOD_BLOCKED):
        return 0
    return None


@dataclass(frozen=True, slots=True)
class Command:
    """Command APDU. `le`: maximum response length (up to 256 or 65536); None for no Le field."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes | bytearray = field(default=b"", repr=False)
    le: int | None = None

    def encode(self) -> bytearray:
        """Encode the command into a buffer that the caller may overwrite. Uses the extended form only if necessary."""
        lc = len(self.data)
        if lc > 0xFFFF or (self.le is not None and not 1 <= self.le <= EXTENDED_LE_MAX):
            raise ApduError("data or Le is too long for an APDU")
        extended = lc > 0xFF or (self.le or 0) > SHORT_LE_MAX
        encoded = bytearray((self.cla, self.ins, self.p1, self.p2))
        if extended:
            encoded.append(0)
        width = 2 if extended else 1
        if lc:
            encoded += lc.to_bytes(width, "big")
            encoded += self.data
        if self.le is not None:
            encoded += (self.le % (EXTENDED_LE_MAX if extended else SHORT_LE_MAX)).to_bytes(width, "big")
        return encoded


def parse_command(raw: bytes | bytearray) -> Command:
    """Decode a command. Raises `ApduError` for a header or length that violates ISO/IEC 7816-4."""
    if len(raw) < 4:
        raise ApduError("APDU is shorter than its header")
    cla, ins, p1, p2 = raw[:4]
    data, le = _parse_body(bytes(raw[4:]))
    return Command(cla, ins, p1, p2, data, le)


def _parse_body(body: bytes) -> tuple[bytes, int | None]:
    if not body:
        return b"", None
    if len(body) == 1:
        return b"", body[0] or SHORT_LE_MAX
    if body[0] == 0 and len(body) >= 3:
        lc = int.from_bytes(body[1:3], "big")
        if len(body) == 3:
            return b"", lc or EXTENDED_LE_MAX
        data, trailer, width = body[3 : 3 + lc], body[3 + lc :], 2
    else:
        lc, data, trailer, width = body[0], body[1 : 1 + body[0]], body[1 + body[0] :], 1
    if lc == 0 or len(data) != lc or len(trailer) not in (0, width):
        raise ApduError("Lc does not match the length of the body")
    if not trailer:
        return data, None
    return data, int.from_bytes(trailer, "big") or (SHORT_LE_MAX if width == 1 else EXTENDED_LE_MAX)


@dataclass(frozen=True, slots=True)
class Response:
    """Response APDU."""

    data: bytes = field(repr=False)
    sw: int

    @property
    def ok(self) -> bool:
        return self.sw == SW.OK

    def encode(self) -> bytes:
        return self.data + self.sw.to_bytes(2, "big")


def parse_response(raw: bytes) -> Response:
    """Decode a response. Raises `ApduError` if there is no status word."""
    if len(raw) < 2:
        raise ApduError("response has no status word")
    return Response(raw[:-2], int.from_bytes(raw[-2:], "big"))
