"""Issuance of other cards, with only the properties that a terminal can detect."""

import secrets
from datetime import date
from typing import Final

from reader.profile import RSA_2048, File
from reader.softcard.card_image import CardImage, PasswordState
from reader.softcard.other_profiles import OTHER_PROFILES
from reader.softcard.records import token_info

OTHER_KINDS: Final = {
    "suica": "a FeliCa card (transport, payment, phone wallet)",
    "mifare": "a Mifare Classic card (staff badge, hotel key)",
    "bank-card": "a bank or credit card",
    "driving-licence": "a driving licence",
    "residence-card": "a residence card (在留カード)",
    "residents-card": "a residents' card, the predecessor of the My Number Card (住民基本台帳カード)",
    "blank-test-card": "a blank JPKI test card",
}


def issue_other(name: str, today: date) -> CardImage:
    """Issue a card of one of `OTHER_KINDS`. It contains no personal data."""
    if name == "blank-test-card":
        return _blank(today)
    profile = OTHER_PROFILES[name]
    tokens = {File.TOKEN_INFO: token_info("JPKIAPICCTOKEN")} if profile.applications else {}
    return CardImage(
        card_id=secrets.token_hex(8),
        profile=name,
        issued_on=today,
        expires_on=today,
        certificate_ends_on=None,
        files=tokens,
        passwords={},
        keys={},
    )


def _blank(today: date) -> CardImage:
    """Issue a blank card. Assumed: the usual applications, unwritten files (FF), unset passwords, no keys."""
    passwords = {password: entry for app in RSA_2048.applications for password, entry in app.passwords.items()}
    return CardImage(
        card_id=secrets.token_hex(8),
        profile=RSA_2048.name,
        issued_on=today,
        expires_on=today,
        certificate_ends_on=None,
        files={file: b"\xff" * 256 for app in RSA_2048.applications for file in app.files}
        | {File.CERTIFICATE_FLAGS: bytes(3), File.TOKEN_INFO: token_info("JPKIAPICCTOKEN2")},
        passwords={
            password: PasswordState(reference=None, left=entry.max_tries) for password, entry in passwords.items()
        },
        keys={},
    )
