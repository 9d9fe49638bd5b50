"""Sentences that may be spoken through a loudspeaker without asking: the table `aloud.toml`, by message id."""

import tomllib
from functools import cache
from importlib.resources import files

from terminal.words.said import Said


@cache
def marks() -> dict[str, frozenset[str]]:
    """Return the ids under `public` and `private`."""
    table = tomllib.loads((files("terminal.words") / "aloud.toml").read_text(encoding="utf-8"))
    return {name: frozenset(ids) for name, ids in table.items()}


def is_private(text: str) -> bool:
    """Return whether others must not hear it without the patient asking; True also for unmarked and unknown ids."""
    return not isinstance(text, Said) or text.id not in marks()["public"]
