"""Reports of the software under test about what it read: one JSON file for each file it picked up.

`DIR/export/<file name>.json`, written under another name and then renamed. All fields are optional; missing fields are
not judged.
"""

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

EXPORT_FOLDER = "export"


class Export(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=False, hide_input_in_errors=True)

    patient: str | None = None
    """The patient's number in the software under test; a new one for a new patient."""
    name: str | None = None
    name_of_other: str | None = None
    insurer_number: str | None = None
    number: str | None = None
    """InsuredIdentificationNumber."""
    branch: str | None = None
    validity: str | None = None
    """QualificationValidity as read."""
    billable: bool | None = None
    """Whether the software would bill this qualification without asking staff."""
    consents: dict[str, str] | None = None
    """By element without `ConsFlg` (`PharmacistsInfo`); only those present in the file."""
    until: dict[str, str] | None = None
    """AvailableTime, likewise by element."""
    limit: str | None = None
    """LimitApplicationCertificateClassificationFlag; empty for none."""
    subsidy: Literal["use", "keep", "none", "close", "ask"] | None = None
    """What is done with the patient's subsidies."""
    subsidy_numbers: list[str] | None = None
    ask_staff: bool | None = None
    """Whether staff are told that something needs attention."""
    identifier: str | None = None
    """For answers: the ArbitraryFileIdentifier of the matching request."""
    booked: int | None = None
    """How often this file led to a reception."""
    units: int | None = None
    """For bulk results: number of people."""


class NotAnExport(Exception):
    """The file exists but is not an export; the text gives the reason and none of the content."""


def read_export(path: Path) -> Export | None:
    """Return the export, or None if there is no file yet. Raises `NotAnExport`."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return Export.model_validate(json.loads(data))
    except ValidationError as error:
        places = ", ".join(".".join(map(str, one["loc"])) for one in error.errors())
        raise NotAnExport(f"{path.name}: {places}") from None
    except ValueError as error:
        raise NotAnExport(f"{path.name}: JSON") from error
