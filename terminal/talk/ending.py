"""Screens at the end of a reception: completion, problem and inquiry."""

from terminal.session import events as ev
from terminal.session.states import Complete, Inquiry, Outcome, Problem
from terminal.talk.asking import choice, understood
from terminal.talk.no_card_today import help_lines, other_proof
from terminal.talk.parts import Body, Button, GuideStep, Line, LineKind, Sign, TalkContext, hints, numbered

_HINTS = {
    Outcome.DONE: "complete.please-wait",
    Outcome.NOTHING_SHARED: "complete.please-wait",
    Outcome.NOT_VALID: "complete.not-valid.hint",
    Outcome.REGISTRATION_DECLINED: "",
    Outcome.AWAITING: "complete.awaiting.hint",
}


def complete(state: Complete, scene: TalkContext) -> Body:
    """Ask the patient to take the card and show how many items were shared. Show the answers only on request."""
    say = scene.say
    flags = dict(state.flags)
    answered = tuple(
        choice(question, flags[question.items[0]], scene)
        for question in state.reception.shown
        if question.items[0] in flags
    )
    reception = state.reception.id
    hint = say(_HINTS[state.outcome]) if _HINTS[state.outcome] else ""
    proof = other_proof(scene) if state.outcome is Outcome.NOT_VALID else ()
    card_in = state.reception.card_in
    lines: tuple[Line, ...] = (*hints(hint), *proof, *daily_number_line(state.reception.number, scene))
    if card_in:
        lines = (Line(say("complete.take-card"), LineKind.CALL), *lines)
    return Body(
        step=GuideStep.DONE,
        question=say(f"complete.{state.outcome}"),
        lines=(*lines, *(answered if state.details_until is not None else _counts(state, scene))),
        buttons=numbered(
            Button(id="details", label=say("complete.details"), event=ev.DetailsRequested(reception))
            if answered and state.details_until is None
            else None,
            Button(id="next", label=say("complete.next-family"), event=ev.NextFamilyMember(reception)),
        ),
        sign=Sign.TAKE_CARD if card_in else Sign.NONE,
    )


def daily_number_line(number: int, scene: TalkContext) -> tuple[Line, ...]:
    """Return the reception number, which patients can give to staff instead of their name."""
    return hints(scene.say("reception.number", number=number)) if number else ()


def _counts(state: Complete, scene: TalkContext) -> tuple[Line, ...]:
    shared = sum(granted for _, granted in state.flags)
    if not state.flags:
        return ()
    counts = scene.say("complete.counts", shared=shared, kept=len(state.flags) - shared)
    return hints(counts, scene.say("complete.withdrawal") if shared else "")


def problem(state: Problem, scene: TalkContext) -> Body:
    """Show the next step with the cause below it."""
    say, problem = scene.say, state.problem
    helpful = help_lines(problem, scene, by_phone=state.reception.by_phone)
    next_step = say(f"{problem.message_id}.next")
    staff = "" if helpful or say("method.staff-only") in next_step else say("problem.help")
    cause = Line(say(problem.message_id), LineKind.REASON)
    return Body(
        step=_step_of(state),
        question=next_step,
        lines=(cause, *helpful, *hints(staff), *daily_number_line(state.reception.number, scene)),
        buttons=numbered(
            Button(id="start-over", label=say("button.start-over"), event=ev.Cancelled(state.reception.id), back=True)
        ),
        code=problem.code,
    )


def _step_of(state: Problem) -> GuideStep:
    """Return the guide step during which the problem occurred."""
    if state.reception.check is not None:
        return GuideStep.CONSENT
    return GuideStep.READ if state.reception.facts is None else GuideStep.CONFIRM


def inquiry(state: Inquiry, scene: TalkContext) -> Body:
    say = scene.say
    hint: str = ""
    if not state.registered:
        hint = say("inquiry.not-registered.hint")
    elif not state.valid:
        hint = say("inquiry.not-valid")
    return Body(
        step=GuideStep.DONE,
        question=say("inquiry.registered" if state.registered else "inquiry.not-registered"),
        lines=hints(hint),
        buttons=numbered(understood(state.reception, scene)),
    )
