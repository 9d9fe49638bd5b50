"""The summary table of the automatic demo."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from terminal.simulated.demo.auto import VisitResult


def table(results: "Sequence[VisitResult]") -> str:
    """Format the results as a table, followed by a summary and the failures."""
    rows = [("persona", "way", "questions asked", "flags in the file", "tries", "result file", "s", "")]
    for result in results:
        rows.append(
            (
                result.persona,
                result.way or "-",
                ", ".join(_short(question) for question in result.asked) or "-",
                " ".join(f"{_short(item)}={flag}" for item, flag in sorted(result.flags.items())) or "-",
                str(result.tries_spent),
                "written" if result.result_file else "none",
                f"{result.seconds:.1f}",
                "ok" if result.ok else "FAILED",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "-" * max(map(len, lines)))
    failures = [result for result in results if not result.ok]
    files = [result.result_file for result in results if result.result_file]
    lines += ["", f"{len(results) - len(failures)} of {len(results)} personas ended as expected."]
    if files:
        lines.append(f"Result files: {Path(files[0]).parent}")
    lines += [f"{result.persona}: {result.wrong}" for result in failures]
    return "\n" + "\n".join(lines)


_SHORT = {
    "medicines": "medicines",
    "health-checkup-specific": "checkup",
    "health-checkup-elderly": "checkup(75+)",
    "specific-disease": "disease",
    "health-checkup": "checkup",
    "high-cost-limit": "limit",
}


def _short(name: str) -> str:
    return _SHORT.get(name, name)
