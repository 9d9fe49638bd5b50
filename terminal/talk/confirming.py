"""The screens from reading the card until the holder is confirmed."""

from dataclasses import replace

from terminal.qualification.contract import Way
from terminal.session import events as ev
from terminal.session.certainty import has_camera, needs_pin
from terminal.session.methods import ways
from terminal.session.states import (
    CardShown,
    ChoosingMethod,
    FaceCheck,
    Help,
    Idle,
    PhoneCheck,
    PinEntry,
    PinPhase,
    PrintedCodeEntry,
    Reading,
    Reception,
    StaffCheck,
    WhyHere,
)
from terminal.talk.parts import Body, GuideStep, Line, LineKind, Offer, PadKind, Sign, TalkContext, hints, numbered
from terminal.talk.today import other_proof
from vision.printed.guidance import CardGuidance
from vision.verdict import Guidance

PAD_KEYS = "abc"
"""If the number keys type digits, offers have letters."""


def idle(state: Idle, scene: TalkContext) -> Body:
    say = scene.say
    if state.card_left is not None:
        left = (Line(say(f"idle.left.{state.left}"), LineKind.REASON),) if state.left is not None else ()
        return Body(step=GuideStep.DONE, question=say("idle.card-left"), lines=left, sign=Sign.TAKE_CARD)
    if state.out_of_service is not None:
        problem = state.out_of_service
        lines = (*hints(say(f"{problem.message_id}.next"), say(f"reader.{state.reader}")), *other_proof(scene))
        return Body(step=GuideStep.READ, question=say(problem.message_id), lines=lines, code=problem.code)
    if state.looking:
        return Body(
            step=GuideStep.READ,
            question=say(f"show.{state.guidance or CardGuidance.SHOW_CARD}"),
            lines=hints(say("show.not-kept")),
            sign=Sign.SHOW_CARD,
            offers=_start(scene),
        )
    if state.help is Help.NO_CARD:
        return Body(
            step=GuideStep.READ,
            question=say("idle.no-card"),
            lines=other_proof(scene),
            offers=_start(scene),
        )
    if state.help is Help.MENU:
        return Body(step=GuideStep.READ, question=say("idle.help"), offers=_help(scene))
    marks = []
    if state.left is not None:
        marks.append(Line(say(f"idle.left.{state.left}"), LineKind.REASON))
    if state.child:
        marks.append(Line(say("idle.child"), LineKind.REASON))
    if state.proxy:
        marks.append(Line(say("idle.proxy"), LineKind.REASON))
    if state.staff:
        marks.append(Line(say("idle.staff"), LineKind.REASON))
    if state.purpose == "inquiry":
        marks.append(Line(say("idle.inquiry"), LineKind.REASON))
    question = say("idle.card-shown" if isinstance(state, CardShown) else "idle.question")
    phone = say("idle.hint.phone") if scene.rules.phone else ""
    takes = hints(say("idle.hint"), phone, say("idle.hint.camera-on") if scene.rules.camera_stays_on else "")
    return Body(step=GuideStep.READ, question=question, lines=tuple(marks) or takes, sign=Sign.PUT_CARD)


def _start(scene: TalkContext) -> tuple[Offer, ...]:
    return numbered(Offer(id="back", label=scene.say("button.start-over"), event=ev.Back(""), back=True))


def _help(scene: TalkContext) -> tuple[Offer, ...]:
    say = scene.say
    return numbered(
        Offer(id="back", label=say("button.back"), event=ev.Back(""), back=True),
        Offer(id="no-card", label=say("help.no-card"), event=ev.NoCardChosen("")),
        Offer(id="inquiry", label=say("idle.check-registration"), event=ev.InquiryChosen("")),
        Offer(id="show-card", label=say("help.show-card"), event=ev.ShowCardChosen(""))
        if scene.rules.reads_fronts
        else None,
        Offer(id="for-child", label=say("help.for-child"), event=ev.ForChildChosen("")),
        Offer(id="proxy", label=say("help.proxy"), event=ev.ProxyChosen("")),
        Offer(id="comfort", label=say("help.comfort"), event=ev.AsideWanted("", ev.Aside.CHANGES)),
    )


def reading(state: Reading, scene: TalkContext) -> Body:
    say = scene.say
    return Body(step=GuideStep.READ, question=say("reading.question"), lines=hints(say("reading.hint")), sign=Sign.WAIT)


def choosing(state: ChoosingMethod, scene: TalkContext) -> Body:
    """Which way; with one way left, why, and that one - it never begins unasked."""
    say, why, offers = scene.say, _why(state.why, scene), _ways(state, scene)
    if not state.ways:
        return Body(step=GuideStep.CONFIRM, question=say("method.staff-only"), lines=(*why, *_documents(scene)))
    if state.why in _MENDED_BY_CITY_HALL:
        # Staff weighs as much as the way that is left: a patient without a PIN must not feel pushed before a camera.
        return Body(
            step=GuideStep.CONFIRM,
            question=say(f"why.{state.why}"),
            lines=hints(say("why.city-hall"), say("why.today")),
            offers=numbered(*offers, _staff(state.reception, scene)),
        )
    question = say("method.question") if len(state.ways) > 1 else say(f"method.question.{state.ways[0]}")
    if state.reception.child and Way.FACE in state.ways:
        # the camera comes last for a child: it looks too high, and the photo is years old
        offers = (*offers[:-1], _staff(state.reception, scene), offers[-1])
    return Body(step=GuideStep.CONFIRM, question=question, lines=why, offers=numbered(*offers))


