"""Certificate status, and how long an expired certificate is still accepted.

Terminal and service count alike.
"""

from datetime import date, datetime

from config.japan import JAPAN
from config.settings import GraceRule
from reader.months import add_months, month_end
from terminal.qualification.contract import CertificateStanding

GRACE_MONTHS = 3
EXPIRING_MONTHS = 3
"""The holder is warned when the certificate expires within this many months."""


def standing(not_after: datetime, now: datetime, rule: GraceRule) -> CertificateStanding | None:
    """Status of a certificate at `now`; None after its grace period. Dates are in Japan time."""
    today, last_day = now.astimezone(JAPAN).date(), not_after.astimezone(JAPAN).date()
    if now > not_after:
        return CertificateStanding.GRACE if today <= last_grace_day(last_day, rule) else None
    near = today >= add_months(last_day, -EXPIRING_MONTHS)
    return CertificateStanding.EXPIRING if near else CertificateStanding.VALID


def last_grace_day(last_day: date, rule: GraceRule) -> date:
    """`last_day` is the certificate's own last day, in Japan."""
    later = add_months(last_day, GRACE_MONTHS)
    return month_end(later) if rule is GraceRule.MONTH_END else later
