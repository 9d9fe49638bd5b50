"""Spoken text for a `Talk`: reason, question, other lines, and answers with their keys."""

from config.settings import DigitOrder
from terminal.talk.parts import Button, LineKind, PadKind, Talk
from terminal.words.catalogue import Words

_BEFORE_QUESTION = (LineKind.REASON,)
_AFTER_QUESTION = (LineKind.CALL, LineKind.CHOICE, LineKind.HINT)
_KEYS = {
    "enter": "enter",
    "*": "star",
    "/": "slash",
    "+": "plus",
    "-": "minus",
    ".": "point",
}
"""Numeric keypad keys and the last part of their message ids (`voice.key.enter`)."""


def contents(talk: Talk) -> tuple[str, ...]:
    """Return the spoken text without the answers."""
    body = talk.body
    lines = [
        (kind, line.text) for kind in _BEFORE_QUESTION + _AFTER_QUESTION for line in body.lines if line.kind is kind
    ]
    before = [text for kind, text in lines if kind in _BEFORE_QUESTION]
    after = [text for kind, text in lines if kind in _AFTER_QUESTION]
    return (*before, body.question, *after)


def answers(talk: Talk, say: Words) -> tuple[str, ...]:
    """Return the answers with their keys or, for a pad, typing instructions."""
    if talk.body.pad is not PadKind.NONE:
        alternatives = (say("voice.pad.alternatives"),) if talk.body.buttons else ()
        return (say("voice.pad"), *alternatives)
    return tuple(text for button in talk.body.buttons for text in with_key(button, say))


def footer(talk: Talk, say: Words) -> tuple[tuple[str, ...], ...]:
    """Return the texts of the buttons for leaving and calling staff, with their keys."""
    return tuple(with_key(button, say) for button in talk.footer if button.keypad_key in (".", "-"))


def keys(talk: Talk, say: Words, keypad: DigitOrder) -> tuple[str, ...]:
    """Return the explanation of the digit order and of the keys available on every screen."""
    order = () if keypad is DigitOrder.NONE else (say(f"voice.order.{keypad}"),)
    return (*order, say("voice.again"), say("voice.louder"), say("voice.changes"))


def with_key(button: Button, say: Words) -> tuple[str, ...]:
    """Return a button's text, starting with its key."""
    key = button.key if button.key.isdigit() else button.keypad_key
    named = say("voice.key", key=key) if key.isdigit() else say(f"voice.key.{_KEYS[key]}") if key in _KEYS else ""
    return tuple(text for text in (named, button.label, "" if button.names else button.hint) if text)