def _ways(state: ChoosingMethod, scene: TalkContext) -> tuple[Offer, ...]:
    say, reception = scene.say, state.reception
    known: dict[Way, Offer] = {
        Way.FACE: _face(reception, scene),
        Way.PIN: Offer(
            id="pin", label=say("method.pin"), hint=say("method.pin.hint"), event=ev.PinChosen(reception.id)
        ),
        Way.PHONE: Offer(
            id="phone", label=say("method.phone"), hint=say("method.phone.hint"), event=ev.PhoneChosen(reception.id)
        ),
    }
    return tuple(known[way] for way in state.ways)


def _staff(reception: Reception, scene: TalkContext) -> Offer:
    return Offer(
        id="staff",
        label=scene.say("method.staff"),
        hint=scene.say("method.staff.hint"),
        event=ev.StaffCalled(reception.id),
    )


def _documents(scene: TalkContext) -> tuple[Line, ...]:
    """What staff looks at; where staff cannot confirm anybody here, what proves the insurance without this card."""
    return hints(scene.say("help.two-documents")) if scene.rules.staff_enabled else other_proof(scene)


_MENDED_BY_CITY_HALL = frozenset({WhyHere.PIN_LOCKED_NOW, WhyHere.PIN_FORGOTTEN})


def _why(why: WhyHere, scene: TalkContext) -> tuple[Line, ...]:
    kind = LineKind.HINT if why is WhyHere.FACE_MATCHED else LineKind.REASON
    if not why:
        return ()
    lines = (Line(scene.say(f"why.{why}"), kind),)
    mended = why in _MENDED_BY_CITY_HALL or why is WhyHere.PIN_UNAVAILABLE
    return (*lines, *hints(scene.say("why.city-hall"))) if mended else lines


def _face(reception: Reception, scene: TalkContext) -> Offer:
    return Offer(
        id="face",
        label=scene.say("method.face"),
        hint=scene.say("method.face.hint"),
        event=ev.FaceChosen(reception.id),
    )


def _use_pin(reception: Reception, label: str) -> Offer:
    return Offer(id="pin", label=label, event=ev.PinChosen(reception.id))


def code_tries(state: PrintedCodeEntry, scene: TalkContext) -> int:
    """How often the code may still be typed here: the last tries on the card are staff's."""
    reserved = 0 if state.target is Way.STAFF else scene.rules.code_tries_floor - 1
    return max(state.reception.code_left - reserved, 0)


def printed_code(state: PrintedCodeEntry, scene: TalkContext) -> Body:
    say = scene.say
    both = say("code.both") if state.target is Way.FACE and needs_pin(state.reception, scene.rules) else ""
    if state.scanning:
        return _scanning(state, both, scene)
    if state.waiting is not None:
        return Body(
            step=GuideStep.CONFIRM,
            question=say("code.scanning"),
            lines=hints(say("reading.hint"), both),
            sign=Sign.WAIT,
        )
    lines: tuple[Line, ...] = ()
    tries = code_tries(state, scene)
    if state.wrong:
        lines += (Line(say("code.wrong"), LineKind.REASON),)
    if state.wrong or tries < 4:
        lines += hints(_tries("code", tries, scene))
    lines += _why(state.why, scene)
    if not lines:
        lines = hints(say("code.western"), both)
    pin = Way.PIN in ways(state.reception, scene.rules)
    return Body(
        step=GuideStep.CONFIRM,
        question=say("code.question"),
        lines=lines,
        pad=PadKind.CODE,
        offers=numbered(_use_pin(state.reception, say("code.use-pin")) if pin else None, keys=PAD_KEYS),
    )


def _scanning(state: PrintedCodeEntry, both: str, scene: TalkContext) -> Body:
    """Looking for the card's front: outline and words alone, never the camera's picture of the card."""
    say, reception = scene.say, state.reception
    pin = Way.PIN in ways(reception, scene.rules)
    return Body(
        step=GuideStep.CONFIRM,
        question=say(f"show.{state.guidance or CardGuidance.SHOW_CARD}"),
        lines=hints(say("show.not-kept"), both),
        sign=Sign.SHOW_CARD,
        offers=numbered(
            Offer(id="type", label=say("show.type"), event=ev.CodeTypingChosen(reception.id)),
            _use_pin(reception, say("code.use-pin")) if pin else None,
        ),
    )


_ARROWS = {Guidance.TURN_LEFT: -1, Guidance.TURN_RIGHT: 1}
"""The picture is a mirror: the patient's left is the screen's."""


