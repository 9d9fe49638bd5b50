"""Tests that every consent is recorded exactly once when terminals and service are killed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.reliability.system import System, check_kills
from tests.terminal.qualification.conftest import Card


@pytest.fixture
def system(
    tmp_path: Path, card: Card, authority: Any, database_url: str, request: pytest.FixtureRequest
) -> Iterator[System]:
    system = System(tmp_path, card, authority, database_url, seed=request.param, terminal_count=2)
    yield system
    system.kill_all()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("database_url", ["postgresql", pytest.param("sqlite", marks=pytest.mark.long)], indirect=True)
@pytest.mark.parametrize("system", [1], indirect=True)
def test_consents_are_recorded_once_despite_ten_kills(system: System) -> None:
    check_kills(system, 10)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("system", [2, 3], indirect=True)
def test_consents_are_recorded_once_despite_fifty_kills(system: System) -> None:
    check_kills(system, 50)
