"""Read one card on the real reader, for commands other than `run`."""

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
    ReaderStanding,
    TwoCards,
)
from terminal.assembly import NotReady, card_opener

_NOT_OURS = "This is not a My Number Card, or a phone. Put a My Number Card on the reader."
_NO_ANSWER = "The card does not answer. Take it out of its case, turn it around, put it down again and leave it there."


def certificate_on_reader(settings: Settings) -> bytes:
    """Return the user-authentication certificate (DER) of the card on the reader. Raises `NotReady`."""
    from config.debugging import VARIABLE, debugging
    from reader.names import is_virtual
    from reader.pcsc_slot import PcscSlot

    if debugging() and not is_virtual(settings.reader.name):
        raise NotReady(f"{VARIABLE} prints error messages, which may quote card data. Unset it.")
    link = PcscSlot(settings.reader.name or None).connect()
    if isinstance(link, ConnectProblem):
        raise NotReady(_what_is_missing(link, settings))
    try:
        certificate = card_opener(settings).open(link).read_user_certificate()
    finally:
        link.close()
    match certificate:
        case bytes():
            return certificate
        case NoCertificate():
            raise NotReady("This card has no user-authentication certificate. The city hall can add one.")
        case NotMyNumberCard():
            raise NotReady(_NOT_OURS)
        case CardGone():
            raise NotReady("The card was removed. Put it down again and leave it there.")
        case CardUnreadable():
            raise NotReady(_NO_ANSWER)


def _what_is_missing(problem: ConnectProblem, settings: Settings) -> str:
    """Return a sentence with what is missing (service, reader or card) and the next step."""
    match problem:
        case NoCard():
            return "There is no card on the reader. Put one on it and leave it there."
        case ReaderBusy() as busy:
            return f"{str(busy)[0].upper()}{str(busy)[1:]}."
        case ReaderLost(standing=ReaderStanding.NONE):
            return "No card reader is connected. Connect one. `pcsc_scan` lists the readers found by pcscd."
        case ReaderLost(standing=ReaderStanding.NAMED_MISSING):
            return f"No reader matches reader.name = {settings.reader.name!r}. `uketsuke doctor` lists the readers."
        case ReaderLost(reason=reason):
            return f"The reader cannot be reached: {reason}. `uketsuke doctor` shows what to do."
        case NotMyNumberCard():
            return _NOT_OURS
        case TwoCards():
            return "There are two cards on the reader. Remove one."
        case CardUnreadable():
            return _NO_ANSWER
