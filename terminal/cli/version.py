"""Name and version as installed."""


def version_line() -> str:
    from importlib.metadata import version

    return f"uketsuke {version('uketsuke')}"
