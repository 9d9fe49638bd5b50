"""TLS key and certificate files for a terminal or the service."""

import ssl
from pathlib import Path

from msgspec import Struct

AUTHORITY = "authority"
SERVER = "server"


class TlsFiles(Struct, frozen=True):
    """PEM files for one peer of a connection: trusted authority, certificate and private key."""

    authority: Path
    certificate: Path
    key: Path

    def client_context(self) -> ssl.SSLContext:
        """Return a context that trusts only this authority and sends this certificate. Raises OSError."""
        context = ssl.create_default_context(cafile=str(self.authority))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.certificate, self.key)
        return context


def tls_files(folder: Path, name: str) -> TlsFiles:
    """Return the paths that `create_tls_files` uses for `name`."""
    return TlsFiles(folder / f"{AUTHORITY}.pem", folder / f"{name}.pem", folder / f"{name}.key")


def terminal_tls_files(state_dir: Path, terminal_id: str) -> TlsFiles | None:
    """Return this terminal's files in `terminal/line/` of the state folder, or None if they do not exist."""
    keys = tls_files(state_dir / "terminal" / "line", terminal_id)
    return keys if keys.certificate.exists() else None
