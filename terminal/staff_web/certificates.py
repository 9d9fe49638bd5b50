"""Private authority, server and client certificates for the staff page on the local network."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import ExtendedKeyUsageOID

from config.files import create_atomically, private_folder
from config.settings import Settings
from terminal.qualification.pki import issue, load_or_create_authority, write_tls_files
from terminal.qualification.tls_files import AUTHORITY, SERVER, TlsFiles, tls_files
from terminal.readiness import NotReady

MIN_PASSPHRASE_LENGTH = 8
RENEWAL_PERIOD = timedelta(days=30)
"""Remaining validity below which the server certificate is renewed."""


def keys_folder(state_dir: Path) -> Path:
    return state_dir / "staff" / "tls"


def make_server(settings: Settings, hosts: tuple[str, ...]) -> TlsFiles:
    """Create the authority, if missing, and a server certificate for these names and addresses.

    Raises OSError, and ValueError if the authority's certificate is malformed or about to expire.
    """
    folder = private_folder(keys_folder(settings.state_dir))
    authority = load_or_create_authority(folder, f"uketsuke staff {settings.service.terminal_id}")
    if not _is_valid_long_enough(authority[0]):
        raise ValueError("the authority is about to expire and cannot issue certificates")
    files = tls_files(folder, SERVER)
    current = certificate_names(files.certificate) if files.certificate.exists() else ()
    names = tuple(dict.fromkeys((*current, *hosts)))
    if names != current or not _is_valid_long_enough(x509.load_pem_x509_certificate(files.certificate.read_bytes())):
        write_tls_files(files, *issue(SERVER, authority, ExtendedKeyUsageOID.SERVER_AUTH, names))
    return files


def make_client(settings: Settings, name: str, passphrase: bytes, file: Path) -> bool:
    """Write a client's key, certificate and authority as PKCS#12. Return False if the file exists.

    The key is only stored in this file, encrypted. Raises OSError.
    """
    authority, authority_key = load_or_create_authority(keys_folder(settings.state_dir))
    certificate, key = issue(name, (authority, authority_key), ExtendedKeyUsageOID.CLIENT_AUTH)
    encryption = serialization.BestAvailableEncryption(passphrase)
    content = serialize_key_and_certificates(name.encode(), key, certificate, [authority], encryption)
    return create_atomically(file, content)


def _is_valid_long_enough(certificate: x509.Certificate) -> bool:
    return certificate.not_valid_after_utc - datetime.now(UTC) > RENEWAL_PERIOD


def certificate_names(certificate: Path) -> tuple[str, ...]:
    """Return the names and addresses in a server certificate, in order."""
    server_certificate = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = server_certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return tuple(str(name.value) for name in names if isinstance(name, x509.DNSName | x509.IPAddress))


def server_names(folder: Path) -> tuple[str, ...]:
    """Return the names in the server certificate. Raises OSError, and ValueError for a malformed file."""
    try:
        return certificate_names(tls_files(folder, SERVER).certificate)
    except x509.ExtensionNotFound as error:
        raise ValueError("the certificate contains no names") from error


def expiry_dates(folder: Path) -> dict[str, datetime]:
    """Return the expiry dates of the authority and the server certificate, by name, after checking the server's key.

    Raises OSError for a missing file or a key that does not match, and ValueError for a malformed certificate.
    """
    files = tls_files(folder, SERVER)
    for path in (files.authority, files.certificate, files.key):
        path.stat()
    files.client_context()
    certificates = ((AUTHORITY, files.authority), (SERVER, files.certificate))
    return {name: x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc for name, path in certificates}


def server_keys(settings: Settings) -> tuple[tuple[Path, Path, Path], tuple[str, ...]]:
    """Return the staff page's certificate, key and authority, and its host names. Raises NotReady."""
    folder = keys_folder(settings.state_dir)
    files = tls_files(folder, SERVER)
    try:
        names = server_names(folder)
    except (OSError, ValueError) as error:
        raise NotReady(
            "staff.lan_address is set, but has no certificate. "
            "Run `uketsuke staff certificate FILE.p12`, or unset staff.lan_address."
        ) from error
    return (files.certificate, files.key, tls_files(folder, AUTHORITY).certificate), names
