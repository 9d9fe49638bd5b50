"""Known behaviours of readers and cards, replayed by a fake PC/SC library.

Sources are public bug reports and traces (repository and number) and standards. `[A]` marks plausible behaviour without
a report. `docs/readers.md` contains the same table.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from reader.apdu import INS, ApduError, parse_command
from reader.diagnosis import Pcsc
from reader.softcard.card import SoftCard
from reader.softcard.other_profiles import storage_card_atr

Answer = tuple[int, bytes]
"""Result of a PC/SC call and the card's response."""
OK = 0
T0, T1 = 1, 2

READ = "read and used"
NO_SIGNATURE = "read; cannot sign"
OTHER_CARD = "other card"
UNREADABLE = "unreadable"
REMOVED = "removed"
IN_USE = "in use by another program"
LOST = "reader lost"
DENIED = "access denied"


@dataclass
class Reader:
    """A reader with one card. A behaviour can replace `transmit` and `connect`."""

    card: SoftCard
    atr: bytes = bytes.fromhex("3BE000FF8131FE4514")
    protocol: int = T1
    card_present: bool = True
    count: int = 0
    pending: bytearray = field(default_factory=bytearray)

    def plain(self, apdu: bytes) -> bytes:
        return self.card.transmit(apdu)


Transmit = Callable[[Reader, bytes], Answer]
Connect = Iterator[int]


@dataclass(frozen=True)
class Behaviour:
    name: str
    source: str
    outcome: str
    transmit: Transmit = lambda reader, apdu: (OK, reader.plain(apdu))
    connects: tuple[int, ...] = ()
    """Results of the first attempts to connect. If `persistent`, the last result is repeated."""
    persistent: bool = False
    atr: str = ""
    protocol: int = T1


def command(apdu: bytes) -> tuple[int, int, int]:
    """Return instruction, data length and Le, or (0, 0, 0) if `apdu` is not a command."""
    try:
        parsed = parse_command(apdu)
    except ApduError:
        return 0, 0, 0
    return parsed.ins, len(parsed.data), parsed.le or 0


def is_long(apdu: bytes) -> bool:
    return len(apdu) >= 7 and apdu[4] == 0


def reads_long(apdu: bytes) -> bool:
    return is_long(apdu) and apdu[1] == INS.READ_BINARY


def sw(word: str) -> Answer:
    return OK, bytes.fromhex(word)


def long_refused(answer: Answer) -> Transmit:
    return lambda reader, apdu: answer if reads_long(apdu) else (OK, reader.plain(apdu))


def truncates_to_256(reader: Reader, apdu: bytes) -> Answer:
    answer = reader.plain(apdu)
    return OK, answer[:256] + answer[-2:] if len(answer) > 258 else answer


def replaces_over(limit: int, replacement: str) -> Transmit:
    """Replace responses of more than `limit` bytes with `replacement` (hex)."""

    def transmit(reader: Reader, apdu: bytes) -> Answer:
        if is_long(apdu):
            return sw("6700")
        answer = reader.plain(apdu)
        return sw(replacement) if len(answer) - 2 > limit else (OK, answer)

    return transmit


def chained_responses(limit: int) -> Transmit:
    """Send responses in parts, with 61xx and GET RESPONSE."""

    def transmit(reader: Reader, apdu: bytes) -> Answer:
        ins, _, le = command(apdu)
        if ins == INS.GET_RESPONSE:
            part = bytes(reader.pending[:le])
            del reader.pending[:le]
            return OK, part + (bytes((0x61, min(len(reader.pending), limit))) if reader.pending else b"\x90\x00")
        answer = reader.plain(apdu)
        if len(answer) - 2 <= limit:
            return OK, answer
        reader.pending[:] = answer[limit:-2]
        return OK, answer[:limit] + bytes((0x61, min(len(reader.pending), limit)))

    return transmit


def t0_card(reader: Reader, apdu: bytes) -> Answer:
    """T=0: answer command data with 61xx and a wrong Le with 6Cxx."""
    ins, lc, le = command(apdu)
    if is_long(apdu):
        return Pcsc.NOT_TRANSACTED, b""
    if ins == INS.GET_RESPONSE:
        part = bytes(reader.pending[:le])
        del reader.pending[:le]
        return OK, part + b"\x90\x00"
    answer = reader.plain(apdu)
    exact = len(answer) - 2
    if lc and exact > 0:
        reader.pending[:] = answer[:-2]
        return OK, bytes((0x61, exact & 0xFF))
    if 0 < exact < 256 and le != exact:
        return OK, bytes((0x6C, exact))
    return OK, answer


