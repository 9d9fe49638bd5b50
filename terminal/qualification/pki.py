"""Test keys for TLS between terminals and service: an authority, and certificates for the service and each terminal.

EC P-256. For trials and tests only; real installations have their own certificates.
"""

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from config.files import private_folder, write_atomically

AUTHORITY = "authority"
SERVER = "server"
_LIFE = timedelta(days=825)
_EARLIER = timedelta(hours=1)
"""Certificates are backdated by this much, because clocks differ."""


@dataclass(frozen=True, slots=True)
class LineKeys:
    """Files (PEM) for one end of the connection: the trusted authority, its own certificate and key."""

    authority: Path
    certificate: Path
    key: Path

    def client_context(self) -> ssl.SSLContext:
        """Return a context that trusts only this authority and sends this certificate. Raises `OSError`."""
        context = ssl.create_default_context(cafile=str(self.authority))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.certificate, self.key)
        return context


def line_keys(folder: Path, name: str) -> LineKeys:
    """Return the paths of the files that `make_line_keys` creates for `name`."""
    return LineKeys(folder / f"{AUTHORITY}.pem", folder / f"{name}.pem", folder / f"{name}.key")


def terminal_line(state_dir: Path, terminal_id: str) -> LineKeys | None:
    """Return this terminal's files in `terminal/line/` of its state folder, or None if there are none."""
    keys = line_keys(state_dir / "terminal" / "line", terminal_id)
    return keys if keys.certificate.exists() else None


def make_line_keys(
    folder: Path, *, hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "::1"), terminals: tuple[str, ...] = ()
) -> None:
    """Create the authority, the service's certificate for `hosts`, and a certificate for each terminal.

    Existing files are kept. Key files have mode 0600.
    """
    private_folder(folder)
    authority = authority_in(folder)
    if not line_keys(folder, SERVER).certificate.exists():
        keep(line_keys(folder, SERVER), *issue(SERVER, authority, ExtendedKeyUsageOID.SERVER_AUTH, hosts))
    for terminal in terminals:
        if not line_keys(folder, terminal).certificate.exists():
            keep(line_keys(folder, terminal), *issue(terminal, authority, ExtendedKeyUsageOID.CLIENT_AUTH))


Authority = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def authority_in(folder: Path, common_name: str = "uketsuke test authority") -> Authority:
    """Return the authority in the folder, creating it if it is missing."""
    files = line_keys(folder, AUTHORITY)
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
    keep(files, certificate, key)
    return certificate, key


def issue(
    name: str, authority: Authority, purpose: x509.ObjectIdentifier, hosts: tuple[str, ...] = ()
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Create a key and its certificate. `hosts`: names and addresses of a server."""
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
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + _LIFE)
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


def keep(files: LineKeys, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    """Write both files, the certificate last, so that an existing certificate always has its key."""
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_atomically(files.key, private)
    write_atomically(files.certificate, certificate.public_bytes(serialization.Encoding.PEM))
