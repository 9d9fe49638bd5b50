"""The summary table of the automatic demo."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from terminal.simulated.demo.auto import Played


def table(played: "Sequence[Played]") -> str:
    rows = [("persona", "way", "questions asked", "flags in the file", "tries", "result file", "s", "")]
    for one in played:
        rows.append(
            (
                one.persona,
                one.way or "-",
                ", ".join(_short(question) for question in one.asked) or "-",
                " ".join(f"{_short(item)}={flag}" for item, flag in sorted(one.flags.items())) or "-",
                str(one.tries_spent),
                "written" if one.result_file else "none",
                f"{one.seconds:.1f}",
                "ok" if one.ok else "FAILED",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "-" * max(map(len, lines)))
    failed = [one for one in played if not one.ok]
    files = [one.result_file for one in played if one.result_file]
    lines += ["", f"{len(played) - len(failed)} of {len(played)} personas ended as expected."]
    if files:
        lines.append(f"Result files: {Path(files[0]).parent}")
    lines += [f"{one.persona}: {one.wrong}" for one in failed]
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
