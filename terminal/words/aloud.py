"""Classification of sentences as public or private for speech output, from `aloud.toml`."""

import tomllib
from functools import cache
from importlib.resources import files

from terminal.words.message_text import MessageText


@cache
def marked_ids() -> dict[str, frozenset[str]]:
    """Return the message ids listed as `public` and `private`."""
    table = tomllib.loads((files("terminal.words") / "aloud.toml").read_text(encoding="utf-8"))
    return {name: frozenset(ids) for name, ids in table.items()}


def is_private(text: str) -> bool:
    """Return whether a loudspeaker must not speak the text without the patient's permission. True for unknown ids."""
    return not isinstance(text, MessageText) or text.id not in marked_ids()["public"]
