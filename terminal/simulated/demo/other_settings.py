"""Settings of a persona's institution."""

from collections.abc import Mapping
from types import MappingProxyType

from config.settings import Profile, Settings


def with_profile(settings: Settings, profile: Profile, more: Mapping[str, object] = MappingProxyType({})) -> Settings:
    """Return the settings for another profile: values the user did not set come from that profile.

    `more`: additional values by dotted name ("consent.limit").
    """
    values = settings.model_dump(exclude_unset=True) | {"profile": profile}
    for name, value in more.items():
        section, _, key = name.partition(".")
        values[section] = values.get(section, {}) | {key: value}
    return Settings.model_validate(values)