def changes_select_response(replacement: Callable[[bytes], bytes]) -> Transmit:
    def transmit(reader: Reader, apdu: bytes) -> Answer:
        answer = reader.plain(apdu)
        return OK, replacement(answer) if apdu[1] == INS.SELECT and answer == b"\x90\x00" else answer

    return transmit


def select_with_get_response(reader: Reader, apdu: bytes) -> Answer:
    if apdu[1] == INS.GET_RESPONSE:
        return OK, bytes.fromhex("6F0C840AD392F0002601000000019000")
    answer = reader.plain(apdu)
    return OK, b"\x61\x0e" if apdu[1] == INS.SELECT and answer == b"\x90\x00" else answer


def end_of_file_after_253(reader: Reader, apdu: bytes) -> Answer:
    answer = reader.plain(apdu)
    read = apdu[1] == INS.READ_BINARY and not is_long(apdu) and len(answer) == 258
    if reads_long(apdu):
        return sw("6700")
    return OK, answer[:253] + b"\x62\x82" if read else answer


def refuses_verify(answer: Answer) -> Transmit:
    """Refuse VERIFY in its four-byte form."""
    return lambda reader, apdu: answer if len(apdu) == 4 and apdu[1] == INS.VERIFY else (OK, reader.plain(apdu))


def refuses_short_identifier(ins: int, word: str) -> Transmit:
    """Refuse commands that address a file by its short identifier."""

    def transmit(reader: Reader, apdu: bytes) -> Answer:
        reference = apdu[2] if ins == INS.READ_BINARY else apdu[3]
        by_short_id = reference & 0x80 and reference & 0x1F
        return sw(word) if apdu[1] == ins and by_short_id else (OK, reader.plain(apdu))

    return transmit


def refuses_first_commands(*words: str) -> Transmit:
    def transmit(reader: Reader, apdu: bytes) -> Answer:
        reader.count += 1
        return sw(words[reader.count - 1]) if reader.count <= len(words) else (OK, reader.plain(apdu))

    return transmit


def answers_always(answer: Answer) -> Transmit:
    return lambda reader, apdu: answer


def pulled_at(number: int, answer: Answer) -> Transmit:
    def transmit(reader: Reader, apdu: bytes) -> Answer:
        reader.count += 1
        if reader.count < number:
            return OK, reader.plain(apdu)
        reader.card_present = False
        return answer

    return transmit


def fails_at(number: int, answer: Answer) -> Transmit:
    """Fail every command from `number`, with the card present."""

    def transmit(reader: Reader, apdu: bytes) -> Answer:
        reader.count += 1
        return (OK, reader.plain(apdu)) if reader.count < number else answer

    return transmit


def fails_after_secret(answer: Answer) -> Transmit:
    """Fail every read after a PIN or printed code was sent, with the card present."""

    def transmit(reader: Reader, apdu: bytes) -> Answer:
        ins, lc, _ = command(apdu)
        reader.count |= ins == INS.VERIFY and lc > 0
        return answer if reader.count and ins == INS.READ_BINARY else (OK, reader.plain(apdu))

    return transmit


def truncates_to(limit: int) -> Transmit:
    """Truncate responses to a reader buffer of `limit` bytes."""

    def transmit(reader: Reader, apdu: bytes) -> Answer:
        answer = reader.plain(apdu)
        return OK, answer[:limit] + answer[-2:] if len(answer) - 2 > limit else answer

    return transmit


def refuses_above(limit: int, answer: Answer) -> Transmit:
    """Refuse commands that request more than `limit` bytes."""
    return lambda reader, apdu: answer if command(apdu)[2] > limit else (OK, reader.plain(apdu))


FELICA, MIFARE = storage_card_atr(0x11, 0x003B).hex(), storage_card_atr(0x03, 0x0001).hex()
RESIDENTS = "3B888001000014E0B38191005E"

