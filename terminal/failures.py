"""Map card failures and the service's refusals to problems shown to the patient."""

from typing import assert_never

from reader.facts import (
    CardGone,
    CardUnreadable,
    NoCertificate,
    NotMyNumberCard,
    ReaderBusy,
    ReaderLost,
    TwoCards,
)
from terminal.problems import ProblemCode
from terminal.qualification.contract import RefusalReason

CardReadFailure = CardGone | CardUnreadable | NotMyNumberCard | NoCertificate | TwoCards | ReaderBusy | ReaderLost


def card_failure_problem(failure: CardReadFailure) -> ProblemCode:
    match failure:
        case CardGone():
            return ProblemCode.CARD_GONE
        case CardUnreadable():
            return ProblemCode.CARD_UNREADABLE
        case NotMyNumberCard():
            return ProblemCode.NOT_MY_NUMBER_CARD
        case NoCertificate():
            return ProblemCode.NO_CERTIFICATE
        case TwoCards():
            return ProblemCode.TWO_CARDS
        case ReaderBusy():
            return ProblemCode.CARD_HELD
        case ReaderLost():
            return ProblemCode.READER_LOST
        case _:
            assert_never(failure)


_REFUSAL_PROBLEMS = {
    RefusalReason.CERTIFICATE_EXPIRED: ProblemCode.CERTIFICATE_EXPIRED,
    RefusalReason.REVOKED: ProblemCode.CERTIFICATE_REVOKED,
    RefusalReason.SUSPENDED: ProblemCode.CERTIFICATE_SUSPENDED,
    RefusalReason.LAPSED: ProblemCode.CARD_LAPSED,
    RefusalReason.UNKNOWN_HOLDER: ProblemCode.HOLDER_UNKNOWN,
    RefusalReason.FORGED_RECORD: ProblemCode.FORGED_RECORD,
    RefusalReason.MIXED_CARD: ProblemCode.MIXED_CARD,
    RefusalReason.UNKNOWN_CHIP: ProblemCode.CHIP_UNKNOWN,
    RefusalReason.UNKNOWN_TERMINAL: ProblemCode.TERMINAL_NOT_ENROLLED,
    RefusalReason.IMPLAUSIBLE_TIME: ProblemCode.CLOCK_WRONG,
}


def refusal_problem(reason: RefusalReason) -> ProblemCode:
    """Return the problem for a refusal. Refusals that only a vendor can resolve share one code. The log has details."""
    return _REFUSAL_PROBLEMS.get(reason, ProblemCode.SERVICE_REFUSED)
