"""Tests that unparsable certificates are refused without an exception."""

from base64 import b64encode

import pytest
from cryptography import x509

from reader.softcard.authority import TestAuthority
from terminal.simulated.service.proofs import issued_by, parse_certificate

from .conftest import authority_pem

VERSION_3, VERSION_6 = bytes.fromhex("A003020102"), bytes.fromhex("A003020105")


def pem(der: bytes) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{b64encode(der).decode()}\n-----END CERTIFICATE-----\n"


def test_unknown_certificate_version_is_refused(authority: TestAuthority) -> None:
    invalid = authority.user_ca.certificate_der.replace(VERSION_3, VERSION_6, 1)
    with pytest.raises(x509.InvalidVersion):
        x509.load_der_x509_certificate(invalid)
    assert parse_certificate(invalid) is None
    assert not issued_by(authority.user_ca.certificate, pem(invalid))
    assert issued_by(authority.user_ca.certificate, authority_pem(authority))


def test_unknown_key_algorithm_is_refused(authority: TestAuthority) -> None:
    rsa, other = bytes.fromhex("2A864886F70D010101"), bytes.fromhex("2A864886F70D01017F")
    invalid = authority.user_ca.certificate_der.replace(rsa, other)
    assert parse_certificate(invalid) is None
    assert not issued_by(authority.user_ca.certificate, pem(invalid))
