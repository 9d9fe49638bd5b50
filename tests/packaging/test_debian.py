"""The files of the Debian package agree with each other. Installation is tested manually: docs/install.md."""

import configparser
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from config.settings import Settings
from terminal.cli.web import DEFAULT_PORT

ROOT = Path(__file__).parents[2]
DEBIAN = ROOT / "packaging" / "debian"
INSTALLED = DEBIAN / "root"
UNITS = sorted((INSTALLED / "usr/lib/systemd/system").glob("*.service"))


def unit(path: Path) -> dict[str, str]:
    """Return the `[Service]` section; a repeated name keeps its last value."""
    read = configparser.RawConfigParser(strict=False)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read(path, encoding="utf-8")
    return dict(read["Service"])


def test_all_settings_files_survive_an_update() -> None:
    listed = (DEBIAN / "conffiles").read_text(encoding="utf-8").splitlines()
    assert set(listed) == {
        f"/{path.relative_to(INSTALLED)}" for path in (INSTALLED / "etc").rglob("*") if path.is_file()
    }


@pytest.mark.parametrize("script", ["postinst", "prerm", "postrm", "root/usr/bin/uketsuke", "../offline/install.sh"])
def test_shell_scripts_parse(script: str) -> None:
    assert subprocess.run(["sh", "-n", DEBIAN / script], capture_output=True, text=True).stderr == ""


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_runs_a_known_program_and_not_as_root(path: Path) -> None:
    service = unit(path)
    assert service["User"] in {"uketsuke", "uketsuke-kiosk"}
    assert service["LimitCORE"] == "0"
    assert service["NoNewPrivileges"] == "yes"
    assert service["CapabilityBoundingSet"] == ""
    program = service["ExecStart"].split()[0]
    assert program in {"/opt/uketsuke/bin/uketsuke", "/usr/bin/cage"}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_systemd_rates_the_exposure_as_low(path: Path) -> None:
    """Exposure levels, from 0 (safest) to 100. The browser needs more than the other units."""
    limit = "50" if path.stem == "uketsuke-kiosk" else "25"
    command = ("systemd-analyze", "security", "--no-pager", "--offline=yes", f"--threshold={limit}", path)
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_browser_reaches_only_localhost_and_no_records() -> None:
    kiosk = unit(INSTALLED / "usr/lib/systemd/system/uketsuke-kiosk.service")
    assert (kiosk["IPAddressDeny"], kiosk["IPAddressAllow"]) == ("any", "localhost")
    assert "-/var/lib/uketsuke" in kiosk["InaccessiblePaths"]
    assert " -s " not in kiosk["ExecStart"], "cage would let keys switch consoles"
    policies = json.loads((INSTALLED / "etc/chromium/policies/managed/uketsuke.json").read_text(encoding="utf-8"))
    assert policies["URLBlocklist"] == ["*"]
    assert policies["URLAllowlist"] == [f"http://127.0.0.1:{DEFAULT_PORT}"]
    for refused in ("RemoteDebuggingAllowed", "TranslateEnabled", "PasswordManagerEnabled", "BackgroundModeEnabled"):
        assert policies[refused] is False


def test_the_stub_unit_waits_until_the_stub_answers() -> None:
    """Otherwise `setup`, run directly afterwards, could not connect."""
    readiness = unit(INSTALLED / "usr/lib/systemd/system/uketsuke-stub.service")["ExecStartPost"]
    port = Settings.model_fields["service"].get_default(call_default_factory=True).url.rpartition(":")[2]
    assert f"/dev/tcp/127.0.0.1/{port})" in readiness
    assert readiness.startswith("/usr/bin/timeout ")


def test_old_data_is_deleted_every_night() -> None:
    terminal = (INSTALLED / "usr/lib/systemd/system/uketsuke.service").read_text(encoding="utf-8")
    assert "uketsuke-prune.timer" in terminal
    assert (INSTALLED / "usr/lib/systemd/system/uketsuke-prune.timer").exists()
    assert unit(INSTALLED / "usr/lib/systemd/system/uketsuke-prune.service")["ExecStart"].endswith("/uketsuke prune")


def test_kiosk_and_terminal_agree_on_page_and_address_file() -> None:
    kiosk = (INSTALLED / "usr/lib/uketsuke/kiosk").read_text(encoding="utf-8")
    compile(kiosk, "kiosk", "exec")
    terminal = unit(INSTALLED / "usr/lib/systemd/system/uketsuke.service")
    address = terminal["ExecStart"].split("--address-file ")[1]
    assert f'Path("{address}")' in kiosk
    assert f"http://127.0.0.1:{DEFAULT_PORT}/door" in kiosk
    assert address.startswith(f"/run/{terminal['RuntimeDirectory']}/")
    assert terminal["StandardOutput"] == "null", "the address must not be logged in the journal"
