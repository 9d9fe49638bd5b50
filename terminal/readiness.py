"""Whether a terminal can start; apart from what puts it together, which takes long to import."""


class NotReady(Exception):
    """The terminal cannot start; the text names the thing, the reason and the next step."""
