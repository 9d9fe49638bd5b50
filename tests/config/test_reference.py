"""Tests for the listing of all settings."""

import re
import tomllib
from pathlib import Path

from config.load import load
from config.reference import fields, listing, reference


def test_every_setting_is_documented() -> None:
    assert [entry.name for entry in reference()] == [name for name, _ in fields()]
    assert all(entry.meaning and entry.allowed for entry in reference())


def test_listing_is_valid_file_of_defaults(tmp_path: Path) -> None:
    # defaults are commented out: "# name = value"
    uncommented = re.sub(r"^# (\w+ = )", r"\1", listing(), flags=re.MULTILINE)
    assert 'prescription = "not-used"' in uncommented.splitlines()
    tomllib.loads(uncommented)
    path = tmp_path / "settings.toml"
    path.write_text(uncommented, encoding="utf-8")
    assert load(path) == load()


def test_entry_contains_variable_default_range_and_meaning() -> None:
    entry = next(entry for entry in reference() if entry.name == "vision.attempt_seconds")
    assert entry.environment == "UKETSUKE_VISION__ATTEMPT_SECONDS"
    assert (entry.default, entry.allowed) == ("20", "a number, more than 0, less than 300")
    assert "enough good frames" in entry.meaning
