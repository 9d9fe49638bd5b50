"""What a trainer reads about each persona, in both languages: who comes, what staff does and says, how it ends well.

What the patient touches follows from the persona's script (`terminal.simulated.personas.steps`).
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
    who: str
    staff: str
    """What staff does."""
    says: str
    """What staff says to the patient."""
    end: str
    """How the right end is recognised."""


@cache
def _tales() -> dict[str, dict[str, Tale]]:
    text = (files("terminal.simulated.personas") / "tales.toml").read_text(encoding="utf-8")
    return {
        name: {language: Tale(**told) for language, told in languages.items()}
        for name, languages in tomllib.loads(text).items()
    }


def tale_of(persona: Persona, language: Language) -> Tale:
    return _tales()[persona.name][language]
