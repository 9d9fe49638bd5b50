"""Diagnosis of card errors: a table from stage, error code and ATR to the diagnosis shown to staff and patient.

Codes are status words of the card (ISO/IEC 7816-4, up to FFFF) or PC/SC errors (from 80100001).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from reader.apdu import SW
from reader.atr import is_other_card

_log = logging.getLogger(__name__)


class CardStage(StrEnum):
    SERVICE = "service"
    """Reaching the PC/SC service."""
    CONNECT = "connect"
    """Powering up the card and connecting to it exclusively."""
    FIRST_SELECT = "first select"
    """Before the card has accepted its first SELECT."""
    READING = "reading"
    """After the first SELECT."""


class CardDiagnosis(StrEnum):
    """Diagnosis shown to staff and patient."""

    OTHER_CARD = "other card"
    UNREADABLE = "unreadable"
    TAKEN_AWAY = "taken away"
    HELD = "held by another program"
    READER_LOST = "reader lost"
    ACCESS_DENIED = "access denied"


class Pcsc(IntEnum):
    """PC/SC errors with a specific diagnosis. The numbers are those of pcsc-lite and Windows."""

    INVALID_HANDLE = 0x80100003
    INVALID_PARAMETER = 0x80100004
    INSUFFICIENT_BUFFER = 0x80100008
    UNKNOWN_READER = 0x80100009
    SHARING_VIOLATION = 0x8010000B
    NO_SMARTCARD = 0x8010000C
    UNKNOWN_CARD = 0x8010000D
    PROTO_MISMATCH = 0x8010000F
    COMM_ERROR = 0x80100013
    NOT_TRANSACTED = 0x80100016
    READER_UNAVAILABLE = 0x80100017
    CARD_UNSUPPORTED = 0x8010001C
    NO_SERVICE = 0x8010001D
    SERVICE_STOPPED = 0x8010001E
    UNSUPPORTED_FEATURE = 0x80100022
    NO_ACCESS = 0x80100027
    NO_READERS = 0x8010002E
    COMM_DATA_LOST = 0x8010002F
    UNSUPPORTED_CARD = 0x80100065
    UNRESPONSIVE_CARD = 0x80100066
    UNPOWERED_CARD = 0x80100067
    RESET_CARD = 0x80100068
    REMOVED_CARD = 0x80100069
    SECURITY_VIOLATION = 0x8010006A


@dataclass(frozen=True, slots=True)
class CardFailure:
    """Error to diagnose. `code` is None for malformed data and for a missing or incomplete response."""

    stage: CardStage
    code: int | None
    atr: bytes = b""
    card_present: bool = True


@dataclass(frozen=True, slots=True)
class _Row:
    stage: CardStage
    matches: Callable[[CardFailure], bool]
    diagnosis: CardDiagnosis
    retry: bool = False
    """Whether to try again while the card is on the reader."""


def _any(_failure: CardFailure) -> bool:
    return True


def _removed(failure: CardFailure) -> bool:
    return not failure.card_present


def _codes(*codes: int) -> Callable[[CardFailure], bool]:
    return lambda failure: failure.code in codes


def _other_by_atr(failure: CardFailure) -> bool:
    return is_other_card(failure.atr)


def _refusal(failure: CardFailure) -> bool:
    """Return whether a working card refused the command. 6F00, 64xx and 65xx indicate a fault of the card itself."""
    code = failure.code
    return code is not None and code <= 0xFFFF and code != SW.NO_DIAGNOSIS and code >> 8 not in (0x64, 0x65)


_DENIED: Final = _codes(Pcsc.SECURITY_VIOLATION, Pcsc.NO_ACCESS)
_READER_LOST: Final = _codes(
    Pcsc.UNKNOWN_READER,
    Pcsc.READER_UNAVAILABLE,
    Pcsc.NO_SERVICE,
    Pcsc.SERVICE_STOPPED,
    Pcsc.INVALID_HANDLE,
    Pcsc.NO_READERS,
)

TABLE: Final = (
    _Row(CardStage.SERVICE, _DENIED, CardDiagnosis.ACCESS_DENIED),
    _Row(CardStage.SERVICE, _any, CardDiagnosis.READER_LOST),
    _Row(CardStage.CONNECT, _DENIED, CardDiagnosis.ACCESS_DENIED),
    _Row(CardStage.CONNECT, _codes(Pcsc.SHARING_VIOLATION), CardDiagnosis.HELD),
    _Row(CardStage.CONNECT, _codes(Pcsc.NO_SMARTCARD, Pcsc.REMOVED_CARD), CardDiagnosis.TAKEN_AWAY),
    _Row(CardStage.CONNECT, _READER_LOST, CardDiagnosis.READER_LOST),
    _Row(CardStage.CONNECT, _other_by_atr, CardDiagnosis.OTHER_CARD),
    _Row(
        CardStage.CONNECT,
        _codes(Pcsc.UNSUPPORTED_CARD, Pcsc.CARD_UNSUPPORTED, Pcsc.UNKNOWN_CARD),
        CardDiagnosis.OTHER_CARD,
    ),
    _Row(CardStage.CONNECT, _any, CardDiagnosis.UNREADABLE, retry=True),
    _Row(CardStage.FIRST_SELECT, _other_by_atr, CardDiagnosis.OTHER_CARD),
    _Row(CardStage.FIRST_SELECT, _removed, CardDiagnosis.TAKEN_AWAY),
    _Row(CardStage.FIRST_SELECT, _refusal, CardDiagnosis.OTHER_CARD),
    _Row(CardStage.FIRST_SELECT, _any, CardDiagnosis.UNREADABLE),
    _Row(CardStage.READING, _removed, CardDiagnosis.TAKEN_AWAY),
    _Row(CardStage.READING, _codes(Pcsc.REMOVED_CARD, Pcsc.NO_SMARTCARD), CardDiagnosis.TAKEN_AWAY),
    _Row(CardStage.READING, _any, CardDiagnosis.UNREADABLE),
)
"""The first matching row applies."""


def _row(failure: CardFailure) -> _Row:
    return next(row for row in TABLE if row.stage is failure.stage and row.matches(failure))


def is_retryable(failure: CardFailure) -> bool:
    """Return whether repeating the command may succeed."""
    return _row(failure).retry


def diagnosis_for(failure: CardFailure) -> CardDiagnosis:
    """Return the diagnosis without logging it."""
    return _row(failure).diagnosis


def diagnose(failure: CardFailure, operation: str = "") -> CardDiagnosis:
    """Return the diagnosis and log it with stage and code, without card or personal data.

    `operation`: short description of the failed operation.
    """
    diagnosis = _row(failure).diagnosis
    code = "no status word" if failure.code is None else f"{failure.code:04X}"
    expected = diagnosis is CardDiagnosis.TAKEN_AWAY and failure.code in (None, Pcsc.NO_SMARTCARD, Pcsc.REMOVED_CARD)
    level = logging.INFO if expected else logging.WARNING
    step = f" ({operation})" if operation else ""
    _log.log(level, "%s%s: %s, shown as: %s", failure.stage, step, code, diagnosis)
    return diagnosis
