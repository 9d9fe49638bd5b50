"""Request and response bodies of the routes under /simulator."""

from terminal.qualification.base import Digest
from terminal.qualification.contract import Base64, Model, TerminalId
from terminal.simulated.service.misbehaviour import Setting


class Adoption(Model):
    certificate: Base64
    """The certificate as DER."""
    person: str
    """Id of a fictitious person."""


class Adopted(Model):
    certificate_sha256: str
    person: str
    simulated: bool = True


class EnrolTerminal(Model):
    terminal_id: TerminalId
    public_key: str
    """The public key as PEM."""
    ended_key: Digest | None = None
    """`key_digest` of an earlier key, which is revoked together with the current key."""


class SimulatorState(Model):
    people: tuple[str, ...]
    cards: int
    terminals: tuple[str, ...]
    behaviour: tuple[Setting, ...]
    simulated: bool = True
