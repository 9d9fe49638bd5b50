"""The dock page's static content in both languages: text, personas and the trainer's lists."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from terminal.front.dock import OTHER_CARD, ServiceMode
from terminal.simulated.personas.cast import BY_NAME
from terminal.simulated.personas.drills import DRILLS
from terminal.simulated.personas.persona import Persona
from terminal.simulated.personas.steps import needs_staff_page, steps_for
from terminal.simulated.personas.tales import Language, tale_for
from terminal.words.catalogue import words

LANGUAGES: tuple[Language, ...] = ("ja", "en")

_WORDS = {
    "title": "dock.title",
    "language": "dock.language",
    "who": "dock.patients",
    "invitation": "dock.invitation",
    "putCard": "dock.put-card",
    "takeCard": "dock.take-card",
    "nextCard": "dock.next-card",
    "otherCard": "dock.other-card",
    "twoCards": "dock.two-cards",
    "takeSecond": "dock.remove-second",
    "hold": "dock.reader-in-use",
    "cover": "dock.cover-camera",
    "cameraOut": "dock.unplug-camera",
    "readerOut": "dock.unplug-reader",
    "clockSlow": "dock.clock-slow",
    "power": "dock.power-cycle",
    "more": "dock.more",
    "service": "dock.service",
    **{service.value: f"dock.service.{service.value}" for service in ServiceMode},
    "list": "dock.list",
    "next": "dock.next",
    "reset": "dock.reset",
    "print": "dock.print",
    "count": "dock.count",
    "done": "dock.done",
    "open": "dock.open",
    "unexpected": "dock.ended-differently",
    "minutes": "dock.minutes",
    "steps": "dock.steps",
    "answer": "dock.answer",
    "staff": "dock.staff",
    "says": "dock.says",
    "end": "dock.outcome",
    "trainee": "dock.trainee",
    "ownFace": "dock.own-face",
    "staffPage": "dock.staff-page",
    "oneMoment": "web.one-moment",
}


_PLACEHOLDERS = {name: f"{{{name}}}" for name in ("done", "all", "minutes")}
"""Placeholders filled in by the page."""


def words_for(ids: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the text by language and name. `ids`: message ids by name."""
    return {
        language: {name: words(language)(message_id, **_PLACEHOLDERS) for name, message_id in ids.items()}
        for language in LANGUAGES
    }


@cache
def book() -> dict[str, Any]:
    """Return the content of the page's `book` message."""
    return {
        "words": words_for(_WORDS),
        "people": {
            name: {"family": [member.name for member in persona.family], "staff": needs_staff_page(persona)}
            | {language: _texts(persona, language) for language in LANGUAGES}
            for name, persona in BY_NAME.items()
        },
        "lists": [
            {
                "id": drill.id,
                "name": {language: words(language)(f"dock.drill.{drill.id}") for language in LANGUAGES},
                "minutes": drill.minutes,
                "people": drill.personas,
            }
            for drill in DRILLS
        ],
        "other": OTHER_CARD,
    }


def _texts(persona: Persona, language: Language) -> dict[str, Any]:
    tale = tale_for(persona, language)
    return {
        "who": tale.who,
        "staff": tale.staff,
        "says": tale.says,
        "end": tale.end,
        "steps": steps_for(persona, language),
    }
