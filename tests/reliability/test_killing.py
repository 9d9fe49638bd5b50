"""Kill terminal and service six times in total. `make killing` kills them 250 times."""

from pathlib import Path

import pytest

from tests.reliability import killing


@pytest.mark.timeout(300)
def test_kills_lose_and_duplicate_no_result(tmp_path: Path) -> None:
    report = killing.run(tmp_path, 20261126, terminal=4, service=2)
    assert report.kills.total() == 6
    assert report.files >= 6
