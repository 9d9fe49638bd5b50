"""What the software under test says it did: one JSON file for each file it took.

`DIR/export/<name of the file it took>.json`, written whole (another name first, then renamed). All fields are optional;
missing fields are not judged.
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
    """QualificationValidity as it was read."""
    billable: bool | None = None
    """The software would bill by this qualification without asking staff."""
    consents: dict[str, str] | None = None
    """By element without `ConsFlg` (`PharmacistsInfo`); only those that stand in the file."""
    until: dict[str, str] | None = None
    """AvailableTime, in the same way."""
    limit: str | None = None
    """LimitApplicationCertificateClassificationFlag; empty for none."""
    subsidy: Literal["use", "keep", "none", "close", "ask"] | None = None
    """What becomes of the patient's subsidies."""
    subsidy_numbers: list[str] | None = None
    ask_staff: bool | None = None
    """Staff is told that something needs attention."""
    identifier: str | None = None
    """For an answer: the ArbitraryFileIdentifier of the request it was matched to."""
    booked: int | None = None
    """How often this file led to a reception."""
    units: int | None = None
    """For a bulk result: how many people it holds."""


class NotAnExport(Exception):
    """The file exists and is not an export; the text says why, and nothing of its content."""


def read_export(path: Path) -> Export | None:
    """None while it is not there. Raises `NotAnExport`."""
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
