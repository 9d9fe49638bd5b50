"""Check that the files in the Debian package are consistent. Installation is tested manually (docs/install.md)."""

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
    """Return the `[Service]` section. The last value of a repeated key wins."""
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path, encoding="utf-8")
    return dict(parser["Service"])


def test_files_in_etc_are_conffiles() -> None:
    conffiles = (DEBIAN / "conffiles").read_text(encoding="utf-8").splitlines()
    assert set(conffiles) == {
        f"/{path.relative_to(INSTALLED)}" for path in (INSTALLED / "etc").rglob("*") if path.is_file()
    }


@pytest.mark.parametrize("script", ["postinst", "prerm", "postrm", "root/usr/bin/uketsuke", "../offline/install.sh"])
def test_shell_scripts_parse(script: str) -> None:
    assert subprocess.run(["sh", "-n", DEBIAN / script], capture_output=True, text=True).stderr == ""


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_units_run_known_programs_without_root(path: Path) -> None:
    service = unit(path)
    assert service["User"] in {"uketsuke", "uketsuke-kiosk"}
    assert service["LimitCORE"] == "0"
    assert service["NoNewPrivileges"] == "yes"
    assert service["CapabilityBoundingSet"] == ""
    program = service["ExecStart"].split()[0]
    assert program in {"/opt/uketsuke/bin/uketsuke", "/usr/bin/cage"}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_systemd_rates_exposure_as_low(path: Path) -> None:
    """systemd's scale ranges from 0 (safest) to 100. The browser requires more permissions than the other units."""
    limit = "50" if path.stem == "uketsuke-kiosk" else "25"
    command = ("systemd-analyze", "security", "--no-pager", "--offline=yes", f"--threshold={limit}", path)
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_browser_reaches_only_localhost_and_cannot_read_state() -> None:
    kiosk = unit(INSTALLED / "usr/lib/systemd/system/uketsuke-kiosk.service")
    assert (kiosk["IPAddressDeny"], kiosk["IPAddressAllow"]) == ("any", "localhost")
    assert "-/var/lib/uketsuke" in kiosk["InaccessiblePaths"]
    assert " -s " not in kiosk["ExecStart"], "-s lets users switch consoles by keyboard"
    policies = json.loads((INSTALLED / "etc/chromium/policies/managed/uketsuke.json").read_text(encoding="utf-8"))
    assert policies["URLBlocklist"] == ["*"]
    assert policies["URLAllowlist"] == [f"http://127.0.0.1:{DEFAULT_PORT}"]
    for policy in ("RemoteDebuggingAllowed", "TranslateEnabled", "PasswordManagerEnabled", "BackgroundModeEnabled"):
        assert policies[policy] is False


def test_stub_unit_has_started_only_after_stub_accepts_connections() -> None:
    """`setup` can connect immediately after the unit has started."""
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
