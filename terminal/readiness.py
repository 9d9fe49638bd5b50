"""Error for a terminal that cannot start. Separate from `assembly`, which is slow to import."""


class NotReady(Exception):
    """The terminal cannot start. The message contains the reason and the next step."""
