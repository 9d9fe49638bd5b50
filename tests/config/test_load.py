"""Tests for loading settings from file and environment, and for the error messages."""

import os
from pathlib import Path

import pytest

from config.load import PATHS, SECRETS, SettingsError, default_file, load
from config.reference import fields
from config.settings import FaceAndPinPolicy, Profile, Settings


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.upper().startswith("UKETSUKE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))


def settings_file(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return path


def error_message(path: Path | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        load(path)
    return str(caught.value)


# --- precedence ---------------------------------------------------------------------------------------------


def test_defaults_without_file_and_environment() -> None:
    assert load() == Settings()


def test_environment_overrides_file_and_file_overrides_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = settings_file(tmp_path, "[vision]\nattempt_seconds = 0.35\nframes = 7\n")
    monkeypatch.setenv("UKETSUKE_VISION__ATTEMPT_SECONDS", "0.38")
    vision = load(path).vision
    assert (vision.attempt_seconds, vision.frames, vision.attempts) == (0.38, 7, 3)


def test_pin_in_addition_to_face_is_off_by_default(tmp_path: Path) -> None:
    assert load().vision.also_pin is FaceAndPinPolicy.NEVER
    assert load(settings_file(tmp_path, '[vision]\nalso_pin = "where-possible"\n')).vision.also_pin is (
        FaceAndPinPolicy.WHERE_POSSIBLE
    )


def test_default_file_is_read_if_it_exists() -> None:
    default_file().parent.mkdir(parents=True)
    settings_file(default_file().parent, 'profile = "pharmacy"\n')
    assert load().profile is Profile.PHARMACY


def test_uketsuke_config_replaces_default_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UKETSUKE_CONFIG", str(settings_file(tmp_path, "[vision]\nattempts = 2\n")))
    assert load().vision.attempts == 2


def test_relative_paths_are_relative_to_settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/clinic")
    path = settings_file(
        tmp_path,
        'state_dir = "state"\n[reader]\ntrust_anchors = ["ca.pem", "/etc/ca.pem"]\n[handover]\nfolder = "~/r"\n',
    )
    settings = load(path)
    assert settings.state_dir == tmp_path / "state"
    assert settings.reader.trust_anchors == (tmp_path / "ca.pem", Path("/etc/ca.pem"))
    assert settings.results_dir == Path("/home/clinic/r")


def test_home_folder_of_unknown_user_is_refused(tmp_path: Path) -> None:
    message = error_message(settings_file(tmp_path, '[handover]\nfolder = "~no-such-user/r"\n'))
    assert message == "handover.folder = '~no-such-user/r': unknown user. Write the full path."


def test_every_path_setting_is_listed() -> None:
    assert {name for name, field in fields() if "Path" in str(field.annotation)} == PATHS


def test_lists_and_sections_in_environment_are_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UKETSUKE_READER__TRUST_ANCHORS", '["/a.pem", "/b.pem"]')
    monkeypatch.setenv("UKETSUKE_VISION", '{"frames": 9}')
    settings = load()
    assert settings.reader.trust_anchors == (Path("/a.pem"), Path("/b.pem"))
    assert settings.vision.frames == 9


def test_empty_variable_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UKETSUKE_VISION__FRAMES", "")
    assert load().vision.frames == 5


# --- unknown names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[vision]\natempt_seconds = 0.3\n",
            "vision.atempt_seconds in {file} is unknown; did you mean vision.attempt_seconds?",
        ),
        ("attempt_seconds = 0.3\n", "attempt_seconds in {file} is unknown; did you mean vision.attempt_seconds?"),
        (
            "[reader]\nattempt_seconds = 0.3\n",
            "reader.attempt_seconds in {file} is unknown; did you mean vision.attempt_seconds?",
        ),
        (
            "[visoin]\nattempt_seconds = 0.3\n",
            "visoin.attempt_seconds in {file} is unknown; did you mean vision.attempt_seconds?",
        ),
        ("zzz = 1\n", "zzz in {file} is unknown. Remove it or correct its name."),
        ("[empty]\n", "empty in {file} is unknown. Remove it or correct its name."),
    ],
)
def test_unknown_key_is_refused_with_suggestion(tmp_path: Path, text: str, message: str) -> None:
    path = settings_file(tmp_path, text)
    assert error_message(path) == message.format(file=path)


@pytest.mark.parametrize(
    ("variable", "suggestion"),
    [
        ("UKETSUKE_VISION__ATEMPT_SECONDS", "; did you mean UKETSUKE_VISION__ATTEMPT_SECONDS?"),
        ("UKETSUKE_PROFLE", "; did you mean UKETSUKE_PROFILE?"),
        ("UKETSUKE_STATEDIR", "; did you mean UKETSUKE_STATE_DIR?"),
        ("UKETSUKE_VISION_ATTEMPT_SECONDS", "; did you mean UKETSUKE_VISION__ATTEMPT_SECONDS?"),
        ("UKETSUKE_QQQ", ". Remove it or correct its name."),
    ],
)
def test_unknown_variable_is_refused_with_suggestion(
    monkeypatch: pytest.MonkeyPatch, variable: str, suggestion: str
) -> None:
    monkeypatch.setenv(variable, "1")
    assert error_message() == f"environment variable {variable} is unknown{suggestion}"


