"""Instructions for trainers and patients quote the labels on the screens."""

import re
from importlib.resources import files

import pytest
from babel.messages.pofile import read_po

from terminal.simulated.personas.steps import _STEPS
from terminal.simulated.personas.tales import Language

QUOTES = {"en": re.compile("“([^”{]+)”"), "ja": re.compile("「([^」{]+)」")}
PASSWORD = "staff"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_quoted_labels_exist(language: Language) -> None:
    labels = set()
    for name in (language, f"staff_{language}"):
        with (files("terminal.words") / f"{name}.po").open("rb") as file:
            labels |= {str(message.string).replace("\n", " ").casefold() for message in read_po(file)}
    quoted = {label for step in _STEPS[language].values() for label in QUOTES[language].findall(step)}
    assert len(quoted) > 10
    missing = {label for label in quoted if label.casefold() not in labels} - {PASSWORD}
    assert not missing
