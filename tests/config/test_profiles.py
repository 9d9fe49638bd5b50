"""Tests for the profiles and the settings they provide."""

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from config.load import SettingsError, load
from config.profiles import PROFILES, DispensingPolicy, LimitPolicy, PrescriptionPolicy, Profile
from config.settings import ConsentSettings, Settings, VisionSettings


def test_every_profile_sets_only_known_settings() -> None:
    assert set(PROFILES) == set(Profile)
    for row in PROFILES.values():
        assert set(row.consent) <= set(ConsentSettings.model_fields)
        assert set(row.vision) <= set(VisionSettings.model_fields)
        assert ConsentSettings.model_validate(row.consent).prescription in row.prescription_allowed


@pytest.mark.parametrize("languages", [["ja", "en", "ja"], ["ja", "xx"]])
def test_unknown_and_duplicate_languages_are_refused(languages: list[str]) -> None:
    known = {"languages": ("ja", "en")}
    with pytest.raises(ValidationError, match="languages"):
        Settings.model_validate({"place": {"languages": languages}}, context=known)
    settings = Settings.model_validate({"place": {"languages": ["en", "ja"]}}, context=known)
    assert settings.place.languages == ("en", "ja")


def test_profile_fills_unset_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    row = PROFILES[Profile.PHARMACY]
    changed = replace(row, consent={**row.consent, "surgery": True, "limit": LimitPolicy.BY_LAW})
    monkeypatch.setattr("config.settings.PROFILES", {**PROFILES, Profile.PHARMACY: changed})
    settings = Settings.model_validate({"profile": "pharmacy", "consent": {"surgery": False}})
    assert settings.consent.surgery is False
    assert settings.consent.limit is LimitPolicy.BY_LAW
    assert Settings(profile=Profile.PHARMACY, consent=ConsentSettings(limit=LimitPolicy.ASK)).consent == (
        ConsentSettings(surgery=True, limit=LimitPolicy.ASK)
    )
    assert Settings().consent.limit is LimitPolicy.ASK


def test_clinic_can_choose_to_ask_for_prescription_form() -> None:
    assert Settings().consent.prescription is PrescriptionPolicy.NOT_USED
    settings = Settings(consent=ConsentSettings(prescription=PrescriptionPolicy.ASK))
    assert settings.consent.prescription is PrescriptionPolicy.ASK


@pytest.mark.parametrize("policy", ["ask", "electronic", "paper"])
def test_prescription_settings_are_refused_in_pharmacy(tmp_path: Path, policy: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(f'profile = "pharmacy"\n[consent]\nprescription = "{policy}"\n')
    with pytest.raises(SettingsError, match=f"consent.prescription = '{policy}' conflicts with profile 'pharmacy'"):
        load(path)


def test_dispensing_settings_are_refused_in_clinic(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('[consent]\ndispensing = "ask"\n')
    with pytest.raises(SettingsError, match=r"consent\.dispensing = 'ask' conflicts with profile 'clinic'"):
        load(path)
    path.write_text('profile = "pharmacy"\n[consent]\ndispensing = "ask"\n')
    assert load(path).consent.dispensing is DispensingPolicy.ASK


def test_settings_constructed_directly_are_validated() -> None:
    with pytest.raises(ValidationError):
        Settings(profile=Profile.PHARMACY, consent=ConsentSettings(prescription=PrescriptionPolicy.PAPER))