BEHAVIOURS = (
    Behaviour("ideal", "ISO/IEC 7816-4", READ),
    # --- ATRs reported for My Number Cards
    Behaviour("ATR of a type B card", "pcsc-tools list", READ, atr="3B888001000041E0B381A1003B"),
    Behaviour("ATR of a card from 2024", "OpenSC #3021", READ, atr="3BDA13FF8131FB468012392F31C173C601C03B"),
    Behaviour("ATR of the contact side", "pcsc-tools list", READ, atr="3BC5FF8131FB458073C6010000"),
    # --- long reads refused with a length-related status word
    *(
        Behaviour(f"long read: {word}", source, READ, long_refused(sw(word)))
        for word, source in (
            ("6700", "ISO/IEC 7816-4"),
            ("6D00", "[A]"),
            ("6F00", "acsccid #42"),
            ("6881", "[A]"),
            ("6C00", "ISO/IEC 7816-4"),
            ("9000", "[A] empty"),
        )
    ),
    # --- long reads refused with an unrelated status word
    *(
        Behaviour(f"long read: {word}", "[A]", READ, long_refused(sw(word)))
        for word in ("6A80", "6985", "6300", "6A81", "6986", "6B00", "6E00", "6A86", "6400", "6581")
    ),
    # --- long reads refused by the driver
    Behaviour("long read: NOT_TRANSACTED", "acsccid #42", READ, long_refused((Pcsc.NOT_TRANSACTED, b""))),
    Behaviour("long read: INSUFFICIENT_BUFFER", "pcsc-lite", READ, long_refused((Pcsc.INSUFFICIENT_BUFFER, b""))),
    Behaviour("long read: INVALID_PARAMETER", "ccid", READ, long_refused((Pcsc.INVALID_PARAMETER, b""))),
    Behaviour("long read: COMM_ERROR", "pcsc-sharp #81", READ, long_refused((Pcsc.COMM_ERROR, b""))),
    Behaviour("long read: UNSUPPORTED_FEATURE", "[A]", READ, long_refused((Pcsc.UNSUPPORTED_FEATURE, b""))),
    Behaviour(
        "long read: COMM_DATA_LOST", "FEITIAN_MOBILE_READERS #14", READ, long_refused((Pcsc.COMM_DATA_LOST, b""))
    ),
    Behaviour("long read: success with an empty response", "[A]", READ, long_refused((OK, b""))),
    Behaviour("long read above 4096: NOT_TRANSACTED", "[A]", READ, refuses_above(4096, (Pcsc.NOT_TRANSACTED, b""))),
    Behaviour("long read above 4096: 6700", "[A]", READ, refuses_above(4096, sw("6700"))),
    Behaviour("response truncated to 256 bytes, 9000", "[A]", READ, truncates_to_256),
    Behaviour("response truncated to 1,000 bytes, 9000", "[A]", READ, truncates_to(1000)),
    # --- incomplete short responses
    Behaviour("256-byte responses are empty", "neopgp #3, FIDO2Applet #54", NO_SIGNATURE, replaces_over(255, "9000")),
    Behaviour("responses over 252 bytes: 6300", "Adafruit-PN532 #38", NO_SIGNATURE, replaces_over(252, "6300")),
    Behaviour("responses over 250 bytes: 6F00", "Adafruit-PN532 #38", NO_SIGNATURE, replaces_over(250, "6F00")),
    Behaviour("responses over 128 bytes: 6300", "[A]", NO_SIGNATURE, replaces_over(128, "6300")),
    Behaviour("responses in parts of 253 bytes", "jsapdu", READ, chained_responses(253)),
    Behaviour("responses in parts of 32 bytes", "[A]", READ, chained_responses(32)),
    Behaviour("T=0 with 61xx and 6Cxx", "ISO/IEC 7816-3", READ, t0_card, protocol=T0),
    Behaviour("6282 with 253 of 256 bytes", "ISO/IEC 7816-4", READ, end_of_file_after_253),
    Behaviour("SELECT returns 610E", "jsapdu", READ, select_with_get_response),
    Behaviour(
        "SELECT returns an FCI",
        "ja.stackoverflow (MPCOS)",
        READ,
        changes_select_response(lambda answer: bytes.fromhex("6F0C840AD392F000260100000001") + answer),
    ),
    # --- the empty VERIFY
    Behaviour("VERIFY of four bytes: 6700", "T=0 drivers", READ, refuses_verify(sw("6700"))),
    Behaviour("VERIFY of four bytes: NOT_TRANSACTED", "T=0 drivers", READ, refuses_verify((Pcsc.NOT_TRANSACTED, b""))),
    Behaviour("VERIFY of four bytes: INVALID_PARAMETER", "[A]", READ, refuses_verify((Pcsc.INVALID_PARAMETER, b""))),
    *(
        Behaviour(f"VERIFY by short identifier: {word}", source, READ, refuses_short_identifier(INS.VERIFY, word))
        for word, source in (
            ("6A88", "ISO/IEC 7816-4"),
            *((w, "[A]") for w in ("6D00", "6A80", "6985", "6700", "6982")),
        )
    ),
    *(
        Behaviour(f"READ by short identifier: {word}", "[A]", READ, refuses_short_identifier(INS.READ_BINARY, word))
        for word in ("6A86", "6B00", "6986", "6A81")
    ),
    # --- the first command
    Behaviour("first command: 6F00", "mynacard-rs", READ, refuses_first_commands("6F00")),
    Behaviour("first two commands: 6F00", "[A]", READ, refuses_first_commands("6F00", "6F00")),
    Behaviour("first command: 6700", "[A]", READ, refuses_first_commands("6700")),
    Behaviour("first command: 6985", "[A]", READ, refuses_first_commands("6985")),
    Behaviour("every command: 6F00", "[A]", UNREADABLE, answers_always(sw("6F00"))),
    # --- other cards
    *(
        Behaviour(f"FeliCa, every command: {word}", source, OTHER_CARD, answers_always(sw(word)), atr=FELICA)
        for word, source in (("6A81", "PC/SC part 3"), ("6D00", "[A]"), ("6E00", "[A]"), ("6700", "[A]"))
    ),
    Behaviour(
        "Mifare on ACR122U, every command: 6300", "ACR122U manual", OTHER_CARD, answers_always(sw("6300")), atr=MIFARE
    ),
    Behaviour(
        "Mifare on ACR1252U: NOT_TRANSACTED",
        "nfc-pcsc #97",
        OTHER_CARD,
        answers_always((Pcsc.NOT_TRANSACTED, b"")),
        atr=MIFARE,
    ),
    Behaviour("residents' card from before 2016: 6A86", "[A]", OTHER_CARD, answers_always(sw("6A86")), atr=RESIDENTS),
    Behaviour("bank card, licence: 6A82", "ISO/IEC 7816-4", OTHER_CARD, answers_always(sw("6A82"))),
    Behaviour(
        "connect: UNSUPPORTED_CARD",
        "pcsc-lite",
        OTHER_CARD,
        connects=(Pcsc.UNSUPPORTED_CARD,),
        persistent=True,
    ),
    # --- power and connection
    Behaviour("connect: UNRESPONSIVE once", "PCSC #102, OpenSC #546", READ, connects=(Pcsc.UNRESPONSIVE_CARD,)),
    Behaviour("connect: UNPOWERED twice", "[A]", READ, connects=(Pcsc.UNPOWERED_CARD,) * 2),
    Behaviour("connect: RESET once", "[A]", READ, connects=(Pcsc.RESET_CARD,)),
    Behaviour(
        "connect: UNRESPONSIVE, persistent",
        "card upside down",
        UNREADABLE,
        connects=(Pcsc.UNRESPONSIVE_CARD,),
        persistent=True,
    ),
    Behaviour(
        "connect: PROTO_MISMATCH, persistent",
        "pcsc-lite",
        UNREADABLE,
        connects=(Pcsc.PROTO_MISMATCH,),
        persistent=True,
    ),
    Behaviour(
        "connect: SHARING_VIOLATION, persistent",
        "PCSC #215, lpac #253",
        IN_USE,
        connects=(Pcsc.SHARING_VIOLATION,),
        persistent=True,
    ),
    Behaviour("connect: SHARING_VIOLATION, briefly", "gpg's scdaemon", READ, connects=(Pcsc.SHARING_VIOLATION,) * 2),
    Behaviour("connect: NO_SMARTCARD", "pcsc-lite", REMOVED, connects=(Pcsc.NO_SMARTCARD,), persistent=True),
    Behaviour(
        "connect: READER_UNAVAILABLE",
        "pyscard #128",
        LOST,
        connects=(Pcsc.READER_UNAVAILABLE,),
        persistent=True,
    ),
    Behaviour("connect: NO_SERVICE", "pyscard #82", LOST, connects=(Pcsc.NO_SERVICE,), persistent=True),
    Behaviour(
        "connect: SECURITY_VIOLATION",
        "yubico-piv-tool #504",
        DENIED,
        connects=(Pcsc.SECURITY_VIOLATION,),
        persistent=True,
    ),
    # --- during a reception
    Behaviour("pulled: success with an empty response", "pyscard, observed here", REMOVED, pulled_at(4, (OK, b""))),
    Behaviour("pulled: REMOVED_CARD", "pcsc-lite", REMOVED, pulled_at(4, (Pcsc.REMOVED_CARD, b""))),
    Behaviour("pulled at the first command", "[A]", REMOVED, pulled_at(1, (Pcsc.NOT_TRANSACTED, b""))),
    Behaviour("COMM_ERROR, the card remains", "edge of the field", UNREADABLE, fails_at(3, (Pcsc.COMM_ERROR, b""))),
    Behaviour("RESET_CARD, the card remains", "other programs", UNREADABLE, fails_at(3, (Pcsc.RESET_CARD, b""))),
    Behaviour("COMM_ERROR after a secret", "[A]", UNREADABLE, fails_after_secret((Pcsc.COMM_ERROR, b""))),
)
