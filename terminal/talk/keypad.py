"""Key assignments that make every screen operable with a numeric keypad.

Digits choose an answer or are typed. Enter confirms. `*` erases a digit or goes back if no digit was typed. `/` opens
the display settings. `+` increases the volume. `-` calls staff. `.` asks to confirm leaving. `0` repeats the speech
or switches the voice on.
"""

from msgspec.structs import replace

from terminal.session import events as ev
from terminal.session.events import Aside
from terminal.session.states import State
from terminal.talk import asides
from terminal.talk.parts import Body, Button, PadKind, TalkContext

_BACK_IDS = frozenset({"back", "change", "close", "start-over"})


def assign_keys(body: Body) -> Body:
    """Assign the keys other than digits to the answers."""
    if body.pad:
        return replace(body, buttons=tuple(replace(button, keypad_key="/") for button in body.buttons))
    onward = [button for button in body.buttons if not button.back]
    buttons = []
    for button in body.buttons:
        if button.id in _BACK_IDS:
            button = replace(button, keypad_key="*")
        elif onward == [button]:
            button = replace(button, keypad_key="enter")
        buttons.append(button)
    return replace(body, buttons=tuple(buttons))


def hidden_keys(state: State, body: Body, footer: tuple[Button, ...], scene: TalkContext) -> tuple[Button, ...]:
    """Return the keypad functions that are not shown on the screen."""
    reception, display, aside = asides.shared_fields(state)
    toggled = Aside.NONE if aside is Aside.CHANGES else Aside.CHANGES
    keys = [_key("changes", "/", "changes.question", ev.AsideRequested(reception, toggled), scene)]
    if aside is not Aside.LEAVING and any(button.id in asides.LEAVE_IDS for button in footer):
        keys.append(_key("leaving", ".", "leaving.question", ev.AsideRequested(reception, Aside.LEAVING), scene))
    if body.pad is PadKind.PIN and any(button.id == "face" for button in body.buttons):
        keys.append(_key("other-way", "*", "button.back", ev.Back(reception), scene))
    voice = asides.voice(display, reception, scene)
    if display.voice:
        louder = ev.DisplayChanged(reception, volume=display.louder)
        keys.append(_key("louder", "+", "voice.louder", louder, scene))
        # 0 is a digit on a PIN or code pad. Repeating then requires a touch.
        keys.append(_key("again", "" if body.pad else "0", "voice.again", ev.RepeatRequested(reception), scene))
    elif voice is not None and not body.pad:
        keys.append(replace(voice, id="speak", key="0"))
    return tuple(keys)


def _key(id: str, key: str, message_id: str, event: ev.Event, scene: TalkContext) -> Button:
    return Button(id=id, label=scene.say(message_id), event=event, key=key)
