"""Check the computer's clock against the service's clock and the times of existing files."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.settings import Settings
from terminal.assembly import ledger_path
from terminal.doctor.finding import Finding, bad, doubtful, fine
from terminal.doctor.service import request_challenge

WRONG = timedelta(minutes=2)
"""The service rejects a decision as implausible if the clocks differ by more than this."""
OFF = timedelta(seconds=20)
_FIRST_RELEASE = datetime(2026, 1, 1, tzinfo=UTC)
_REMEDY = "Turn on time synchronisation: `timedatectl set-ntp true`, then `timedatectl`."


def clock(settings: Settings) -> Finding:
    answered = request_challenge(settings)
    there = None if isinstance(answered, str) else answered.now
    return judged(datetime.now(UTC), there, newest(settings))


def newest(settings: Settings) -> datetime | None:
    """Return the time of the newest file this terminal wrote, at least that of this module."""
    written = [ledger_path(settings), settings.state_dir / "audit.jsonl", Path(__file__)]
    times = [datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in written if path.exists()]
    return max(times, default=None)


def judged(now: datetime, service: datetime | None, written: datetime | None) -> Finding:
    """Grade `now` against the service's time and against `written`, the time of the newest file."""
    text = f"{now.astimezone():%Y-%m-%d %H:%M:%S %Z}"
    if now < _FIRST_RELEASE:
        return bad(f"{text} is before this program was released", _REMEDY)
    if written is not None and written - now > WRONG:
        return bad(f"{text} is earlier than existing files ({written.astimezone():%Y-%m-%d %H:%M})", _REMEDY)
    if service is None:
        return fine(f"{text}; not earlier than any file here (no service to compare with)")
    apart = abs(now - service)
    compared = f"{text}, {apart.total_seconds():.0f} s from the service's"
    if apart > WRONG:
        return bad(compared, _REMEDY)
    return doubtful(compared, _REMEDY) if apart > OFF else fine(compared)
