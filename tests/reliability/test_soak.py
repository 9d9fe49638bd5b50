"""Run sixty receptions with random faults and a fixed seed. `make soak` runs 10,000 with a random seed."""

from pathlib import Path

import pytest

from tests.reliability import soak

SEED = 20261126


@pytest.mark.timeout(300)
def test_receptions_with_random_faults(tmp_path: Path) -> None:
    report = soak.run(tmp_path, SEED, receptions=60)
    assert report.receptions == 60
    assert report.files > 15
    assert report.granted > 15
    assert report.kinds["opened"] == report.kinds["delivered"] + report.kinds.get("discarded", 0)
    assert len(report.tally.counts) > 30, "too few kinds of faults occurred"