def face_check(state: FaceCheck, scene: TalkContext) -> Body:
    say = scene.say
    progress = state.progress
    pin = Way.PIN in ways(state.reception, scene.rules)
    question = say("face.question")
    done = 0
    if progress is not None:
        question = say(f"guidance.{progress.guidance}")
        done = progress.frames
    towards = _ARROWS.get(progress.guidance, 0) if progress is not None else 0
    lines: tuple[Line, ...] = ()
    if towards:
        lines += hints(say("face.cannot-turn" if pin else "face.cannot-turn.no-pin"))
    elif state.attempt > 1:
        lines += (
            Line(say("why.face-not-matched"), LineKind.REASON),
            Line(say("face.again.turn" if state.suspected else "face.again")),
        )
    elif progress is not None and progress.guidance not in (
        Guidance.HOLD_STILL,
        Guidance.LOOK_AHEAD,
        Guidance.ONCE_MORE,
    ):
        lines += hints(say("face.covered" if progress.guidance is Guidance.TOO_DARK else "face.question"))
    if progress is not None and not towards and progress.frames * 2 >= progress.frames_needed:
        lines += hints(say("face.progress"))
    return Body(
        step=GuideStep.CONFIRM,
        question=question,
        lines=lines,
        camera=True,
        towards=towards,
        progress=(done, progress.frames_needed if progress is not None else 1),
        offers=numbered(
            _use_pin(state.reception, say("face.use-pin")) if pin else None,
            replace(_staff(state.reception, scene), hint=""),
        ),
    )


def _tries(pad: str, left: int, scene: TalkContext) -> str:
    return scene.say(f"{pad}.tries-left", left=left)


def pin_entry(state: PinEntry, scene: TalkContext) -> Body:
    say, reception = scene.say, state.reception
    if state.phase is not PinPhase.TYPING:
        return Body(
            step=GuideStep.CONFIRM, question=say("pin.checking"), lines=hints(say("pin.checking.hint")), sign=Sign.WAIT
        )
    face = _face(reception, scene) if Way.FACE in ways(reception, scene.rules) else None
    wrong = (Line(say("pin.wrong"), LineKind.REASON),) if state.wrong else _why(state.why, scene)
    if state.needs_confirmation:
        go_on = Offer(id="go-on", label=say("pin.last-try.confirm"), event=ev.LastTryConfirmed(reception.id))
        return Body(step=GuideStep.CONFIRM, question=say("pin.last-try"), lines=wrong, offers=numbered(face, go_on))
    return Body(
        step=GuideStep.CONFIRM,
        question=say("pin.question.child" if reception.for_child else "pin.question"),
        lines=(*wrong, *hints(_tries("pin", state.left, scene))),
        pad=PadKind.PIN,
        offers=numbered(
            face,
            Offer(id="forgotten", label=say("pin.forgotten"), event=ev.PinForgotten(reception.id)),
            keys=PAD_KEYS,
        ),
    )


def phone_check(state: PhoneCheck, scene: TalkContext) -> Body:
    say = scene.say
    return Body(step=GuideStep.CONFIRM, question=say("phone.question"), lines=hints(say("phone.hint")), sign=Sign.WAIT)


STAFF_REASONS = ("face", "camera", "pin", "asked", "documents")
"""Why staff confirms by eye: ids of words and, as they are, what is recorded."""


def staff_reasons(state: StaffCheck) -> tuple[str, ...]:
    """Return those that fit this reception."""
    reception = state.reception
    if reception.proxy:
        return ("proxy",)
    if not state.has_photo:
        return ("documents",)
    fitting = {
        "face": reception.face_attempts > 0 and not reception.face_matched,
        "camera": not has_camera(reception),
        "pin": reception.pin_left == 0,
    }
    return tuple(reason for reason, fits in fitting.items() if fits) or ("asked",)


def staff_check(state: StaffCheck, scene: TalkContext) -> Body:
    say, reception = scene.say, state.reception
    compared = state.has_photo and not reception.proxy
    if not reception.staff_here:  # the patient alone is before this screen; staff compares on a page of their own
        return Body(
            step=GuideStep.CONFIRM,
            question=say("method.staff.hint"),
            lines=hints(say("reading.hint"), say("staff.again")),
            camera=compared,
            photo=compared,
        )
    other = Offer(id="other", label=say("staff.other"), event=ev.StaffSaysOther(reception.id), back=True)
    same = [
        Offer(
            id=f"same-{reason}",
            label=say("staff.same.proxy" if reception.proxy else "staff.same"),
            hint=say(f"staff.reason.{reason}"),
            event=ev.StaffSaysSame(reception.id, reason),
        )
        for reason in staff_reasons(state)
    ]
    said = "staff.proxy" if reception.proxy else "staff.pictures" if state.has_photo else "staff.no-photo"
    return Body(
        step=GuideStep.CONFIRM,
        question=say("staff.question.proxy" if reception.proxy else "staff.question"),
        lines=hints(say(said)),
        camera=compared,
        photo=compared,
        offers=numbered(other, *same),
    )
