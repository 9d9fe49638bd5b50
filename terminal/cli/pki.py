"""`uketsuke pki`: create TLS keys for tests."""

from pathlib import Path
from typing import Annotated

import typer

from terminal.cli.common import ConfigOption, echo, report_errors, settings_or_exit

HELP = """Create a test authority and TLS keys for the service and terminals.

For trials and tests only. Copy a terminal's three files to `terminal/line/` in its state folder.

Example: uketsuke pki --folder line-keys --terminal terminal-1 --terminal terminal-2
"""


def pki(
    folder: Annotated[Path, typer.Option(help="Output folder. Existing files are kept.")] = Path("line-keys"),
    terminal: Annotated[list[str] | None, typer.Option(help="Terminal id. Can be repeated.")] = None,
    host: Annotated[
        list[str] | None, typer.Option(help="Host name or address of the service. Can be repeated.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    settings = settings_or_exit(config)
    with report_errors():
        from terminal.qualification.pki import create_tls_files

        terminals = tuple(terminal or (settings.service.terminal_id,))
        create_tls_files(folder, hosts=tuple(host or ("localhost", "127.0.0.1", "::1")), terminals=terminals)
        echo(f"created test keys for the service and {', '.join(terminals)} in {folder}")
