"""Check whether a certificate is on its issuer's revocation list (CRL).

Lists that are not current or have no valid signature of a known authority are ignored.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from terminal.simulated.service.proofs import issued_by, load_authority
from terminal.simulated.service.registry import Registry

log = logging.getLogger(__name__)

_UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.ExtensionNotFound,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


class RevocationLists:
    """Checks certificates against the registry's lists. Logs once why a list is ignored."""

    def __init__(self) -> None:
        self._reported: set[tuple[str, str]] = set()

    def contain(self, certificate: x509.Certificate, registry: Registry, now: datetime) -> bool:
        """Return whether a valid list of the certificate's issuer contains the certificate."""
        if not registry.revocation_lists:
            return False
        issuers = [pem for pem in registry.certificate_authorities if issued_by(certificate, pem)]
        for pem in registry.revocation_lists:
            revoked = _effective_list(pem, registry.certificate_authorities, now)
            if isinstance(revoked, str):
                self._report(pem, revoked)
            elif any(_signed_by(pem, issuer) for issuer in issuers) and _lists(revoked, certificate):
                return True
        return False

    def _report(self, pem: str, flaw: str) -> None:
        if (pem, flaw) not in self._reported:
            self._reported.add((pem, flaw))
            log.warning("revocation list ignored: %s", flaw)


def _lists(revoked: x509.CertificateRevocationList, certificate: x509.Certificate) -> bool:
    return revoked.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None


def _effective_list(pem: str, authorities: Iterable[str], now: datetime) -> x509.CertificateRevocationList | str:
    """Return the list, or the reason to ignore it."""
    revoked = _parse(pem)
    if revoked is None:
        return "invalid data"
    if not any(_signed_by(pem, authority) for authority in authorities):
        return "not signed by an authority in the registry"
    if now < revoked.last_update_utc:
        return "not yet valid"
    if revoked.next_update_utc is None or now > revoked.next_update_utc:
        return "expired"
    return revoked


@lru_cache(maxsize=64)
def _parse(pem: str) -> x509.CertificateRevocationList | None:
    try:
        return x509.load_pem_x509_crl(pem.encode())
    except (ValueError, x509.InvalidVersion):
        return None


@lru_cache(maxsize=256)
def _signed_by(list_pem: str, authority_pem: str) -> bool:
    """Return whether the authority signed the list. Checks its name, key and key usage."""
    revoked = _parse(list_pem)
    try:
        authority = load_authority(authority_pem)
        key = authority.public_key()
        usage = authority.extensions.get_extension_for_class(x509.KeyUsage).value
        return (
            revoked is not None
            and isinstance(key, RSAPublicKey)
            and usage.crl_sign
            and revoked.issuer == authority.subject
            and revoked.is_signature_valid(key)
        )
    except _UNREADABLE:
        return False
