"""Contents of result files that an institution chooses. Separate from `result_xml`, which takes long to import."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from terminal.qualification.insured import Qualification


class FaceOptions(Struct, frozen=True):
    reference_number: "Callable[[str, Qualification], str | None] | None" = None
    """Returns the institution's own patient number (照会番号), by institution code and qualification."""
    subsidies: bool = False
    """Include medical subsidies, for institutions taking part in them. All their elements are inferred."""
    newer_consents: bool = False
    """Include the consents of 2025 (処方, 検査, アレルギー, 傷病名, 感染症). Their place is inferred."""
