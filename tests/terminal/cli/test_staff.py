"""`uketsuke staff password`, and the reports of `config check` and `doctor` about the password."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from config.settings import Settings
from terminal.cli.main import app
from terminal.doctor.staff import staff_password
from terminal.front.password import PasswordCorrect, PasswordGate, PasswordWrong
from terminal.staff_password import hash_file


def run(folder: Path, *arguments: str, stdin: str | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments), input=stdin, env={"UKETSUKE_STATE_DIR": str(folder)})
    return result.exit_code, result.output


def test_numeric_password_is_set_and_accepted(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path)
    assert not PasswordGate.from_settings(settings).enabled
    assert staff_password(settings).grade == "WARN"
    assert "no staff password" in run(tmp_path, "config", "check")[1]

    code, output = run(tmp_path, "staff", "password", stdin="280417\n")
    assert code == 0
    assert "280417" not in output
    assert hash_file(tmp_path).read_text().startswith("$argon2")
    assert hash_file(tmp_path).stat().st_mode & 0o777 == 0o600

    gate = PasswordGate.from_settings(settings)
    assert isinstance(gate.check(bytearray(b"280418")), PasswordWrong)
    assert isinstance(gate.check(bytearray(b"280417")), PasswordCorrect)
    assert staff_password(settings).grade == "OK"
    assert "no staff password" not in run(tmp_path, "config", "check")[1]


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("12345", "at least"),
        ("111111", "repeated digits"),
        ("456789", "sequences"),
        ("abc", "at least"),
        ("x" * 65, "at most"),
        ("あいうえおかきくけ", "ASCII letters"),
    ],
)
def test_weak_password_is_refused_with_reason_and_not_stored(tmp_path: Path, password: str, reason: str) -> None:
    code, output = run(tmp_path, "staff", "password", stdin=f"{password}\n")
    assert code == 1
    assert reason in output
    assert password not in output
    assert not hash_file(tmp_path).exists()


def test_plain_text_password_in_settings_is_reported(tmp_path: Path) -> None:
    settings = Settings.model_validate({"state_dir": tmp_path, "staff": {"password_hash": "hunter2"}})
    assert staff_password(settings).grade == "BAD"
    (tmp_path / "settings.toml").write_text('[staff]\npassword_hash = "hunter2"\n')
    code, output = run(tmp_path, "config", "check", "--config", str(tmp_path / "settings.toml"))
    assert code == 1
    assert "not an Argon2 hash" in output
    assert "hunter2" not in output
