"""`uketsuke enrol`: enrol the terminal with the service stub."""

from typing import Annotated

import typer

from terminal.cli.common import ConfigOption, echo, report_errors, settings_or_exit

HELP = """Enrol this terminal with the service stub on this computer.

The terminal's key is generated if needed and stored in the state folder, together with the service's public key.

Example: uketsuke enrol --service http://127.0.0.1:8642
"""


def enrol(
    service: Annotated[str | None, typer.Option(help="URL of the stub. Default: service.url.")] = None,
    config: ConfigOption = None,
) -> None:
    settings = settings_or_exit(config)
    with report_errors():
        from terminal.simulated.service.admin import StubAdmin, enrol_with

        url = service or settings.service.url
        with StubAdmin(url) as admin:
            enrol_with(admin, url, settings.state_dir, settings.service.terminal_id)
        echo(f"Enrolled {settings.service.terminal_id} with the simulated service at {url}.")
