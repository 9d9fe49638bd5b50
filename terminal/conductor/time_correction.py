"""Adjust the times of a decision to the service's clock if the terminal's clock was wrong. No I/O."""

from datetime import datetime, timedelta

from consent.lifecycle import History
from consent.records import CorrectedAnswer, TimeCorrected

MAX_CLOCK_DIFFERENCE = timedelta(minutes=3)
"""The terminal does not open a check if its clock is off by more than this. The service allows five minutes."""


def correct_times(history: History, service_now: datetime, decided_at: datetime | None = None) -> TimeCorrected | None:
    """Return the corrected times, or None if the correct time is unknown or does not differ.

    `decided_at` is the time of a decision made in this run, by the service's clock. Without it, apply the difference
    between the clocks when the check was opened. A decision without consent needs only a plausible time.
    """
    decision = history.decision.event
    opened_at = history.opened.event.service_at
    if decided_at is not None:
        shift = decided_at - decision.decided_at
    elif opened_at is not None and history.corrected is None:
        shift = opened_at - history.opened.at
    elif not decision.granted:
        shift = service_now - decision.decided_at
    else:
        return None
    latest = min(decision.decided_at + shift, service_now)
    latest = max(latest, opened_at) if opened_at is not None else latest
    consents = []
    for answer in decision.answers:
        if answer.granted and answer.answered_at is not None:
            time = min(answer.answered_at + shift, latest)
            time = max(time, opened_at) if opened_at is not None else time
            consents.append(CorrectedAnswer(item=answer.item, answered_at=time))
    changed = abs(latest - decision.decided_at) >= timedelta(seconds=1) or any(
        abs(consent.answered_at - answered) >= timedelta(seconds=1)
        for consent, answered in zip(
            consents, (answer.answered_at for answer in decision.answers if answer.granted), strict=True
        )
        if answered is not None
    )
    if not changed:
        return None
    return TimeCorrected(check_id=history.check_id, decided_at=latest, consents=tuple(consents))
