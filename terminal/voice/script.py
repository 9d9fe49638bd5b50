"""Spoken text for a `Talk`: reason, question, other lines, and answers with their keys."""

from config.settings import DigitOrder
from terminal.talk.parts import LineKind, Offer, PadKind, Talk
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
        alternatives = (say("voice.pad.alternatives"),) if talk.body.offers else ()
        return (say("voice.pad"), *alternatives)
    return tuple(text for offer in talk.body.offers for text in with_key(offer, say))


def foot(talk: Talk, say: Words) -> tuple[tuple[str, ...], ...]:
    """Return the offers to leave and to call staff, with their keys."""
    return tuple(with_key(offer, say) for offer in talk.foot if offer.keypad_key in (".", "-"))


def keys(talk: Talk, say: Words, keypad: DigitOrder) -> tuple[str, ...]:
    """Return the explanation of the digit order and of the keys available on every screen."""
    order = () if keypad is DigitOrder.NONE else (say(f"voice.order.{keypad}"),)
    return (*order, say("voice.again"), say("voice.louder"), say("voice.changes"))


def with_key(offer: Offer, say: Words) -> tuple[str, ...]:
    """Return an offer's text, starting with its key."""
    key = offer.key if offer.key.isdigit() else offer.keypad_key
    named = say("voice.key", key=key) if key.isdigit() else say(f"voice.key.{_KEYS[key]}") if key in _KEYS else ""
    return tuple(text for text in (named, offer.label, "" if offer.names else offer.hint) if text)
