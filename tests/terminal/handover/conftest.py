"""Fixture: a qualification result with fictitious data."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from consent.items import Item
from terminal.qualification.contract import (
    ConsentOutcome,
    LimitCertificate,
    PrescriptionForm,
    Qualification,
    QualificationResult,
)

PROCESSED = datetime(2026, 11, 21, 0, 15, 4, tzinfo=UTC)
"""09:15:04 in Japan."""


def _consent_to(item: Item) -> ConsentOutcome:
    expires = item not in (Item.HIGH_COST_LIMIT, Item.SPECIFIC_DISEASE)
    return ConsentOutcome(
        item=item,
        flag=1,
        consent_time=PROCESSED,
        available_time=PROCESSED + timedelta(hours=24) if expires else None,
    )


@pytest.fixture
def elder_result() -> QualificationResult:
    """Return a result with an expiring certificate and all items answered. Surgery and specific disease are refused."""
    fields: dict[str, Any] = {
        "check_id": "0123456789abcdef0123456789abcdef",
        "processed_at": PROCESSED,
        "qualification_date": date(2026, 11, 21),
        "institution_code": "1319999999",
        "status": "1",
        "code": "SIMQ0101I",
        "message": "電子証明書の有効期限が近づいています。",
        "validity": "1",
        "prescription_form": PrescriptionForm.ELECTRONIC,
        "simulated": True,
    }
    qualification = Qualification(
        insurer_number="39139999",
        insured_identification_number="00009876",
        insurer_name="模擬後期高齢者医療広域連合",
        qualification_date=date(2023, 1, 5),
        insured_partial_contribution_ratio="010",
        name="見本　太郎",
        name_kana="ﾐﾎﾝ ﾀﾛｳ",
        sex="1",
        birth_date=date(1948, 1, 5),
    )
    limit = LimitCertificate(
        classification="02",
        classification_flag="B05",
        valid_start_date=date(2026, 8, 1),
        valid_end_date=date(2027, 7, 31),
    )
    consents = (
        _consent_to(Item.DIAGNOSIS),
        _consent_to(Item.MEDICINES),
        _consent_to(Item.HEALTH_CHECKUP),
        _consent_to(Item.HIGH_COST_LIMIT),
        ConsentOutcome(item=Item.SURGERY, flag=0),
        ConsentOutcome(item=Item.SPECIFIC_DISEASE, flag=0),
    )
    return QualificationResult(qualifications=(qualification,), limit=limit, consents=consents, **fields)
