"""Check staff access, and whether other computers of the practice can open the staff page."""

from datetime import UTC, datetime
from pathlib import Path

from config.platform.chosen import system
from config.settings import Settings
from terminal.doctor.finding import Finding, bad, doubtful, fine
from terminal.qualification.pki import AUTHORITY, SERVER
from terminal.staff_password import hash_in_force, is_hash
from terminal.staff_web import certificates

_REMEDY = "`uketsuke staff password` sets one."
_RENEW = "`uketsuke staff certificate FILE.p12` makes a new one; then start the terminal again."
_ALL_AGAIN = (
    "Move the folder staff/tls away, `uketsuke staff certificate FILE.p12`, and import the file everywhere again."
)


def staff_password(settings: Settings) -> Finding:
    known = hash_in_force(settings)
    if not known:
        return doubtful("none is set: staff can confirm nobody by eye and cannot take a reception back", _REMEDY)
    if not is_hash(known):
        return bad("what is set is not an Argon2 hash: no password fits it", f"Remove it from the settings. {_REMEDY}")
    return fine("set")


def staff_page(settings: Settings) -> Finding:
    """The certificates with which staff's page is served to the local network."""
    if not settings.staff.lan_address:
        return fine("on this computer alone")
    folder = certificates.keys_folder(settings.state_dir)
    try:
        ends = certificates.ends_in(folder)
        names = certificates.names_in(folder)
    except FileNotFoundError as error:
        missing = Path(error.filename).name
        return bad(f"staff.lan_address is set, and {missing} is missing: the terminal does not start", _RENEW)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        return bad(f"the keys in {folder} cannot be used ({type(error).__name__})", _ALL_AGAIN)
    address = settings.staff.lan_address
    if address not in names:
        return bad(f"the certificate is for {', '.join(names)}, not for {address}", _RENEW)
    judged = judged_ends(ends, datetime.now(UTC))
    if judged is not None:
        return judged
    open_to_all = [path for path in sorted(folder.glob("*.key")) if system.others_may_enter(path)]
    if open_to_all:
        said = f"{open_to_all[0].name} can be read by others on this computer, who could pass for this terminal"
        return doubtful(said, f"chmod 600 {open_to_all[0]}")
    end = ends[SERVER]
    return fine(f"https://{address}:{settings.staff.lan_port}/staff, certificate to {end:%Y-%m-%d}")


def judged_ends(ends: dict[str, datetime], now: datetime) -> Finding | None:
    """Report certificates that end soon or have ended, the authority's first. None if all are valid."""
    for name, end in ends.items():
        remedy = _ALL_AGAIN if name == AUTHORITY else _RENEW
        if end <= now:
            return bad(f"{name}.pem ended on {end:%Y-%m-%d}: no browser opens the page", remedy)
        if end - now < certificates.SOON:
            return doubtful(f"{name}.pem ends in {(end - now).days} days", remedy)
    return None
