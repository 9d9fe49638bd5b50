"""Parse TOML written by a person: every fault raises the same kind of error."""

import re
import tomllib
from pathlib import Path
from typing import Any

_VALUES = re.compile(r"""("(?:[^"\\\n]|\\.)*+"?|'[^'\n]*+'?)|#.*""")
_DEEP = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"")[ \t]*\.[ \t]*){20}""")


def is_deep(text: str) -> bool:
    """Return whether a dotted name has enough parts to make the parser exhaust memory."""
    return _DEEP.search(_VALUES.sub(lambda found: '""' if found[1] else "", text)) is not None


class TomlError(ValueError):
    """The message says what is wrong and where; it does not quote the file."""


def read_toml(path: Path) -> dict[str, Any]:
    """Raises `TomlError`, and `OSError` for a file that cannot be read."""
    try:
        return parse_toml(path.read_bytes().decode("utf-8"))
    except UnicodeDecodeError as error:
        raise TomlError(f"byte {error.start} is not UTF-8. Save the file as UTF-8.") from None


def parse_toml(text: str) -> dict[str, Any]:
    """Raises `TomlError`."""
    try:
        if is_deep(text):
            raise RecursionError
        return tomllib.loads(text)
    except RecursionError:
        raise TomlError("nested too deep") from None
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).rstrip(")").partition(" (at ")
        raise TomlError(f"{where or 'somewhere'}: {what}") from None
    except ValueError:
        raise TomlError("a number in it is too long") from None
