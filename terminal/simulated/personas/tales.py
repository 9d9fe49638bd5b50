"""Information for trainers about each persona, in both languages.

The steps are not stored but derived from the script (`terminal.simulated.personas.steps`).
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from terminal.simulated.personas.persona import Persona

Language = Literal["ja", "en"]


@dataclass(frozen=True, slots=True)
class Tale:
    """Information for trainers about a persona, in one language."""

    who: str
    """Description of the patient."""
    staff: str
    """What staff should do."""
    says: str
    """What staff should say to the patient."""
    end: str
    """The expected outcome."""


@cache
def _tales() -> dict[str, dict[str, Tale]]:
    text = (files("terminal.simulated.personas") / "tales.toml").read_text(encoding="utf-8")
    return {
        name: {language: Tale(**texts) for language, texts in languages.items()}
        for name, languages in tomllib.loads(text).items()
    }


def tale_for(persona: Persona, language: Language) -> Tale:
    return _tales()[persona.name][language]
