"""Options of the commands that show the counter in a browser."""

from typing import Annotated

import typer

DEFAULT_PORT = 8643

PortOption = Annotated[int, typer.Option(help="Port of the page; only this computer can reach it.", min=0, max=65535)]
NoOpenOption = Annotated[bool, typer.Option("--no-open", help="Print the page's address without opening a browser.")]
