"""Profiles of phones with a certificate. The specification is not public.

From public code: the AID of the JPKI application, the absence of a surface application and the token labels (myna-card,
myna), and that an Android phone requires its PIN to read the certificate (myna). Assumed: the ATR, key and file
identifiers as on the card, three tries for the PIN, `6985` until an iPhone has verified its owner, and `6A82` for other
applications.
"""

from dataclasses import replace
from typing import Final

from reader.profile import RSA_2048, Application, CardProfile, File, FileEntry, Key, KeyEntry, Password
from reader.softcard.other_profiles import contactless_atr

ANDROID, IPHONE = "phone-android", "phone-iphone"

_CARD: Final = RSA_2048.file(File.USER_CERTIFICATE)[0]


def _application(opened_by: frozenset[Password] | None) -> Application:
    """Build a phone's JPKI application. `opened_by`: passwords for the certificate and its key."""
    certificate = FileEntry(_CARD.files[File.USER_CERTIFICATE].fid, opened_by)
    key = KeyEntry(_CARD.keys[Key.USER_AUTHENTICATION].fid, opened_by)
    return replace(
        _CARD,
        name="jpki of a phone",
        files={**_CARD.files, File.USER_CERTIFICATE: certificate},
        keys={**_CARD.keys, Key.USER_AUTHENTICATION: key},
    )


def _phone(name: str, application: Application, *, verifies_its_owner: bool) -> CardProfile:
    return replace(
        RSA_2048,
        name=name,
        atr=contactless_atr("0000000000000000"),
        applications=(application,),
        verifies_its_owner=verifies_its_owner,
    )


PHONE_PROFILES: Final = {
    profile.name: profile
    for profile in (
        _phone(ANDROID, _application(frozenset({Password.USER_PIN})), verifies_its_owner=False),
        _phone(IPHONE, _application(None), verifies_its_owner=True),
    )
}
