"""Common parts of the screens for confirming the holder: methods, reasons and tries left."""

from terminal.session import events as ev
from terminal.session.states import MethodReason, Reception
from terminal.talk.parts import Button, Line, LineKind, TalkContext, hints

PAD_KEYS = "abc"
"""Keys of buttons on screens with a PIN or code pad, where number keys type digits."""


RESET_AT_CITY_HALL = frozenset({MethodReason.PIN_LOCKED_NOW, MethodReason.PIN_FORGOTTEN})


def face_button(reception: Reception, scene: TalkContext) -> Button:
    return Button(
        id="face",
        label=scene.say("method.face"),
        hint=scene.say("method.face.hint"),
        event=ev.FaceChosen(reception.id),
    )


def pin_button(reception: Reception, label: str) -> Button:
    return Button(id="pin", label=label, event=ev.PinChosen(reception.id))


def staff_button(reception: Reception, scene: TalkContext) -> Button:
    return Button(
        id="staff",
        label=scene.say("method.staff"),
        hint=scene.say("method.staff.hint"),
        event=ev.StaffCalled(reception.id),
    )


def why_lines(why: MethodReason, scene: TalkContext) -> tuple[Line, ...]:
    kind = LineKind.HINT if why is MethodReason.FACE_MATCHED else LineKind.REASON
    if not why:
        return ()
    lines = (Line(scene.say(f"why.{why}"), kind),)
    city_hall = why in RESET_AT_CITY_HALL or why is MethodReason.PIN_UNAVAILABLE
    return (*lines, *hints(scene.say("why.city-hall"))) if city_hall else lines


def tries_left(pad: str, left: int, scene: TalkContext) -> str:
    return scene.say(f"{pad}.tries-left", left=left)
