"""A sentence that still knows which one it is: what is drawn is its text, what is spoken depends on its id."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Self

_NONE: Mapping[str, object] = MappingProxyType({})


class Said(str):
    """The text of one message. `values`: what was filled in for this screen; the institution's own words are not among
    them.
    """

    id: str
    language: str
    values: Mapping[str, object]

    def __new__(cls, text: str, id: str = "", language: str = "", values: Mapping[str, object] = _NONE) -> Self:
        said = super().__new__(cls, text)
        said.id, said.language, said.values = id, language, values
        return said
