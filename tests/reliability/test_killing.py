"""Six kills; `make killing` runs 250."""

from pathlib import Path

import pytest

from tests.reliability import killing


@pytest.mark.timeout(300)
def test_six_kills_while_results_are_collected_immediately(tmp_path: Path) -> None:
    killed = killing.run(tmp_path, 20261126, terminal=4, service=2)
    assert killed.kills.total() == 6
    assert killed.files >= 6
