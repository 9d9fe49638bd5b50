"""Write settings as TOML for `config.load`."""

import json
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any


def as_toml(values: Mapping[str, Any]) -> str:
    """Return nested settings as TOML: top-level values first, followed by one table per section.

    Raises ValueError for values that settings cannot have.
    """
    lines = [_line(name, value) for name, value in values.items() if not isinstance(value, Mapping)]
    for section, content in values.items():
        if isinstance(content, Mapping) and content:
            lines += ["", f"[{section}]", *(_line(name, value) for name, value in content.items())]
    return "\n".join(lines).lstrip("\n") + "\n"


def _line(name: str, value: Any) -> str:
    return f"{name} = {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str | Path):
        # JSON strings are valid TOML strings, except that JSON does not escape DEL
        return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007F")
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    raise ValueError(f"a setting cannot be of type {type(value).__name__}")
