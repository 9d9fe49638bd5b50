"""Problems shown to patients, with stable codes.

The message catalogues contain the text and the next step as `problem.<name>` and `problem.<name>.next`.
`docs/problems.md` contains causes and remedies for staff. A test compares all three.
"""

from enum import Enum


class ProblemCode(Enum):
    """U-1xx card, U-2xx confirming the holder, U-3xx service, U-4xx holder's status, U-5xx this terminal."""

    CARD_UNREADABLE = "U-101"
    CARD_GONE = "U-102"
    NOT_MY_NUMBER_CARD = "U-103"
    NO_CERTIFICATE = "U-104"
    CERTIFICATE_EXPIRED = "U-105"
    TWO_CARDS = "U-106"
    CARD_HELD = "U-107"
    """Another program has locked the card."""
    PHONE_NOT_TAKEN = "U-108"
    FORGED_RECORD = "U-110"
    RECORD_UNPROVEN = "U-111"
    MIXED_CARD = "U-112"

    NO_WAY_LEFT = "U-201"
    HOLDER_NOT_CONFIRMED = "U-202"
    BOTH_NEEDED = "U-203"
    PHOTO_WITHOUT_FACE = "U-204"

    SERVICE_UNRESPONSIVE = "U-301"
    SERVICE_REFUSED = "U-302"
    TERMINAL_NOT_ENROLLED = "U-303"
    RESULT_UNSIGNED = "U-304"
    RESULT_NOT_OURS = "U-305"

    CERTIFICATE_REVOKED = "U-401"
    CERTIFICATE_SUSPENDED = "U-402"
    CARD_LAPSED = "U-403"
    HOLDER_UNKNOWN = "U-404"
    GRACE_NO_REGISTRATION = "U-405"
    CHIP_UNKNOWN = "U-406"

    LEDGER_FAILED = "U-501"
    READER_LOST = "U-502"
    INTERNAL = "U-503"
    CLOCK_WRONG = "U-504"
    VIRTUAL_CAMERA = "U-505"
    HANDOVER_HANGS = "U-506"
    NO_BROWSER = "U-507"
    VOICE_MISSING = "U-508"

    @property
    def code(self) -> str:
        return self.value

    @property
    def message_id(self) -> str:
        return "problem." + self.name.lower().replace("_", "-")
