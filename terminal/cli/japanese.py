"""Japanese `--help` and `doctor` output for Japanese locales.

The catalogue is keyed by the English text, with `{}` for values. Text without an entry remains in English.
"""

import os
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from inspect import cleandoc
from typing import Any, Protocol

_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Locale variables, in order of precedence."""
_VALUE = "{}"


class TyperCommand(Protocol):
    """Typer command. A group also has `commands`."""

    help: str | None
    short_help: str | None
    params: list[Any]


def is_japanese(environment: Mapping[str, str] = os.environ) -> bool:
    locale = next((value for name in _LOCALE if (value := environment.get(name))), "")
    return locale.partition("_")[0].partition(".")[0] == "ja"


def translate_help(command: TyperCommand) -> None:
    """Translate the help text of a command, its options and its subcommands."""
    if command.help:
        command.help = to_japanese(cleandoc(command.help))
        command.short_help = None
    for parameter in command.params:
        text = getattr(parameter, "help", None)
        if text:
            parameter.help = to_japanese(text)
    for subcommand in getattr(command, "commands", {}).values():
        translate_help(subcommand)


def to_japanese(text: str) -> str:
    """Translate text, including any values that have translations."""
    exact = _catalogue().get(text)
    if exact is not None:
        return exact
    for pattern, translation in _templates():
        match = pattern.fullmatch(text)
        if match is not None:
            return translation.format(*(to_japanese(value) for value in match.groups()))
    return text


@cache
def _catalogue() -> dict[str, str]:
    from babel.messages.pofile import read_po

    with (files("terminal.words") / "commands_ja.po").open("rb") as file:
        catalogue = read_po(file, locale="ja")
    return {str(message.id): str(message.string) for message in catalogue if message.id}


@cache
def _templates() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the templates, starting with the most specific (those with the most fixed text)."""
    templates = [(source, text) for source, text in _catalogue().items() if _VALUE in source]
    templates.sort(key=lambda pair: len(pair[0].replace(_VALUE, "")), reverse=True)
    return tuple((_pattern(source), text) for source, text in templates)


def _pattern(source: str) -> re.Pattern[str]:
    return re.compile("(.*)".join(re.escape(part) for part in source.split(_VALUE)), re.DOTALL)
