"""Screen on which staff compare the photo with the person by eye and choose a reason."""

from terminal.session import events as ev
from terminal.session.face_and_pin import has_camera
from terminal.session.states import StaffCheck
from terminal.talk.parts import Body, Button, GuideStep, TalkContext, hints, numbered

STAFF_REASONS = ("face", "camera", "pin", "asked", "documents")
"""Reasons for visual confirmation. They are part of message ids and recorded in the ledger."""


def staff_reasons(state: StaffCheck) -> tuple[str, ...]:
    """Return the reasons that apply to this reception."""
    reception = state.reception
    if reception.proxy:
        return ("proxy",)
    if not state.has_photo:
        return ("documents",)
    applies = {
        "face": reception.face_attempts > 0 and not reception.face_matched,
        "camera": not has_camera(reception),
        "pin": reception.pin_left == 0,
    }
    return tuple(reason for reason, applicable in applies.items() if applicable) or ("asked",)


def staff_check(state: StaffCheck, scene: TalkContext) -> Body:
    say, reception = scene.say, state.reception
    pictures = state.has_photo and not reception.proxy
    if not reception.staff_at_terminal:  # staff compare on the staff page
        return Body(
            step=GuideStep.CONFIRM,
            question=say("method.staff.hint"),
            lines=hints(say("reading.hint"), say("staff.again")),
            camera=pictures,
            photo=pictures,
        )
    other = Button(id="other", label=say("staff.other"), event=ev.StaffRejected(reception.id), back=True)
    same = [
        Button(
            id=f"same-{reason}",
            label=say("staff.same.proxy" if reception.proxy else "staff.same"),
            hint=say(f"staff.reason.{reason}"),
            event=ev.StaffConfirmed(reception.id, reason),
        )
        for reason in staff_reasons(state)
    ]
    hint = "staff.proxy" if reception.proxy else "staff.pictures" if state.has_photo else "staff.no-photo"
    return Body(
        step=GuideStep.CONFIRM,
        question=say("staff.question.proxy" if reception.proxy else "staff.question"),
        lines=hints(say(hint)),
        camera=pictures,
        photo=pictures,
        buttons=numbered(other, *same),
    )
