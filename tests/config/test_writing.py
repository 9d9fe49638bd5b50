"""Test that settings survive a round trip through TOML."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import Profile
from config.writing import as_toml

NAMES = st.text("abcdefgh_", min_size=1, max_size=8)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
VALUES = st.one_of(TEXTS, st.booleans(), st.integers(-(2**53), 2**53), st.lists(TEXTS, max_size=3))


@given(st.dictionaries(NAMES, st.one_of(VALUES, st.dictionaries(NAMES, VALUES, min_size=1, max_size=4)), max_size=5))
def test_settings_survive_round_trip(values: dict[str, object]) -> None:
    assert tomllib.loads(as_toml(values)) == values


def test_enumerations_are_written_by_value_and_none_is_refused() -> None:
    assert as_toml({"profile": Profile.CLINIC}) == 'profile = "clinic"\n'
    with pytest.raises(ValueError, match="NoneType"):
        as_toml({"folder": None})
