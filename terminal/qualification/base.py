"""Base classes and types for the contract models."""

import base64
import binascii
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StringConstraints

from config.attribute_docs import describe

CHECK_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9-]{0,63}$"


def _from_base64(value: object) -> object:
    if isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except binascii.Error as error:
            raise ValueError("not base64") from error
    return value


Base64 = Annotated[
    bytes,
    BeforeValidator(_from_base64),
    PlainSerializer(lambda value: base64.b64encode(value).decode("ascii"), return_type=str, when_used="json"),
]
"""Bytes in Python, a base64 string in JSON."""

TerminalId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,40}$")]
InstitutionCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{10}$")]
CheckId = Annotated[str, StringConstraints(pattern=CHECK_ID_PATTERN)]
Digest = Annotated[Base64, Field(min_length=32, max_length=32)]
"""SHA-256."""
Signature = Annotated[Base64, Field(min_length=1, max_length=1024)]


class Model(BaseModel):
    # hide_input_in_errors keeps names out of logged validation errors.
    # cache_strings keeps the JSON parser from caching short values, such as names, for the process lifetime.
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        json_schema_extra=describe,
        cache_strings="keys",
    )


class Confidential(Model):
    """Model with personal data or signatures. Its repr omits all values."""

    def __repr_args__(self) -> list[tuple[str | None, object]]:
        return []


class Reply(Model):
    """Base class for all answers from the service."""

    simulated: bool = False
