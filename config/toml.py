"""Parse hand-written TOML files, raising `TomlError` for any syntax error."""

import re
import tomllib
from pathlib import Path
from typing import Any

_STRINGS_AND_COMMENTS = re.compile(r"""("(?:[^"\\\n]|\\.)*+"?|'[^'\n]*+'?)|#.*""")
_DEEPLY_NESTED = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"")[ \t]*\.[ \t]*){20}""")


def is_deeply_nested(text: str) -> bool:
    """Return whether a dotted key has enough parts to exhaust the parser's memory."""
    return _DEEPLY_NESTED.search(_STRINGS_AND_COMMENTS.sub(lambda match: '""' if match[1] else "", text)) is not None


class TomlError(ValueError):
    """Invalid TOML. The message contains the error and its position, without quoting the file."""


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file. Raises `TomlError`, or `OSError` if the file cannot be read."""
    try:
        return parse_toml(path.read_bytes().decode("utf-8"))
    except UnicodeDecodeError as error:
        raise TomlError(f"byte {error.start} is not UTF-8. Save the file as UTF-8.") from None


def parse_toml(text: str) -> dict[str, Any]:
    """Parse TOML. Raises `TomlError`."""
    try:
        if is_deeply_nested(text):
            raise RecursionError
        return tomllib.loads(text)
    except RecursionError:
        raise TomlError("nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        message, _, position = str(error).rstrip(")").partition(" (at ")
        raise TomlError(f"{position or 'unknown position'}: {message}") from None
    except ValueError:
        raise TomlError("a number has too many digits") from None
