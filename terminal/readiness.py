"""Whether a terminal can start; separate from `assembly`, which is slow to import."""


class NotReady(Exception):
    """The terminal cannot start; the text names the thing, the reason and the next step."""
