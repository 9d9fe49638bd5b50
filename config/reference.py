"""Settings reference with names, types, defaults and descriptions, generated from the models."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from config.attribute_docs import attribute_docs
from config.settings import Settings

PREFIX = "UKETSUKE_"


@dataclass(frozen=True, slots=True)
class SettingReference:
    """Reference entry for one setting."""

    name: str
    """Dotted name, such as `vision.attempts`."""
    default: str
    """Default as written in TOML; empty for a secret."""
    allowed: str
    """Type and range, in words."""
    meaning: str

    @property
    def environment(self) -> str:
        return PREFIX + self.name.replace(".", "__").upper()


def fields(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Yield the dotted name and field of every setting, including those in sections."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from fields(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field


@cache
def reference() -> tuple[SettingReference, ...]:
    """Return the entries of all settings in model order."""
    meanings = dict(_meanings(Settings))
    return tuple(
        SettingReference(name, _default(field), allowed(field), meanings.get(name, "")) for name, field in fields()
    )


def _meanings(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the dotted name and docstring of every setting."""
    for name, docstring in attribute_docs(model).items():
        yield f"{prefix}{name}", docstring
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _meanings(field.annotation, f"{prefix}{name}.")


def listing() -> str:
    """Return the reference as a TOML file with every default commented out."""
    lines: list[str] = []
    section = ""
    for entry in reference():
        entry_section, _, leaf = entry.name.rpartition(".")
        if entry_section != section:
            section = entry_section
            lines.append(f"[{section}]")
        lines.append(f"# {entry.meaning} ({entry.allowed}; {entry.environment})")
        lines.append(f"# {leaf} = {entry.default}" if entry.default else f"# {leaf}: not set")
        lines.append("")
    return "\n".join(lines)


def allowed(field: FieldInfo) -> str:
    """Return the allowed values of a field in words, such as "more than 0, less than 0.6"."""
    values = _choices(field.annotation)
    if values:
        return "one of " + ", ".join(values)
    parts = [_kind(field.annotation)]
    for bound in field.metadata:
        for attribute, words in (("gt", "more than"), ("ge", "at least"), ("lt", "less than"), ("le", "at most")):
            limit = getattr(bound, attribute, None)
            if limit is not None:
                parts.append(f"{words} {limit}")
        pattern = getattr(bound, "pattern", None)
        if pattern is not None:
            parts.append(f"matching {pattern}")
    return ", ".join(parts)


def _choices(annotation: Any) -> tuple[str, ...]:
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(str(member.value) for member in annotation)
    if get_origin(annotation) is Literal:
        return tuple(str(value) for value in get_args(annotation))
    return ()


_KINDS = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "SecretStr": "text, kept secret",
    "Path": "a path",
}


def _kind(annotation: Any) -> str:
    origin = get_origin(annotation)
    inner = [argument for argument in get_args(annotation) if argument not in (type(None), Ellipsis)]
    if origin is tuple:
        return f"a list, each {_kind(inner[0])}"
    if origin in (Union, UnionType):
        return _kind(inner[0])
    name = getattr(annotation, "__name__", str(annotation))
    return _KINDS.get(name, name)


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return ""  # depends on the machine
    value = field.default
    if value is PydanticUndefined or value is None or isinstance(value, SecretStr):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Enum):
        return f'"{value.value}"'
    if isinstance(value, tuple):
        return "[" + ", ".join(f'"{item}"' for item in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
