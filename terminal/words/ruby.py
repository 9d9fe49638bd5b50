"""Readings above kanji (ruby), written in the catalogues as `{情報|じょうほう}`."""

import re

RUBY = re.compile(r"\{([^{}|]+)\|([^{}|]+)\}")
"""Pattern with two groups: the written text and its reading."""


def plain(text: str) -> str:
    """Remove the readings from a text."""
    return RUBY.sub(r"\1", text)
