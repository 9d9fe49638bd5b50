"""Settings for a persona's institution."""

from collections.abc import Mapping
from types import MappingProxyType

from config.settings import Profile, Settings


def with_profile(
    settings: Settings, profile: Profile, overrides: Mapping[str, object] = MappingProxyType({})
) -> Settings:
    """Return the settings with a different profile, which supplies every value that the user did not set.

    `overrides`: further values by dotted name ("consent.limit").
    """
    values = settings.model_dump(exclude_unset=True) | {"profile": profile}
    for name, value in overrides.items():
        section, _, key = name.partition(".")
        values[section] = values.get(section, {}) | {key: value}
    return Settings.model_validate(values)
