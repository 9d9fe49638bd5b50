"""Read the card on the reader, for commands other than `run`."""

from config.settings import Settings
from reader.facts import (
    CardGone,
    CardUnreadable,
    ConnectProblem,
    NoCard,
    NoCertificate,
    NotMyNumberCard,
    ReaderBusy,
    ReaderLost,
    ReaderStatus,
    TwoCards,
)
from terminal.assembly import NotReady, card_opener

_WRONG_CARD = "Not a My Number Card. Place a My Number Card on the reader."
_NO_ANSWER = "The card does not respond. Remove it from its case, turn it around, and place it on the reader again."


def certificate_on_reader(settings: Settings) -> bytes:
    """Return the user-authentication certificate (DER) of the card on the reader. Raises NotReady."""
    from config.debugging import VARIABLE, debugging
    from reader.pcsc_slot import PcscSlot
    from reader.reader_names import is_virtual

    if debugging() and not is_virtual(settings.reader.name):
        raise NotReady(f"{VARIABLE} prints error messages, which may quote card data. Unset it.")
    link = PcscSlot(settings.reader.name or None).connect()
    if isinstance(link, ConnectProblem):
        raise NotReady(_explanation(link, settings))
    try:
        certificate = card_opener(settings).open(link).read_user_certificate()
    finally:
        link.close()
    match certificate:
        case bytes():
            return certificate
        case NoCertificate():
            raise NotReady("The card has no user-authentication certificate. The city hall can issue one.")
        case NotMyNumberCard():
            raise NotReady(_WRONG_CARD)
        case CardGone():
            raise NotReady("The card was removed. Place it on the reader again.")
        case CardUnreadable():
            raise NotReady(_NO_ANSWER)


def _explanation(problem: ConnectProblem, settings: Settings) -> str:
    """Return which component is missing (service, reader or card) and the next step."""
    match problem:
        case NoCard():
            return "No card on the reader. Place a card on it."
        case ReaderBusy() as busy:
            return f"{str(busy)[0].upper()}{str(busy)[1:]}."
        case ReaderLost(status=ReaderStatus.NONE):
            return "No card reader found. Connect one. `pcsc_scan` lists the readers found by pcscd."
        case ReaderLost(status=ReaderStatus.NAMED_MISSING):
            return f"No reader matches reader.name = {settings.reader.name!r}. `uketsuke doctor` lists the readers."
        case ReaderLost(reason=reason):
            return f"The reader is not available: {reason}. Run `uketsuke doctor` for a remedy."
        case NotMyNumberCard():
            return _WRONG_CARD
        case TwoCards():
            return "Two cards on the reader. Remove one."
        case CardUnreadable():
            return _NO_ANSWER
