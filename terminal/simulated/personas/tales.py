"""Texts for the trainer about each persona, in both languages: who it is, what staff do and say, the right outcome.

The patient's steps are derived from the persona's script (`terminal.simulated.personas.steps`).
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
    """What staff do."""
    says: str
    """What staff say to the patient."""
    end: str
    """How to recognise the right outcome."""


@cache
def _tales() -> dict[str, dict[str, Tale]]:
    text = (files("terminal.simulated.personas") / "tales.toml").read_text(encoding="utf-8")
    return {
        name: {language: Tale(**texts) for language, texts in languages.items()}
        for name, languages in tomllib.loads(text).items()
    }


def tale_of(persona: Persona, language: Language) -> Tale:
    return _tales()[persona.name][language]
