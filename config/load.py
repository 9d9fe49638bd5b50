"""Load settings from a TOML file and `UKETSUKE_*` environment variables, which override the file."""

import json
import os
import tomllib
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_origin

from platformdirs import user_config_path
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as SourceError

from config.reference import PREFIX, allowed, fields
from config.settings import Settings
from config.toml import is_deeply_nested

CONFIG_VARIABLE = PREFIX + "CONFIG"
"""Environment variable with the path of the settings file. Not a setting itself."""

SECRETS = frozenset({"staff.password_hash"})
PATHS = frozenset({"state_dir", "reader.trust_anchors", "handover.folder", "staff.name_picture_folder"})
"""Settings that are paths. Relative paths in a file are resolved from the file's folder. `~` is expanded."""


class SettingsError(Exception):
    """Invalid settings. The message lists each invalid setting with the reason and the fix, ready to be shown."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class _Environment(Settings, BaseSettings):
    """Setting names for the environment source. Not used for validation."""

    model_config = SettingsConfigDict(defer_build=True)


def load(
    path: Path | None = None, overrides: Mapping[str, Any] | None = None, *, languages: Collection[str] | None = None
) -> Settings:
    """Load settings from `path`, the file in `UKETSUKE_CONFIG`, or `default_file()` if it exists, in this order.

    `overrides` come from the command line, have the structure of the file, and override file and environment.
    `languages` are the supported screen languages; None accepts all. Raises SettingsError.
    """
    file = _settings_file(path)
    from_file = _read_file(file) if file else {}
    problems = [*_unknown_in_file(from_file, file), *_unknown_in_environment()]
    from_environment = _read_environment()
    problems += [_unknown_name(name, _variable(name), as_variable=True) for name in _unknown_names(from_environment)]
    if problems:
        raise SettingsError(*dict.fromkeys(problems))
    from_file = _resolve_paths(from_file, file.parent if file else Path())
    merged = _merge(_merge(from_file, _resolve_paths(from_environment, Path())), overrides or {})
    try:
        return Settings.model_validate(merged, context=None if languages is None else {"languages": languages})
    except ValidationError as error:
        raise SettingsError(*(_describe(detail, from_environment, file) for detail in error.errors())) from None


def default_file() -> Path:
    """Return `uketsuke/settings.toml` in the user's configuration folder (XDG)."""
    return user_config_path("uketsuke") / "settings.toml"


# --- reading ------------------------------------------------------------------------------------------------


def _settings_file(path: Path | None) -> Path | None:
    if path is not None:
        return path
    from_variable = os.environ.get(CONFIG_VARIABLE)
    if from_variable:
        return Path(from_variable).expanduser()
    return default_file() if default_file().exists() else None


def _read_file(file: Path) -> dict[str, Any]:
    try:
        text = file.read_bytes().decode("utf-8")
        if is_deeply_nested(text):
            raise RecursionError
        return tomllib.loads(text)
    except RecursionError:
        raise SettingsError(
            f"{file}: nested too deeply. Settings are at most two levels: [section] and name."
        ) from None
    except OSError as error:
        raise SettingsError(
            f"cannot read {file}: {error.strerror or error}. Specify an existing file, or unset "
            f"{CONFIG_VARIABLE} to use the default file."
        ) from None
    except tomllib.TOMLDecodeError as error:
        message, _, position = str(error).rstrip(")").partition(" (at ")
        raise SettingsError(
            f"{file}, {position or 'unknown position'}: {message}. The file must be TOML, with text in double quotes."
        ) from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file}: byte {error.start} is not UTF-8. Save the file as UTF-8.") from None
    except ValueError:
        raise SettingsError(f"{file}: a number has too many digits. Correct the number.") from None


def _read_environment() -> dict[str, Any]:
    try:
        source = EnvSettingsSource(_Environment, env_prefix=PREFIX, env_nested_delimiter="__", env_ignore_empty=True)
        return source()
    except SourceError as error:
        raise SettingsError(
            f"environment variable {_invalid_json_variable() or PREFIX + '*'} is invalid: it sets a list or a section "
            f'and must be JSON, like ["a", "b"] ({error.__cause__ or error}).'
        ) from None


def _invalid_json_variable() -> str | None:
    """Return the environment variable that is not valid JSON. The source's error only names the section."""
    lists = {name for name, field in fields() if get_origin(field.annotation) is tuple}
    for variable, value in os.environ.items():
        name = variable[len(PREFIX) :].lower().replace("__", ".")
        if value and variable.upper().startswith(PREFIX) and (name in lists or name in _sections()):
            try:
                json.loads(value)
            except ValueError:
                return variable
    return None


