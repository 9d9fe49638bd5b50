"""Check the staff password and the staff page's certificates."""

from datetime import UTC, datetime
from pathlib import Path

from config.platform.current import system
from config.settings import Settings
from terminal.doctor.finding import Finding, failed, passed, warning
from terminal.qualification.tls_files import AUTHORITY, SERVER
from terminal.staff_password import effective_hash, is_hash
from terminal.staff_web import certificates

_SET_UP = "Set one with `uketsuke staff password`."
_RENEW = "Run `uketsuke staff certificate FILE.p12` and restart the terminal."
_RECREATE_CERTIFICATES = (
    "Move staff/tls elsewhere, run `uketsuke staff certificate FILE.p12`, and import the file everywhere again."
)


def staff_password(settings: Settings) -> Finding:
    stored_hash = effective_hash(settings)
    if not stored_hash:
        return warning("not set: staff cannot confirm patients by eye or discard a reception", _SET_UP)
    if not is_hash(stored_hash):
        return failed(
            "the value is not an Argon2 hash and matches no password", f"Remove it from the settings. {_SET_UP}"
        )
    return passed("set")


def staff_page(settings: Settings) -> Finding:
    """Check the certificates for serving the staff page on the local network."""
    if not settings.staff.lan_address:
        return passed("on this computer only")
    folder = certificates.keys_folder(settings.state_dir)
    try:
        expiry_dates = certificates.expiry_dates(folder)
        names = certificates.server_names(folder)
    except FileNotFoundError as error:
        missing = Path(error.filename).name
        return failed(f"staff.lan_address is set, but {missing} is missing and the terminal cannot start", _RENEW)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        return failed(f"cannot use the keys in {folder} ({type(error).__name__})", _RECREATE_CERTIFICATES)
    address = settings.staff.lan_address
    if address not in names:
        return failed(f"the certificate is for {', '.join(names)}, not for {address}", _RENEW)
    expiring = expiring_certificate(expiry_dates, datetime.now(UTC))
    if expiring is not None:
        return expiring
    readable_by_others = [path for path in sorted(folder.glob("*.key")) if system.accessible_to_others(path)]
    if readable_by_others:
        text = f"other users of this computer can read {readable_by_others[0].name} and impersonate this terminal"
        return warning(text, f"chmod 600 {readable_by_others[0]}")
    expiry = expiry_dates[SERVER]
    return passed(f"https://{address}:{settings.staff.lan_port}/staff, certificate valid until {expiry:%Y-%m-%d}")


def expiring_certificate(expiry_dates: dict[str, datetime], now: datetime) -> Finding | None:
    """Return a finding for the first certificate that has expired or expires soon, or None."""
    for name, expiry in expiry_dates.items():
        remedy = _RECREATE_CERTIFICATES if name == AUTHORITY else _RENEW
        if expiry <= now:
            return failed(f"{name}.pem expired on {expiry:%Y-%m-%d}: browsers reject the page", remedy)
        if expiry - now < certificates.RENEWAL_PERIOD:
            return warning(f"{name}.pem expires in {(expiry - now).days} days", remedy)
    return None
