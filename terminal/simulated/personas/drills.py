"""Drills: lists of personas that a trainer uses for lessons."""

from dataclasses import dataclass

from config.profiles import Profile
from terminal.simulated.personas.cast import PERSONAS


@dataclass(frozen=True, slots=True)
class Drill:
    """A list of personas for a lesson."""

    id: str
    """The message `dock.drill.<id>` contains the name."""
    minutes: int
    personas: tuple[str, ...]
    profile: Profile | None = None
    """The institution for all personas; None for each persona's own."""


DRILLS = (
    Drill(
        "first-day",
        45,
        (
            "face-match",
            "pin-wrong-once",
            "pinless-card",
            "unregistered-card",
            "child-with-guardian",
            "removed-during-consent",
            "staff-by-eye",
            "silent-at-submit",
        ),
    ),
    Drill(
        "pharmacy",
        30,
        (
            "pharmacy",
            "pharmacy-two-prescriptions",
            "face-match",
            "aged-75",
            "all-refused",
            "child-with-guardian",
            "removed-before-check",
        ),
        Profile.PHARMACY,
    ),
    Drill("subsidy", 20, ("subsidy-used", "subsidy-refused", "subsidy-not-connected")),
    Drill("family", 25, ("family-of-three", "next-child", "child-chosen", "infant-no-photo-pin")),
    Drill("black-circle", 10, ("black-circle-name", "staff-by-eye")),
    Drill("interpreter", 15, ("vietnamese", "pin-locked-told")),
    Drill(
        "cards",
        30,
        ("no-certificate-card", "revoked", "suspended", "lapsed", "not-valid", "pin-locked-face-ok", "suica"),
    ),
    Drill(
        "power-cut",
        30,
        ("power-cut", "reader-unplugged", "silent-at-opening", "silent-at-submit", "clock-wrong"),
    ),
    Drill("all", 0, tuple(persona.name for persona in PERSONAS)),
)

BY_ID = {drill.id: drill for drill in DRILLS}
