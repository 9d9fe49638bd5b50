"""A sentence with its message id: the text is drawn, and the id decides whether it is spoken."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Self

_NONE: Mapping[str, object] = MappingProxyType({})


class Said(str):
    """The text of one message. `values`: what was filled in for this screen, except the institution's own words."""

    id: str
    language: str
    values: Mapping[str, object]

    def __new__(cls, text: str, id: str = "", language: str = "", values: Mapping[str, object] = _NONE) -> Self:
        said = super().__new__(cls, text)
        said.id, said.language, said.values = id, language, values
        return said
