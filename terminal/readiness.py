"""Error raised if a terminal cannot start. Separate from `assembly`, which is slow to import."""


class NotReady(Exception):
    """The terminal cannot start. The message gives the cause, the reason and the next step."""
