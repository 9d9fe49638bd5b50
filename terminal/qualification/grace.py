"""How long a certificate that has ended still shows the qualification. Terminal and service count alike."""

from datetime import date

from config.settings import GraceRule
from reader.months import add_months, month_end

GRACE_MONTHS = 3
EXPIRING_MONTHS = 3
"""A certificate this near to its end is told to the holder."""


def last_grace_day(last_day: date, rule: GraceRule) -> date:
    """`last_day` is the certificate's own last day, in Japan."""
    later = add_months(last_day, GRACE_MONTHS)
    return month_end(later) if rule is GraceRule.MONTH_END else later
