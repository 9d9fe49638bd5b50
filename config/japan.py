"""Japan's time zone, a fixed offset: Japan has had no daylight saving time since 1951."""

from datetime import timedelta, timezone
from typing import Final

JAPAN: Final = timezone(timedelta(hours=9), "JST")
