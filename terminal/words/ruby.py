"""Readings above kanji, written in the catalogues as `{情報|じょうほう}`."""

import re

RUBY = re.compile(r"\{([^{}|]+)\|([^{}|]+)\}")
"""Groups: what is written, how it is read."""


def plain(text: str) -> str:
    """Drop the readings: for the terminal window, the ledger and speech."""
    return RUBY.sub(r"\1", text)
