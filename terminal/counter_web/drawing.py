"""Serialize a `Talk` for the page, with text and ids but without events or secrets."""

from typing import Any

from terminal.front.keypad import TypedPart
from terminal.talk.parts import Body, Button, Line, Talk
from terminal.words.catalogue import Words
from terminal.words.languages import Language

_PAGE_TEXT_IDS = {
    "next": "web.next",
    "previous": "web.previous",
    "toPad": "web.to-pad",
    "more": "web.more",
    "tooEarly": "touch.too-early",
    "oneMoment": "web.one-moment",
    "erase": "pin.erase",
    "enter": "pin.enter",
    "pin": "pin.entry",
    "birth-date": "code.birth-date",
    "expiry-year": "code.expiry-year",
    "security-code": "code.security-code",
    "invalidDate": "code.invalid-date",
    "camera": "web.camera",
    "sound": "web.sound",
    "again": "web.again",
}
"""Message ids of the page's own text, by name in the page."""


def page_text(say: Words, *, simulated: bool) -> dict[str, str]:
    text = {name: say(message_id) for name, message_id in _PAGE_TEXT_IDS.items()}
    return text | {"mark": say("app.simulated") if simulated else ""}


def serialize_talk(talk: Talk, *, keypad: bool = True) -> dict[str, Any]:
    """Serialize a talk. `keypad` is whether targets show their numeric keypad keys."""
    display = talk.display
    return {
        "serial": talk.serial,
        "state": talk.state,
        "language": Language(talk.language).tag,
        "size": display.size.value,
        "contrast": display.high_contrast,
        "low": display.low,
        "sound": display.sound,
        "steps": talk.steps,
        "step": talk.step,
        "card": talk.card,
        "warning": talk.warning,
        "notice": talk.notice,
        "body": _body(talk.body),
        "foot": [_button(button) for button in talk.footer],
        "keypad": keypad,
        "keys": [{"id": button.id, "key": button.key} for button in talk.keys],
    }


def _body(body: Body) -> dict[str, Any]:
    return {
        "question": body.question,
        "lines": [_line(line) for line in body.lines],
        "offers": [_button(button) for button in body.buttons],
        "pad": body.pad.value,
        "camera": body.camera,
        "photo": body.photo,
        "progress": body.progress,
        "towards": body.towards,
        "sign": body.sign.value,
        "code": body.code,
    }


def _line(line: Line) -> dict[str, Any]:
    content = {"text": line.text, "kind": line.kind.value}
    return content | {"lang": Language(line.language).tag} if line.language else content


def _button(button: Button) -> dict[str, Any]:
    content: dict[str, Any] = {
        "id": button.id,
        "label": button.label,
        "key": button.key,
        "keypadKey": button.keypad_key,
        "back": button.back,
    }
    if button.language:
        content["lang"] = Language(button.language).tag
    if button.names:
        content["names"] = [{"lang": Language(language).tag, "text": name} for language, name in button.names]
    else:
        content["hint"] = button.hint
    return content


def serialize_pad(parts: tuple[TypedPart, ...], *, has_invalid_date: bool) -> dict[str, Any]:
    """Serialize which positions are filled, without the digits."""
    return {
        "parts": [{"id": part.id, "filled": part.filled} for part in parts],
        "invalidDate": has_invalid_date,
    }
