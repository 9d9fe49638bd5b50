"""Japan's time: one zone, without summer time since 1951."""

from datetime import timedelta, timezone
from typing import Final

JAPAN: Final = timezone(timedelta(hours=9), "JST")
