"""Test PKI for TLS between terminals and service: an authority, and certificates for the service and terminals.

EC P-256. For trials and tests only. Real installations use their own certificates.
"""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from config.files import private_folder, write_atomically
from terminal.qualification.tls_files import AUTHORITY, SERVER, TlsFiles, tls_files

_VALIDITY = timedelta(days=825)
_BACKDATING = timedelta(hours=1)
"""Backdating of certificates, to allow for clocks that differ."""


def create_tls_files(
    folder: Path, *, hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "::1"), terminals: tuple[str, ...] = ()
) -> None:
    """Create the authority, the service's certificate for `hosts`, and a certificate for each terminal.

    Existing files are kept. Key files have mode 0600.
    """
    private_folder(folder)
    authority = load_or_create_authority(folder)
    if not tls_files(folder, SERVER).certificate.exists():
        write_tls_files(tls_files(folder, SERVER), *issue(SERVER, authority, ExtendedKeyUsageOID.SERVER_AUTH, hosts))
    for terminal in terminals:
        if not tls_files(folder, terminal).certificate.exists():
            write_tls_files(tls_files(folder, terminal), *issue(terminal, authority, ExtendedKeyUsageOID.CLIENT_AUTH))


Authority = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def load_or_create_authority(folder: Path, common_name: str = "uketsuke test authority") -> Authority:
    """Load the authority from the folder, or create it."""
    files = tls_files(folder, AUTHORITY)
    if files.certificate.exists():
        key = serialization.load_pem_private_key(files.key.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{files.key.name} is not an EC key")
        return x509.load_pem_x509_certificate(files.certificate.read_bytes()), key
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(common_name)
    certificate = (
        _builder(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    write_tls_files(files, certificate, key)
    return certificate, key


def issue(
    name: str, authority: Authority, purpose: x509.ObjectIdentifier, hosts: tuple[str, ...] = ()
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Create a key and its certificate. `hosts` are the names and addresses of a server."""
    issuer, issuer_key = authority
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        _builder(_name(name), issuer.subject, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256()), key


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATING)
        .not_valid_after(now + _VALIDITY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def write_tls_files(files: TlsFiles, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    """Write both files, the certificate last, so that an existing certificate always has its key."""
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_atomically(files.key, private)
    write_atomically(files.certificate, certificate.public_bytes(serialization.Encoding.PEM))
