"""Keys for the staff page on the local network: the terminal's own authority, the server's key and client keys."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import ExtendedKeyUsageOID

from config.files import create_atomically, private_folder
from config.settings import Settings
from terminal.qualification.pki import authority_in, issue, write_tls_files
from terminal.qualification.tls_files import AUTHORITY, SERVER, TlsFiles, tls_files
from terminal.readiness import NotReady

MIN_PASSPHRASE_LENGTH = 8
SOON = timedelta(days=30)
"""A server certificate is replaced when it has less than this time left."""


def keys_folder(state_dir: Path) -> Path:
    return state_dir / "staff" / "tls"


def make_server(settings: Settings, hosts: tuple[str, ...]) -> TlsFiles:
    """Make the authority, if missing, and a server certificate for these names and addresses.

    Raises OSError, and `ValueError` if the authority is damaged or expires too soon for a new certificate.
    """
    folder = private_folder(keys_folder(settings.state_dir))
    authority = authority_in(folder, f"uketsuke staff {settings.service.terminal_id}")
    if not _lasts(authority[0]):
        raise ValueError("the authority expires soon, and all certificates with it")
    files = tls_files(folder, SERVER)
    known = names_of(files.certificate) if files.certificate.exists() else ()
    wanted = tuple(dict.fromkeys((*known, *hosts)))
    if wanted != known or not _lasts(x509.load_pem_x509_certificate(files.certificate.read_bytes())):
        write_tls_files(files, *issue(SERVER, authority, ExtendedKeyUsageOID.SERVER_AUTH, wanted))
    return files


def make_client(settings: Settings, name: str, passphrase: bytes, file: Path) -> bool:
    """Write a client's key, certificate and authority as PKCS#12; return False if the file exists, which is kept.

    The key is stored only in that file, encrypted. Raises OSError.
    """
    authority, authority_key = authority_in(keys_folder(settings.state_dir))
    certificate, key = issue(name, (authority, authority_key), ExtendedKeyUsageOID.CLIENT_AUTH)
    encryption = serialization.BestAvailableEncryption(passphrase)
    written = serialize_key_and_certificates(name.encode(), key, certificate, [authority], encryption)
    return create_atomically(file, written)


def _lasts(certificate: x509.Certificate) -> bool:
    return certificate.not_valid_after_utc - datetime.now(UTC) > SOON


def names_of(certificate: Path) -> tuple[str, ...]:
    """Return the names and addresses a server certificate is for, in its order."""
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return tuple(str(name.value) for name in names if isinstance(name, x509.DNSName | x509.IPAddress))


def names_in(folder: Path) -> tuple[str, ...]:
    """Return the names the server certificate is for. Raises OSError, and `ValueError` for a damaged file."""
    try:
        return names_of(tls_files(folder, SERVER).certificate)
    except x509.ExtensionNotFound as error:
        raise ValueError("the certificate contains no names") from error


def ends_in(folder: Path) -> dict[str, datetime]:
    """Return the expiry of the authority's and the server's certificate, by name; also tests the server's key.

    Raises OSError for a missing file or a key that does not match, `ValueError` for a damaged certificate.
    """
    files = tls_files(folder, SERVER)
    for path in (files.authority, files.certificate, files.key):
        path.stat()
    files.client_context()
    found = ((AUTHORITY, files.authority), (SERVER, files.certificate))
    return {name: x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc for name, path in found}


def server_keys(settings: Settings) -> tuple[tuple[Path, Path, Path], tuple[str, ...]]:
    """Return the staff page's certificate, key and authority, and the page's names. Raises `NotReady`."""
    folder = keys_folder(settings.state_dir)
    files = tls_files(folder, SERVER)
    try:
        names = names_in(folder)
    except (OSError, ValueError) as error:
        raise NotReady(
            "staff.lan_address is set, but there is no certificate for it. "
            "Run `uketsuke staff certificate FILE.p12`, or unset staff.lan_address."
        ) from error
    return (files.certificate, files.key, tls_files(folder, AUTHORITY).certificate), names
