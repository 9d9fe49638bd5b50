"""Helpers shared by the commands: settings, one-line errors and logging."""

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from config.settings import Settings

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="Settings file (TOML). Default: UKETSUKE_CONFIG, or uketsuke/settings.toml."),
]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Write a log to standard error.")]


def settings_or_exit(config: Path | None, overrides: Mapping[str, Any] | None = None) -> "Settings":
    from config.load import SettingsError, load
    from terminal.words.languages import LANGUAGES

    try:
        return load(config, overrides, languages=LANGUAGES)
    except SettingsError as error:
        fail(str(error))


def require_known_language(language: str) -> None:
    from terminal.words.languages import LANGUAGES

    if language not in LANGUAGES:
        fail(f"unknown language {language!r}. Choose one of: {', '.join(LANGUAGES)}.")


def fail(text: str, code: int = 1) -> NoReturn:
    """Print an error message (what, why, next step) to standard error and exit with `code`."""
    print(f"uketsuke: {text}", file=sys.stderr)  # noqa: T201
    raise typer.Exit(code)


def echo(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def log_to_stderr(*, verbose: bool, settings: "Settings | None" = None) -> None:
    """Set up logging, as text or as JSON lines if set in `settings`."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.ERROR,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    if settings is not None and settings.log.format == "json":
        from terminal.front.log_lines import JsonFormatter

        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonFormatter())


@contextmanager
def report_errors() -> Iterator[None]:
    """Exit with a one-line message on known errors. Never print local variables."""
    try:
        yield
    except typer.Exit:
        raise
    except KeyboardInterrupt:
        fail("stopped", code=130)
    except Exception as error:
        if not isinstance(error, _known_failures()):
            raise
        fail(str(error) or type(error).__name__)


def _known_failures() -> tuple[type[Exception], ...]:
    """Return the exceptions to report in one line. They are imported here to keep commands fast."""
    from consent.store import LedgerError
    from reader.authenticity import TrustAnchorError
    from reader.softcard.card_image import CardFileError
    from reader.softcard.pcscd import PcscdError
    from reader.softcard.vpcd import VirtualReaderUnavailable
    from terminal.readiness import NotReady

    return (
        NotReady,
        LedgerError,
        TrustAnchorError,
        CardFileError,
        PcscdError,
        VirtualReaderUnavailable,
        OSError,
        ValueError,
    )
