"""Error rates of the anti-photo check according to ISO/IEC 30107-3."""

import math

_CONFIDENCE = 0.05


def attack_rate(passed: int, total: int) -> str:
    """Format the APCER, the share of attack presentations that pass."""
    return _rate("APCER", passed, total)


def bona_fide_rate(refused: int, total: int) -> str:
    """Format the BPCER, the share of bona fide presentations that are refused."""
    return _rate("BPCER", refused, total)


def _rate(name: str, wrong: int, total: int) -> str:
    if not total:
        return f"{name}: no presentations"
    return f"{name} {wrong / total:.1%} ({wrong} of {total}, at most {upper_limit(wrong, total):.1%})"


def upper_limit(wrong: int, total: int) -> float:
    """Return the one-sided upper 95% confidence limit of `wrong / total` (Clopper-Pearson), about 3 / n for no errors.

    Presentations of a person are not independent, so the true limit is higher with few people.
    """
    if wrong >= total:
        return 1.0
    low, high = wrong / total, 1.0
    for _ in range(40):
        share = (low + high) / 2
        low, high = (share, high) if _at_most(wrong, total, share) > _CONFIDENCE else (low, share)
    return high


def _at_most(wrong: int, total: int, share: float) -> float:
    """Return the probability of at most `wrong` of `total`, each with probability `share`."""
    logs = (
        math.lgamma(total + 1)
        - math.lgamma(count + 1)
        - math.lgamma(total - count + 1)
        + count * math.log(share)
        + (total - count) * math.log1p(-share)
        for count in range(wrong + 1)
    )
    return math.fsum(math.exp(log) for log in logs)
