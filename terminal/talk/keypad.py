"""Key assignments that make every screen operable with a numeric keypad.

Digits choose an answer or are typed. Enter confirms. `*` erases a digit or goes back if no digit was typed. `/` opens
the display settings. `+` increases the volume. `-` calls staff. `.` leaves after confirmation. `0` repeats the speech
or switches the voice on.
"""

from msgspec.structs import replace

from terminal.session import events as ev
from terminal.session.events import Aside
from terminal.session.states import State
from terminal.talk import asides
from terminal.talk.parts import Body, Offer, PadKind, TalkContext

_BACK_IDS = frozenset({"back", "change", "close", "start-over"})


def assign_keys(body: Body) -> Body:
    """Assign the keys other than digits to the answers."""
    if body.pad:
        return replace(body, offers=tuple(replace(offer, keypad_key="/") for offer in body.offers))
    onward = [offer for offer in body.offers if not offer.back]
    offers = []
    for offer in body.offers:
        if offer.id in _BACK_IDS:
            offer = replace(offer, keypad_key="*")
        elif onward == [offer]:
            offer = replace(offer, keypad_key="enter")
        offers.append(offer)
    return replace(body, offers=tuple(offers))


def hidden_keys(state: State, body: Body, foot: tuple[Offer, ...], scene: TalkContext) -> tuple[Offer, ...]:
    """Return the keypad functions that have no button."""
    reception, display, aside = asides.parts_of(state)
    toggled = Aside.NONE if aside is Aside.CHANGES else Aside.CHANGES
    keys = [_key("changes", "/", "changes.question", ev.AsideRequested(reception, toggled), scene)]
    if aside is not Aside.LEAVING and any(offer.id in asides.LEAVE_IDS for offer in foot):
        keys.append(_key("leaving", ".", "leaving.question", ev.AsideRequested(reception, Aside.LEAVING), scene))
    if body.pad is PadKind.PIN and any(offer.id == "face" for offer in body.offers):
        keys.append(_key("other-way", "*", "button.back", ev.Back(reception), scene))
    voice = asides.voice(display, reception, scene)
    if display.voice:
        louder = ev.DisplayChanged(reception, volume=display.louder)
        keys.append(_key("louder", "+", "voice.louder", louder, scene))
        # 0 is a digit on a PIN or code pad. Repeating then requires a touch.
        keys.append(_key("again", "" if body.pad else "0", "voice.again", ev.SayAgain(reception), scene))
    elif voice is not None and not body.pad:
        keys.append(replace(voice, id="speak", key="0"))
    return tuple(keys)


def _key(id: str, key: str, message_id: str, event: ev.Event, scene: TalkContext) -> Offer:
    return Offer(id=id, label=scene.say(message_id), event=event, key=key)
