"""Generate the tables of docs/vendors.md from the code: `make tables`."""

import re
from pathlib import Path
from typing import Final

from terminal.simulated.exchange.reference import code_tables, element_tables, sample_table

PAGE: Final = Path(__file__).parents[4] / "docs" / "vendors.md"
_TABLES: Final = {
    "Which sample has which element": sample_table,
    "Elements": element_tables,
    "Code values": code_tables,
}
"""By the heading of the section that ends with the table."""


def with_tables(page: str) -> str:
    """Return the page with its tables replaced by those of the code."""
    for heading, table in _TABLES.items():
        before, found, rest = page.partition(f"\n## {heading}\n")
        section, following, after = rest.partition("\n## ")
        introduction, _ = re.split(r"^(?=\||###)", section, maxsplit=1, flags=re.MULTILINE)
        page = f"{before}{found}{introduction}{table()}{following}{after}"
    return page


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
