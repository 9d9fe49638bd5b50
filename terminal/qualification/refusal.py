"""Failures of the service: a refusal with a reason, or no usable answer."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from terminal.qualification.base import Reply


class Silence(StrEnum):
    NO_CONNECTION = "no-connection"
    TIMEOUT = "timeout"
    BROKEN_OFF = "broken-off"
    """The connection ended before the answer was complete."""
    SERVER_ERROR = "server-error"
    NOT_UNDERSTOOD = "not-understood"
    NOT_VERIFIED = "not-verified"
    """The answer is not signed by the enrolled service, or is for another request."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """No usable answer. The service may have acted on the request, so only idempotent calls may be repeated."""

    reason: Silence


class RefusalReason(StrEnum):
    """Why the service refuses a request."""

    BAD_CHALLENGE = "bad-challenge"
    BAD_SIGNATURE = "bad-signature"
    UNTRUSTED_CERTIFICATE = "untrusted-certificate"
    CERTIFICATE_EXPIRED = "certificate-expired"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    LAPSED = "lapsed"
    UNKNOWN_HOLDER = "unknown-holder"
    FORGED_RECORD = "forged-record"
    MIXED_CARD = "mixed-card"
    """The chip key is not the one issued with this certificate."""
    UNKNOWN_CHIP = "unknown-chip"
    """The service has no chip key for this certificate, so only the PIN proves the holder."""
    UNKNOWN_TERMINAL = "unknown-terminal"
    BAD_VERDICT = "bad-verdict"
    CONFLICT = "conflict"
    """An idempotency key used with a different body, or a second submission for the check."""
    NO_SUCH_CHECK = "no-such-check"
    """Unknown, or opened too long ago."""
    NOT_SUBMITTED = "not-submitted"
    """A result was requested before the submission."""
    NOT_REGISTERED = "not-registered"
    NOT_ALLOWED = "not-allowed"
    """Sharing although `may_share` is false, submission after an inquiry, registration during the grace period, or
    withdrawal of a consent that was not granted."""
    IMPLAUSIBLE_TIME = "implausible-time"
    """A decision dated before the check was opened or in the future: the terminal's clock is wrong."""
    MALFORMED = "malformed"
    """The request does not follow this contract: a version difference or a bug."""


class NextStep(StrEnum):
    """Who can help and how."""

    MUNICIPALITY = "municipality"
    """The holder's city or ward office."""
    FREE_DIAL = "free-dial"
    """マイナンバー総合フリーダイヤル, 0120-95-0178, for a card suspended by its holder."""
    PIN = "pin"
    """Confirm the holder by PIN instead."""
    AGAIN = "again"
    """Start again with the card."""
    REGISTER = "register"
    """Register the card as an insurance card first."""
    RECEPTION = "reception"
    """Staff, with another document or method."""
    OPERATOR = "operator"
    """The person who set up this terminal: enrolment, clock, version."""


class Refused(Reply):
    outcome: Literal["refused"] = "refused"
    reason: RefusalReason
    code: str
    """Simulated processing result code, `SIMQ....E`."""
    message: str
    """One Japanese sentence for the log and the receipt computer."""
    next_step: NextStep = NextStep.OPERATOR
