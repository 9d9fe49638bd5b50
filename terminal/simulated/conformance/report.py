"""Write the conformance report as bilingual HTML and as JSON."""

import json
from collections import Counter
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from terminal.simulated.conformance.model import CaseOutcome, Verdict


def as_json(outcomes: list[CaseOutcome], at: datetime, product: str) -> str:
    return json.dumps(_facts(outcomes, at, product), ensure_ascii=False, indent=2) + "\n"


def as_html(outcomes: list[CaseOutcome], at: datetime, product: str) -> str:
    """Return a single page without scripts, with all text from the software under test escaped."""
    from jinja2 import Environment, StrictUndefined

    text = files("terminal.simulated.conformance").joinpath("report.html.jinja").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(text).render(_facts(outcomes, at, product))


def write_report(outcomes: list[CaseOutcome], path: Path, at: datetime, product: str) -> Path:
    """Write HTML to `path` and JSON next to it; return the path of the JSON file. Raises `OSError`."""
    json_path = path.with_suffix(".json")
    path.write_text(as_html(outcomes, at, product), encoding="utf-8")
    json_path.write_text(as_json(outcomes, at, product), encoding="utf-8")
    return json_path


def _facts(outcomes: list[CaseOutcome], at: datetime, product: str) -> dict[str, Any]:
    counts = Counter(outcome.verdict for outcome in outcomes)
    return {
        "product": product,
        "at": at.isoformat(timespec="seconds"),
        "counts": {verdict.value: counts[verdict] for verdict in Verdict},
        "cases": [
            {
                "key": outcome.case.key,
                "title": outcome.case.title._asdict(),
                "verdict": outcome.verdict.value,
                "expected": outcome.case.expected._asdict(),
                "why": outcome.case.why._asdict(),
                "source": outcome.case.source,
                "seconds": outcome.seconds,
                "seen": [
                    {**observation.text._asdict(), "right": observation.right} for observation in outcome.observations
                ],
            }
            for outcome in outcomes
        ],
    }
