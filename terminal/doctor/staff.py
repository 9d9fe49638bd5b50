"""Check the staff password, and whether other computers of the practice can open the staff page."""

from datetime import UTC, datetime
from pathlib import Path

from config.platform.chosen import system
from config.settings import Settings
from terminal.doctor.finding import Finding, bad, doubtful, fine
from terminal.qualification.tls_files import AUTHORITY, SERVER
from terminal.staff_password import hash_in_force, is_hash
from terminal.staff_web import certificates

_REMEDY = "`uketsuke staff password` sets one."
_RENEW = "Create a new one with `uketsuke staff certificate FILE.p12`, then restart the terminal."
_ALL_AGAIN = (
    "Move the folder staff/tls away, run `uketsuke staff certificate FILE.p12`, and import the file everywhere again."
)


def staff_password(settings: Settings) -> Finding:
    known = hash_in_force(settings)
    if not known:
        return doubtful("none is set, so staff cannot confirm anyone by eye or undo a reception", _REMEDY)
    if not is_hash(known):
        return bad(
            "the value is not an Argon2 hash, so no password matches it", f"Remove it from the settings. {_REMEDY}"
        )
    return fine("set")


def staff_page(settings: Settings) -> Finding:
    """Check the certificates used to serve the staff page to the local network."""
    if not settings.staff.lan_address:
        return fine("on this computer only")
    folder = certificates.keys_folder(settings.state_dir)
    try:
        ends = certificates.ends_in(folder)
        names = certificates.names_in(folder)
    except FileNotFoundError as error:
        missing = Path(error.filename).name
        return bad(f"staff.lan_address is set but {missing} is missing, so the terminal does not start", _RENEW)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        return bad(f"the keys in {folder} cannot be used ({type(error).__name__})", _ALL_AGAIN)
    address = settings.staff.lan_address
    if address not in names:
        return bad(f"the certificate is for {', '.join(names)}, not for {address}", _RENEW)
    judged = judged_ends(ends, datetime.now(UTC))
    if judged is not None:
        return judged
    open_to_all = [path for path in sorted(folder.glob("*.key")) if system.accessible_to_others(path)]
    if open_to_all:
        text = f"{open_to_all[0].name} can be read by other users of this computer, who could impersonate this terminal"
        return doubtful(text, f"chmod 600 {open_to_all[0]}")
    end = ends[SERVER]
    return fine(f"https://{address}:{settings.staff.lan_port}/staff, certificate to {end:%Y-%m-%d}")


def judged_ends(ends: dict[str, datetime], now: datetime) -> Finding | None:
    """Report a certificate that has ended or ends soon, the authority's first. Return None if all are valid."""
    for name, end in ends.items():
        remedy = _ALL_AGAIN if name == AUTHORITY else _RENEW
        if end <= now:
            return bad(f"{name}.pem ended on {end:%Y-%m-%d}: no browser opens the page", remedy)
        if end - now < certificates.SOON:
            return doubtful(f"{name}.pem ends in {(end - now).days} days", remedy)
    return None
