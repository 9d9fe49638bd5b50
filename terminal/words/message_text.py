"""Message text with its message id, language and placeholder values."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Self

_NONE: Mapping[str, object] = MappingProxyType({})


class MessageText(str):
    """Message text. `values` contains the placeholder values except the institution's constants."""

    id: str
    language: str
    values: Mapping[str, object]

    def __new__(cls, text: str, id: str = "", language: str = "", values: Mapping[str, object] = _NONE) -> Self:
        message = super().__new__(cls, text)
        message.id, message.language, message.values = id, language, values
        return message
