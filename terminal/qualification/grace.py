"""Certificate status and grace period, used by the terminal and the service."""

from datetime import date, datetime

from config.japan import JAPAN
from config.settings import GraceRule
from reader.months import add_months, month_end
from terminal.qualification.contract import CertificateStatus

GRACE_MONTHS = 3
EXPIRING_MONTHS = 3
"""Number of months before expiry during which the holder is warned."""


def certificate_status(not_after: datetime, now: datetime, rule: GraceRule) -> CertificateStatus | None:
    """Return a certificate's status at `now`, or None after its grace period. Dates are in Japan time."""
    today, last_day = now.astimezone(JAPAN).date(), not_after.astimezone(JAPAN).date()
    if now > not_after:
        return CertificateStatus.GRACE if today <= last_grace_day(last_day, rule) else None
    expiring = today >= add_months(last_day, -EXPIRING_MONTHS)
    return CertificateStatus.EXPIRING if expiring else CertificateStatus.VALID


def last_grace_day(last_day: date, rule: GraceRule) -> date:
    """Return the last day of the grace period. `last_day` is the certificate's last valid day (Japan time)."""
    end = add_months(last_day, GRACE_MONTHS)
    return month_end(end) if rule is GraceRule.MONTH_END else end
