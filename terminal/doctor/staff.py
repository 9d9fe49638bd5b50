"""Can staff get in?"""

from config.settings import Settings
from terminal.doctor.finding import Finding, bad, doubtful, fine
from terminal.staff_password import hash_in_force, is_hash

_REMEDY = "`uketsuke staff password` sets one."


def staff_password(settings: Settings) -> Finding:
    known = hash_in_force(settings)
    if not known:
        return doubtful("none is set: staff can confirm nobody by eye and cannot take a reception back", _REMEDY)
    if not is_hash(known):
        return bad("what is set is not an Argon2 hash: no password fits it", f"Remove it from the settings. {_REMEDY}")
    return fine("set")
