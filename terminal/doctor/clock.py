"""Check the computer's clock against the service's, and against the times of files written before."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.settings import Settings
from terminal.assembly import ledger_path
from terminal.doctor.finding import Finding, bad, doubtful, fine
from terminal.doctor.line import ask

WRONG = timedelta(minutes=2)
"""With this difference the service refuses a decision as implausible."""
OFF = timedelta(seconds=20)
_FIRST_RELEASE = datetime(2026, 1, 1, tzinfo=UTC)
_REMEDY = "Let the system keep time: `timedatectl set-ntp true`, then `timedatectl`."


def clock(settings: Settings) -> Finding:
    answered = ask(settings)
    there = None if isinstance(answered, str) else answered.now
    return judged(datetime.now(UTC), there, newest(settings))


def newest(settings: Settings) -> datetime | None:
    """When this terminal last wrote anything."""
    written = [ledger_path(settings), settings.state_dir / "audit.jsonl", Path(__file__)]
    times = [datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in written if path.exists()]
    return max(times, default=None)


def judged(now: datetime, service: datetime | None, written: datetime | None) -> Finding:
    """`service`: what it says the time is; `written`: of the newest file."""
    said = f"{now.astimezone():%Y-%m-%d %H:%M:%S %Z}"
    if now < _FIRST_RELEASE:
        return bad(f"{said} is before this program was made", _REMEDY)
    if written is not None and written - now > WRONG:
        return bad(f"{said} is before files that were written already ({written.astimezone():%Y-%m-%d %H:%M})", _REMEDY)
    if service is None:
        return fine(f"{said}; not before any file here (no service to compare with)")
    apart = abs(now - service)
    told = f"{said}, {apart.total_seconds():.0f} s from the service's"
    if apart > WRONG:
        return bad(told, _REMEDY)
    return doubtful(told, _REMEDY) if apart > OFF else fine(told)
