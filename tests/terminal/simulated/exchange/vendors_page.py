"""Generate the tables in docs/vendors.md from the code (`make tables`)."""

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
"""Table functions by section heading. Each section ends with its table."""


def with_tables(page: str) -> str:
    """Return the page with newly generated tables."""
    for heading, table in _TABLES.items():
        before, title, remainder = page.partition(f"\n## {heading}\n")
        section, next_title, after = remainder.partition("\n## ")
        introduction, _ = re.split(r"^(?=\||###)", section, maxsplit=1, flags=re.MULTILINE)
        page = f"{before}{title}{introduction}{table()}{next_title}{after}"
    return page


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
