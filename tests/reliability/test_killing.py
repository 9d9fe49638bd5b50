"""Six kills; `make killing` does two hundred and fifty."""

from pathlib import Path

import pytest

from tests.reliability import killing


@pytest.mark.timeout(300)
def test_six_kills_while_each_result_is_taken_at_once(tmp_path: Path) -> None:
    killed = killing.play(tmp_path, 20261126, terminal=4, service=2)
    assert killed.kills.total() == 6
    assert killed.files >= 6
