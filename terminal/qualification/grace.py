"""Certificate status, and the grace period after a certificate expires. Used by both terminal and service."""

from datetime import date, datetime

from config.japan import JAPAN
from config.settings import GraceRule
from reader.months import add_months, month_end
from terminal.qualification.contract import CertificateStanding

GRACE_MONTHS = 3
EXPIRING_MONTHS = 3
"""The holder is warned this many months before the certificate expires."""


def standing(not_after: datetime, now: datetime, rule: GraceRule) -> CertificateStanding | None:
    """Status of a certificate at `now`; None after its grace period. Dates are in Japan time."""
    today, last_day = now.astimezone(JAPAN).date(), not_after.astimezone(JAPAN).date()
    if now > not_after:
        return CertificateStanding.GRACE if today <= last_grace_day(last_day, rule) else None
    near = today >= add_months(last_day, -EXPIRING_MONTHS)
    return CertificateStanding.EXPIRING if near else CertificateStanding.VALID


def last_grace_day(last_day: date, rule: GraceRule) -> date:
    """Return the last day of grace. `last_day`: the certificate's last day of validity, Japan time."""
    later = add_months(last_day, GRACE_MONTHS)
    return month_end(later) if rule is GraceRule.MONTH_END else later
