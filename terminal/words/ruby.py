"""Readings above kanji, written in the catalogues as `{情報|じょうほう}`."""

import re

RUBY = re.compile(r"\{([^{}|]+)\|([^{}|]+)\}")
"""Groups: the written text, its reading."""


def plain(text: str) -> str:
    """Remove the readings, for the terminal window, the ledger and speech."""
    return RUBY.sub(r"\1", text)
