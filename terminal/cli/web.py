"""Options for commands that show the counter in a browser."""

from typing import Annotated

import typer

DEFAULT_PORT = 8643

PortOption = Annotated[int, typer.Option(help="Port for the page on this computer.", min=0, max=65535)]
NoOpenOption = Annotated[bool, typer.Option("--no-open", help="Print the page address without opening a browser.")]
