"""This terminal's staff password, from the settings or set with `uketsuke staff password`."""

from enum import StrEnum
from pathlib import Path

from config.files import write_atomically
from config.settings import Settings

_SEQUENCES = ("0123456789" * 2, "9876543210" * 2)
MIN_LENGTH, MIN_DIGITS, MAX_LENGTH = 8, 6, 64


class PasswordProblem(StrEnum):
    """Reason for rejecting a password. The value is a message for the user."""

    TOO_SHORT = f"use at least {MIN_LENGTH} characters, or at least {MIN_DIGITS} digits for the on-screen keypad"
    TOO_LONG = f"use at most {MAX_LENGTH} characters"
    NOT_TYPEABLE = "use only ASCII letters, digits and symbols, which can be typed at the counter"
    TOO_PLAIN = "repeated digits and sequences are easy to guess"


def hash_file(state_dir: Path) -> Path:
    return state_dir / "staff" / "password.hash"


def effective_hash(settings: Settings) -> str:
    """Return the hash from the settings or the stored one, or an empty string if staff functions are disabled."""
    configured = settings.staff.password_hash.get_secret_value()
    if configured:
        return configured
    try:
        return hash_file(settings.state_dir).read_text(encoding="ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return ""


def password_problem(password: str) -> PasswordProblem | None:
    if not all(" " <= character <= "~" for character in password):
        return PasswordProblem.NOT_TYPEABLE
    if len(password) > MAX_LENGTH:
        return PasswordProblem.TOO_LONG
    digits = password.isdigit()
    if len(password) < (MIN_DIGITS if digits else MIN_LENGTH):
        return PasswordProblem.TOO_SHORT
    if digits and (len(set(password)) == 1 or any(password in sequence for sequence in _SEQUENCES)):
        return PasswordProblem.TOO_PLAIN
    return None


def save_password(settings: Settings, password: str) -> Path:
    """Store the password's Argon2 hash with mode 0600. Takes 0.1 s. Raises OSError."""
    from argon2 import PasswordHasher

    path = hash_file(settings.state_dir)
    write_atomically(path, (PasswordHasher().hash(password) + "\n").encode())
    return path


def is_hash(text: str) -> bool:
    """Return whether `text` is an Argon2 hash. No password matches other text."""
    from argon2 import extract_parameters
    from argon2.exceptions import InvalidHashError

    try:
        extract_parameters(text)
    except InvalidHashError:
        return False
    return True
