"""Failed requests: a refusal with a reason, or no usable answer."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from terminal.qualification.base import Reply


class NoAnswerReason(StrEnum):
    NO_CONNECTION = "no-connection"
    TIMEOUT = "timeout"
    CONNECTION_LOST = "broken-off"
    """The connection was closed before the answer was complete."""
    SERVER_ERROR = "server-error"
    NOT_UNDERSTOOD = "not-understood"
    NOT_VERIFIED = "not-verified"
    """The answer is not signed by the enrolled service, or is for a different request."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """No usable answer. The service may have processed the request: retry only idempotent calls."""

    reason: NoAnswerReason


class RefusalReason(StrEnum):
    """Reason for refusing a request."""

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
    """The chip key was not issued with this certificate."""
    UNKNOWN_CHIP = "unknown-chip"
    """The service has no chip key for this certificate. The holder must be confirmed by PIN."""
    UNKNOWN_TERMINAL = "unknown-terminal"
    BAD_VERDICT = "bad-verdict"
    CONFLICT = "conflict"
    """The idempotency key was used with a different body, or the check has a different submission."""
    NO_SUCH_CHECK = "no-such-check"
    """The check is unknown, or was opened too long ago."""
    NOT_SUBMITTED = "not-submitted"
    """The result was requested before the submission."""
    NOT_REGISTERED = "not-registered"
    NOT_ALLOWED = "not-allowed"
    """Sharing although `may_share` is false, submission after an inquiry, registration during the grace period, or
    withdrawal of a consent that was not granted."""
    IMPLAUSIBLE_TIME = "implausible-time"
    """The decision is dated in the future or before the check was opened: the terminal's clock is wrong."""
    MALFORMED = "malformed"
    """The request violates the contract because of a version difference or a bug."""


class NextStep(StrEnum):
    """Recommended next step."""

    MUNICIPALITY = "municipality"
    """The holder's city or ward office."""
    FREE_DIAL = "free-dial"
    """マイナンバー総合フリーダイヤル, 0120-95-0178, for cards suspended by their holder."""
    PIN = "pin"
    """Confirm the holder by PIN instead."""
    AGAIN = "again"
    """Start over with the card."""
    REGISTER = "register"
    """Register the card as an insurance card first."""
    RECEPTION = "reception"
    """Ask staff, with another document or method."""
    OPERATOR = "operator"
    """Contact this terminal's administrator: enrolment, clock, version."""


class Refused(Reply):
    outcome: Literal["refused"] = "refused"
    reason: RefusalReason
    code: str
    """Simulated processing result code, `SIMQ....E`."""
    message: str
    """Japanese sentence for the log and the receipt computer."""
    next_step: NextStep = NextStep.OPERATOR
