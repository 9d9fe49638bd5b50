"""Compare the computer's clock with the service's clock and with existing files."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.settings import Settings
from terminal.assembly import ledger_path
from terminal.doctor.finding import Finding, failed, passed, warning
from terminal.doctor.service import request_challenge

MAX_DIFFERENCE = timedelta(minutes=2)
"""Clock difference above which the service rejects decisions."""
WARN_DIFFERENCE = timedelta(seconds=20)
_FIRST_RELEASE = datetime(2026, 1, 1, tzinfo=UTC)
_SYNCHRONISE = "Turn on time synchronisation: `timedatectl set-ntp true`, then `timedatectl`."


def clock(settings: Settings) -> Finding:
    answer = request_challenge(settings)
    service_time = None if isinstance(answer, str) else answer.now
    return grade_clock(datetime.now(UTC), service_time, newest_file_time(settings))


def newest_file_time(settings: Settings) -> datetime | None:
    """Return the modification time of the newest file written by this terminal, or of this module."""
    files = [ledger_path(settings), settings.state_dir / "audit.jsonl", Path(__file__)]
    times = [datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in files if path.exists()]
    return max(times, default=None)


def grade_clock(now: datetime, service: datetime | None, newest_file: datetime | None) -> Finding:
    """Compare `now` with the service's time and with `newest_file`, the newest file's modification time."""
    text = f"{now.astimezone():%Y-%m-%d %H:%M:%S %Z}"
    if now < _FIRST_RELEASE:
        return failed(f"{text} is earlier than this program's release", _SYNCHRONISE)
    if newest_file is not None and newest_file - now > MAX_DIFFERENCE:
        return failed(
            f"{text} is earlier than existing files ({newest_file.astimezone():%Y-%m-%d %H:%M})", _SYNCHRONISE
        )
    if service is None:
        return passed(f"{text}, not earlier than existing files; the service did not answer")
    difference = abs(now - service)
    comparison = f"{text}, {difference.total_seconds():.0f} s from the service's clock"
    if difference > MAX_DIFFERENCE:
        return failed(comparison, _SYNCHRONISE)
    return warning(comparison, _SYNCHRONISE) if difference > WARN_DIFFERENCE else passed(comparison)
