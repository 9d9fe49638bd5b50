"""First screen with its help pages, and the screen shown while a card is read."""

from terminal.session import events as ev
from terminal.session.states import CardShown, Help, Idle, Reading
from terminal.talk.no_card_today import other_proof
from terminal.talk.parts import Body, Button, GuideStep, Line, LineKind, Sign, TalkContext, hints, numbered
from vision.printed.card_guidance import CardGuidance


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
            lines=hints(say("show.not-stored")),
            sign=Sign.SHOW_CARD,
            buttons=_start(scene),
        )
    if state.help is Help.NO_CARD:
        return Body(
            step=GuideStep.READ,
            question=say("idle.no-card"),
            lines=other_proof(scene),
            buttons=_start(scene),
        )
    if state.help is Help.MENU:
        return Body(step=GuideStep.READ, question=say("idle.help"), buttons=_help(scene))
    reasons = []
    if state.left is not None:
        reasons.append(Line(say(f"idle.left.{state.left}"), LineKind.REASON))
    if state.child:
        reasons.append(Line(say("idle.child"), LineKind.REASON))
    if state.proxy:
        reasons.append(Line(say("idle.proxy"), LineKind.REASON))
    if state.staff:
        reasons.append(Line(say("idle.staff"), LineKind.REASON))
    if state.purpose == "inquiry":
        reasons.append(Line(say("idle.inquiry"), LineKind.REASON))
    question = say("idle.card-shown" if isinstance(state, CardShown) else "idle.question")
    phone = say("idle.hint.phone") if scene.rules.phone else ""
    instructions = hints(say("idle.hint"), phone, say("idle.hint.camera-on") if scene.rules.camera_stays_on else "")
    return Body(step=GuideStep.READ, question=question, lines=tuple(reasons) or instructions, sign=Sign.PUT_CARD)


def _start(scene: TalkContext) -> tuple[Button, ...]:
    return numbered(Button(id="back", label=scene.say("button.start-over"), event=ev.Back(""), back=True))


def _help(scene: TalkContext) -> tuple[Button, ...]:
    say = scene.say
    return numbered(
        Button(id="back", label=say("button.back"), event=ev.Back(""), back=True),
        Button(id="no-card", label=say("help.no-card"), event=ev.NoCardChosen("")),
        Button(id="inquiry", label=say("idle.check-registration"), event=ev.InquiryChosen("")),
        Button(id="show-card", label=say("help.show-card"), event=ev.ShowCardChosen(""))
        if scene.rules.reads_fronts
        else None,
        Button(id="for-child", label=say("help.for-child"), event=ev.ForChildChosen("")),
        Button(id="proxy", label=say("help.proxy"), event=ev.ProxyChosen("")),
        Button(id="comfort", label=say("help.comfort"), event=ev.AsideRequested("", ev.Aside.CHANGES)),
    )


def reading(state: Reading, scene: TalkContext) -> Body:
    say = scene.say
    return Body(step=GuideStep.READ, question=say("reading.question"), lines=hints(say("reading.hint")), sign=Sign.WAIT)
