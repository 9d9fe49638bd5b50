"""The real card reader, for commands that read one card and are done."""

from config.settings import Settings
from reader.facts import ConnectProblem, NoCertificate
from terminal.assembly import NotReady


def certificate_on_reader(settings: Settings) -> bytes:
    """The user-authentication certificate (DER) of the card that lies on the reader. Raises `NotReady`."""
    from reader.card import MyNumberCard
    from reader.pcsc_slot import PcscSlot

    link = PcscSlot(settings.reader.name or None).connect()
    if isinstance(link, ConnectProblem):
        raise NotReady("There is no card to read. Put one on the reader; `pcsc_scan` shows whether the reader works.")
    try:
        certificate = MyNumberCard(link).read_user_certificate()
    finally:
        link.close()
    if isinstance(certificate, NoCertificate):
        raise NotReady("This card has no user-authentication certificate. The city hall can add one.")
    if not isinstance(certificate, bytes):
        raise NotReady("The card could not be read. Put it down again and leave it there.")
    return certificate
