"""Verify the proof in a request to open a check."""

from datetime import datetime

from terminal.qualification.contract import (
    CertificateStatus,
    ChipProof,
    OpenCheckRequest,
    PhoneProof,
    PinProof,
    RefusalReason,
)
from terminal.simulated.service.people import People
from terminal.simulated.service.proofs import (
    CertificateRules,
    check_chip_proof,
    check_phone_proof,
    check_pin_proof,
    is_trusted,
    parse_certificate,
    standing_for,
)
from terminal.simulated.service.registry import CardEntry, CardStatus, Registry
from terminal.simulated.service.revocation import RevocationLists

_STATUS_REFUSALS = {
    CardStatus.REVOKED: RefusalReason.REVOKED,
    CardStatus.SUSPENDED: RefusalReason.SUSPENDED,
    CardStatus.LAPSED: RefusalReason.LAPSED,
}


class ProofVerification:
    """Verifies the proof, certificate and card of a request to open a check."""

    def __init__(self, rules: CertificateRules) -> None:
        self._rules = rules
        self._revoked = RevocationLists()

    def verify(
        self, request: OpenCheckRequest, registry: Registry, people: People, now: datetime
    ) -> tuple[CardEntry, CertificateStatus] | RefusalReason:
        """Return the card entry and the standing of its certificate, or the reason for a refusal."""
        rules = self._rules
        terminal_key = registry.terminals.get(request.terminal_id)
        if terminal_key is None:
            return RefusalReason.UNKNOWN_TERMINAL
        certificate = parse_certificate(request.certificate)
        card = registry.card(request.certificate)
        adopted = card is not None and card.adopted
        if certificate is None or not (adopted or is_trusted(certificate, registry.certificate_authorities, rules)):
            return RefusalReason.UNTRUSTED_CERTIFICATE
        standing = standing_for(certificate, now, rules)
        if standing is None:
            return RefusalReason.CERTIFICATE_EXPIRED
        if card is None or card.person not in people or card.phone != isinstance(request.proof, PhoneProof):
            return RefusalReason.UNKNOWN_HOLDER
        if card.phone and standing is CertificateStatus.GRACE:
            return RefusalReason.CERTIFICATE_EXPIRED
        match request.proof:
            case PinProof() as proof:
                refusal = check_pin_proof(certificate, request.challenge, proof)
            case PhoneProof() as proof:
                refusal = check_phone_proof(certificate, request.challenge, proof)
            case ChipProof() as proof:
                refusal = check_chip_proof(request, proof, card, terminal_key, registry.record_anchors)
        # check the status last, because only the cardholder may learn it
        if refusal is None and self._revoked.contain(certificate, registry, now):
            refusal = RefusalReason.REVOKED
        refusal = refusal or _STATUS_REFUSALS.get(card.status)
        return refusal or (card, standing)
