"""Store the consents of the result files in the `face` folder.

A consent is valid until AvailableTime or a later refusal. Items that were not asked about remain unchanged.
"""

from datetime import date, datetime

from consent.items import Item
from terminal.handover.layout import CONSENT_VALIDITY, consent_attributes
from terminal.handover.messages.insured import Insured
from terminal.handover.messages.kinds import read_message
from terminal.handover.messages.qualification import QualificationAnswer
from terminal.handover.parts import ConsentPart
from terminal.handover.xml import ParsedFile, parse
from terminal.simulated.exchange.insured import Criteria, InsuredPeople
from terminal.simulated.exchange.store import ExchangeStore

FETCHED = (Item.MEDICINES, Item.HEALTH_CHECKUP, Item.DIAGNOSIS)
"""Items whose data can be requested by file."""


def store_consents(data: bytes, insured: InsuredPeople, store: ExchangeStore, day: date) -> bool:
    """Store the consents of a result file. Returns False if the file cannot be read."""
    parsed = parse(data)
    message = read_message(parsed, QualificationAnswer).message if isinstance(parsed, ParsedFile) else None
    if not isinstance(message, QualificationAnswer):
        return False
    for record in message.body.results if message.body else ():
        for item in FETCHED:
            consent = getattr(record, consent_attributes(item)[0])
            if isinstance(consent, ConsentPart):
                _store_consent(message, record, item, consent, insured, store, day)
    return True


def _store_consent(
    message: QualificationAnswer,
    record: Insured,
    item: Item,
    consent: ConsentPart,
    insured: InsuredPeople,
    store: ExchangeStore,
    day: date,
) -> None:
    criteria = Criteria.by(record, record.birth_date)
    found = () if criteria is None else insured.find(criteria, day)
    for key in found[0].keys if len(found) == 1 else ():
        store.store_decision(
            message.header.institution_code,
            key,
            item,
            message.header.executed_at,
            _until(consent),
            message.header.file_identifier,
        )


def _until(consent: ConsentPart) -> datetime | None:
    """Return AvailableTime, limited to the longest period that the rules allow. None without a consent."""
    if consent.flag != "1" or consent.consent_time is None or consent.available_time is None:
        return None
    try:
        return min(consent.available_time, consent.consent_time + CONSENT_VALIDITY)
    except OverflowError:
        return None