def test_unknown_name_inside_json_section(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UKETSUKE_VISION", '{"atempt_seconds": 0.3}')
    assert (
        "UKETSUKE_VISION__ATEMPT_SECONDS is unknown; did you mean UKETSUKE_VISION__ATTEMPT_SECONDS?" in error_message()
    )


def test_all_problems_are_reported_together(tmp_path: Path) -> None:
    message = error_message(settings_file(tmp_path, "[vision]\nframes = 2\nattempt_seconds = 900.0\n")).splitlines()
    assert len(message) == 2


# --- invalid values -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[vision]\nattempt_seconds = 900.0\n",
            "vision.attempt_seconds = 900.0, set by {file}, is invalid: it must be less than 300. "
            "Allowed: a number, more than 0, less than 300.",
        ),
        (
            "[vision]\nattempt_seconds = nan\n",
            "vision.attempt_seconds = nan, set by {file}, is invalid: it must be a finite number. "
            "Allowed: a number, more than 0, less than 300.",
        ),
        (
            '[vision]\nframes = "many"\n',
            "vision.frames = 'many', set by {file}, is invalid: it must be a valid integer, unable to parse string as "
            "an integer. Allowed: a whole number, at least 5, at most 30.",
        ),
        (
            '[service]\ninstitution_code = "12"\n',
            "service.institution_code = '12', set by {file}, is invalid: it must match pattern '^[0-9]{{10}}$'. "
            "Allowed: text, matching ^[0-9]{{10}}$.",
        ),
        (
            'profile = "hospital"\n',
            "profile = 'hospital', set by {file}, is invalid: it must be 'clinic', 'pharmacy' or 'qualification-only'. "
            "Allowed: one of clinic, pharmacy, qualification-only.",
        ),
        (
            '[handover]\nencoding = "EUC-JP"\n',
            "handover.encoding = 'EUC-JP', set by {file}, is invalid: it must be 'UTF-8' or 'Shift_JIS'. "
            "Allowed: one of UTF-8, Shift_JIS.",
        ),
        (
            '[consent]\nsurgery = "sometimes"\n',
            "consent.surgery = 'sometimes', set by {file}, is invalid: it must be a valid boolean, unable to interpret "
            "input. Allowed: true or false.",
        ),
        ("vision = 3\n", "vision, set by {file}, is a section. Write [vision], followed by its settings."),
        ("consent = 3\n", "consent, set by {file}, is a section. Write [consent], followed by its settings."),
    ],
)
def test_invalid_value_is_reported_with_source_and_range(tmp_path: Path, text: str, message: str) -> None:
    path = settings_file(tmp_path, text)
    assert error_message(path) == message.format(file=path)


def test_invalid_environment_variable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = settings_file(tmp_path, "[vision]\nattempt_seconds = 0.35\n")
    monkeypatch.setenv("UKETSUKE_VISION__ATTEMPT_SECONDS", "-7")
    assert error_message(path).startswith(
        "vision.attempt_seconds = '-7', set by environment variable UKETSUKE_VISION__ATTEMPT_SECONDS, is invalid"
    )


@pytest.mark.parametrize(
    ("variable", "value"), [("UKETSUKE_READER__TRUST_ANCHORS", "/a.pem:/b.pem"), ("UKETSUKE_VISION", "{frames: 9}")]
)
def test_list_that_is_not_json_is_refused(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    assert f'{variable} is invalid: it sets a list or a section and must be JSON, like ["a", "b"]' in error_message()


# --- unreadable files ---------------------------------------------------------------------------------------


def test_missing_file_is_reported(tmp_path: Path) -> None:
    message = error_message(tmp_path / "no.toml")
    assert message.startswith(
        f"cannot read {tmp_path / 'no.toml'}: No such file or directory. Specify an existing file"
    )


def test_missing_file_in_uketsuke_config_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UKETSUKE_CONFIG", str(tmp_path / "no.toml"))
    assert "no.toml: No such file" in error_message()


def test_toml_error_is_reported_with_file_and_line(tmp_path: Path) -> None:
    path = settings_file(tmp_path, "[vision]\nattempt_seconds = = 1\n")
    assert error_message(path).startswith(f"{path}, line 2, column 19: Invalid value. The file must be TOML")


def test_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes('# 受付\nprofile = "clinic"\n'.encode("shift_jis"))
    assert error_message(path) == f"{path}: byte 2 is not UTF-8. Save the file as UTF-8."


# --- secrets ------------------------------------------------------------------------------------------------


def test_password_hash_is_never_printed(tmp_path: Path) -> None:
    canary = "$scrypt$canary"
    settings = load(settings_file(tmp_path, f'[staff]\npassword_hash = "{canary}"\n'))
    assert settings.staff.password_hash.get_secret_value() == canary
    for text in (repr(settings), str(settings), settings.model_dump_json(), repr(settings.model_dump())):
        assert "canary" not in text


def test_invalid_password_hash_is_not_printed(tmp_path: Path) -> None:
    message = error_message(settings_file(tmp_path, "[staff]\npassword_hash = 987654\n"))
    assert message.startswith("staff.password_hash, set by ")
    assert "987654" not in message


def test_every_secret_setting_is_listed() -> None:
    assert {name for name, field in fields() if "Secret" in str(field.annotation)} == SECRETS


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = " + "[" * 20_000, "nested too deeply"),
        ("a." * 20_000 + "b = 1", "nested too deeply"),
        ("[" + "a." * 20_000 + "b]\n", "nested too deeply"),
        ("profile = " + "9" * 5_000, "a number has too many digits"),
    ],
)
def test_file_that_would_overload_parser_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=message):
        load(path)


def test_dots_in_values_and_comments_do_not_count_as_nesting(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("# " + "a." * 100 + "\n[handover]\nfolder = '" + "a." * 100 + "'  # " + ". " * 100 + "\n")
    assert load(path).handover.folder == tmp_path / ("a." * 100)


def test_removed_setting_is_refused_with_instructions(tmp_path: Path) -> None:
    message = error_message(settings_file(tmp_path, "[vision]\nthreshold = 0.45\n"))
    assert "vision.threshold" in message
    assert "delete the line" in message
