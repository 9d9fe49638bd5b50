"""Exports: the JSON files in which the software under test reports the fields it read.

For each file it picks up, the software writes `DIR/export/<file name>.json` under another name and then renames it. All
fields are optional. Missing fields are not checked.
"""

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

EXPORT_FOLDER = "export"


class ConformanceExport(BaseModel):
    """The fields that the software under test read from one file."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=False, hide_input_in_errors=True)

    patient: str | None = None
    """Patient number in the software under test, unique for each patient."""
    name: str | None = None
    name_of_other: str | None = None
    insurer_number: str | None = None
    number: str | None = None
    """InsuredIdentificationNumber."""
    branch: str | None = None
    validity: str | None = None
    """QualificationValidity, unchanged."""
    billable: bool | None = None
    """Whether the software would bill this qualification without asking staff."""
    consents: dict[str, str] | None = None
    """The consent flags in the file, by element name without `ConsFlg` (`PharmacistsInfo`)."""
    until: dict[str, str] | None = None
    """AvailableTime values, by element name without suffix."""
    limit: str | None = None
    """LimitApplicationCertificateClassificationFlag, or an empty string if the file contains none."""
    subsidy: Literal["use", "keep", "none", "close", "ask"] | None = None
    """Action for the patient's subsidies."""
    subsidy_numbers: list[str] | None = None
    ask_staff: bool | None = None
    """Whether the software asks staff to check the result."""
    identifier: str | None = None
    """For answers: the ArbitraryFileIdentifier of the matching request."""
    booked: int | None = None
    """Number of receptions recorded from this file."""
    units: int | None = None
    """For bulk results: the number of people."""


class NotAnExport(Exception):
    """The file is not a valid export. The message lists the invalid fields without their values."""


def read_export(path: Path) -> ConformanceExport | None:
    """Return the export, or None if the file does not exist. Raises `NotAnExport`."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return ConformanceExport.model_validate(json.loads(data))
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, details["loc"])) for details in error.errors())
        raise NotAnExport(f"{path.name}: invalid {fields}") from None
    except ValueError as error:
        raise NotAnExport(f"{path.name}: invalid JSON") from error
