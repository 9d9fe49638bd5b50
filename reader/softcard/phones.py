"""Issuance of simulated phones with a certificate."""

from datetime import date
from typing import Final

from reader.profile import RSA_2048, File
from reader.softcard.authority import TestAuthority
from reader.softcard.card_image import CardImage
from reader.softcard.issue import Holder, issue
from reader.softcard.phone_profiles import ANDROID, IPHONE, PHONE_PROFILES
from reader.softcard.records import token_info

_LABELS: Final = {ANDROID: "JPKIAPGPSETOKEN", IPHONE: "JPKIAPIOSTOKEN"}


def issue_phone(
    name: str,
    authority: TestAuthority,
    *,
    holder: Holder,
    pin: str,
    tries_left: int | None,
    issued_on: date,
    certificate_ends_on: date | None,
) -> CardImage:
    """Issue a phone with a certificate for `holder`. `name`: key of `PHONE_PROFILES`. Raises like `issue`."""
    card = issue(
        authority,
        RSA_2048,
        None,
        holder=holder,
        pin=pin,
        issued_on=issued_on,
        pin_tries_left=tries_left,
        certificate_ends_on=certificate_ends_on,
    )
    application = PHONE_PROFILES[name].applications[0]
    return card.model_copy(
        update={
            "profile": name,
            "files": {file: content for file, content in card.files.items() if file in application.files}
            | {File.TOKEN_INFO: token_info(_LABELS[name])},
            "passwords": {
                password: state for password, state in card.passwords.items() if password in application.passwords
            },
            "keys": {key: der for key, der in card.keys.items() if key in application.keys},
        }
    )