def _merge(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for name, value in override.items():
        base_value = result.get(name)
        if isinstance(value, Mapping) and isinstance(base_value, Mapping):
            result[name] = _merge(base_value, value)
        else:
            result[name] = value
    return result


def _resolve_paths(values: Mapping[str, Any], folder: Path, prefix: str = "") -> dict[str, Any]:
    def absolute(value: Any) -> Any:
        if isinstance(value, list):
            return [absolute(item) for item in value]
        if not isinstance(value, str) or not value:
            return value
        try:
            return str(folder / Path(value).expanduser())
        except RuntimeError:
            raise SettingsError(f"{prefix}{name} = {value!r}: unknown user. Write the full path.") from None

    result = dict(values)
    for name, value in values.items():
        if isinstance(value, Mapping):
            result[name] = _resolve_paths(value, folder, f"{prefix}{name}.")
        elif f"{prefix}{name}" in PATHS:
            result[name] = absolute(value)
    return result


# --- error messages -----------------------------------------------------------------------------------------


def _setting_names() -> tuple[str, ...]:
    return tuple(name for name, _ in fields())


def _sections() -> frozenset[str]:
    return frozenset(name.rpartition(".")[0] for name in _setting_names()) - {""}


def _unknown_names(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    setting_names = _setting_names()
    for name, value in values.items():
        full = f"{prefix}{name}"
        if isinstance(value, Mapping) and value and full not in setting_names:
            yield from _unknown_names(value, f"{full}.")
        elif full not in setting_names and full not in _sections():
            yield full


def _unknown_in_file(values: Mapping[str, Any], file: Path | None) -> list[str]:
    return [_unknown_name(name, f"{name} in {file}") for name in _unknown_names(values)]


def _unknown_in_environment() -> list[str]:
    problems = []
    for variable in os.environ:
        # the environment source ignores case too
        if not variable.upper().startswith(PREFIX) or variable.upper() == CONFIG_VARIABLE:
            continue
        name = variable[len(PREFIX) :].lower().replace("__", ".")
        if name not in _setting_names() and name not in _sections():
            problems.append(_unknown_name(name, f"environment variable {variable}", as_variable=True))
    return problems


REMOVED = {
    "vision.threshold": "removed in 0.2.0: each face network has calibrated thresholds (`uketsuke face calibrate`); "
    "delete the line",
}
"""Removed settings, with the reason and the fix."""


def _unknown_name(name: str, where: str, *, as_variable: bool = False) -> str:
    if name in REMOVED:
        return f"{where} was {REMOVED[name]}"
    nearest = _nearest(name)
    suggestion = _variable(nearest).removeprefix("environment variable ") if nearest and as_variable else nearest
    hint = f"; did you mean {suggestion}?" if suggestion else ". Remove it or correct its name."
    return f"{where} is unknown{hint}"


def _nearest(name: str) -> str | None:
    setting_names = _setting_names()
    close = get_close_matches(name, setting_names, n=1, cutoff=0.75)
    if close:
        return close[0]
    # the name may be correct and its section wrong or missing
    leaves = {full_name.rpartition(".")[2]: full_name for full_name in reversed(setting_names)}
    close = get_close_matches(name.replace("_", ".").rpartition(".")[2], leaves, n=1, cutoff=0.75)
    close = get_close_matches(name.rpartition(".")[2], leaves, n=1, cutoff=0.75) or close
    return leaves[close[0]] if close else None


def _variable(name: str) -> str:
    return f"environment variable {PREFIX}{name.replace('.', '__').upper()}"


def _describe(detail: ErrorDetails, from_environment: Mapping[str, Any], file: Path | None) -> str:
    by_name = dict(fields())
    name = ".".join(str(part) for part in detail["loc"] if not isinstance(part, int))
    problem = detail["msg"].removeprefix("Value error, ").replace("Input should be", "it must be")
    problem = problem.replace("String should", "it must").replace("Input is", "it is").strip()
    if not name:  # conflicting settings, which the message names
        return f"{problem}. Change one of them."
    source = _variable(name) if _is_set(name, from_environment) else str(file) if file else "the defaults"
    if name not in by_name:
        return f"{name}, set by {source}, is a section. Write [{name}], followed by its settings."
    value = "" if name in SECRETS else f" = {detail['input']!r}"
    return f"{name}{value}, set by {source}, is invalid: {problem}. Allowed: {allowed(by_name[name])}."


def _is_set(name: str, values: Mapping[str, Any]) -> bool:
    section: Any = values
    for part in name.split("."):
        if not isinstance(section, Mapping) or part not in section:
            return False
        section = section[part]
    return True
