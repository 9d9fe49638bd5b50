"""Optional contents of result files, in a separate module because `result_xml` is slow to import."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from terminal.qualification.insured import Qualification


class FaceOptions(Struct, frozen=True):
    reference_number: "Callable[[str, Qualification], str | None] | None" = None
    """Returns the institution's own patient number (照会番号) for an institution code and a qualification."""
    subsidies: bool = False
    """Include medical subsidies, for institutions that accept them. All their elements are inferred."""
    newer_consents: bool = False
    """Include the consents added in 2025 (処方, 検査, アレルギー, 傷病名, 感染症). Their position is inferred."""
