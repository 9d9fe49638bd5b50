"""Screens while and after the check is opened: notice, registration, questions and summary."""

from datetime import UTC, datetime

from consent.items import AnsweredBy, Question, QuestionKind
from terminal.qualification.contract import CertificateStatus, PrescriptionForm
from terminal.session import events as ev
from terminal.session.asking import bundle_sentence
from terminal.session.events import Aside
from terminal.session.rules import Now
from terminal.session.states import (
    AfterIdle,
    Consent,
    Dispensing,
    Limit,
    Notice,
    Opening,
    Prescription,
    Reception,
    Registration,
    SpecificDisease,
    Submitting,
    Subsidies,
    Summary,
)
from terminal.session.step import step
from terminal.talk.parts import Body, Button, GuideStep, Line, LineKind, Sign, TalkContext, hints, numbered
from terminal.words.languages import REFERENCE

_ANY_MOMENT = Now(0.0, datetime(2026, 1, 1, tzinfo=UTC))


def opening(state: Opening, scene: TalkContext) -> Body:
    say = scene.say
    return Body(
        step=GuideStep.CONFIRM, question=say("opening.question"), lines=hints(say("opening.hint")), sign=Sign.WAIT
    )


def notice(state: Notice, scene: TalkContext) -> Body:
    say = scene.say
    which = "grace" if state.standing is CertificateStatus.GRACE else "expiring"
    return Body(
        step=GuideStep.CONFIRM,
        question=say(f"notice.{which}.question"),
        lines=hints(say(f"notice.{which}.hint")),
        buttons=numbered(understood(state.reception, scene)),
    )


def understood(reception: Reception, scene: TalkContext) -> Button:
    return Button(id="understood", label=scene.say("button.understood"), event=ev.Understood(reception.id))


def registration(state: Registration, scene: TalkContext) -> Body:
    say, reception = scene.say, state.reception
    if state.waiting is not None:
        return Body(
            step=GuideStep.CONSENT, question=say("registration.busy"), lines=hints(say("opening.hint")), sign=Sign.WAIT
        )
    return Body(
        step=GuideStep.CONSENT,
        question=say("registration.question"),
        lines=(*birth_year_lines(reception, scene), *hints(say("registration.hint.what"), say("registration.hint"))),
        buttons=numbered(
            Button(id="no", label=say("registration.no"), event=ev.RegistrationDeclined(reception.id)),
            Button(id="yes", label=say("registration.yes"), event=ev.RegistrationRequested(reception.id)),
        ),
    )


def consent(state: Consent, scene: TalkContext) -> Body:
    say, reception = scene.say, state.reception
    if state.question is not None:
        return _one_question(state, state.question, scene)
    names = [f"topic.{name}" for name in dict.fromkeys(question.topic for question in state.questions)]
    topics = tuple(Line(say(name), LineKind.CHOICE) for name in names)
    sentence = bundle_sentence(reception)
    return Body(
        step=GuideStep.CONSENT,
        question=say(sentence),
        lines=(
            *birth_year_lines(reception, scene),
            *_original(scene, sentence, *names),
            *topics,
            *hints(_respondent(reception, scene), say("consent.lasts"), say("consent.harmless")),
        ),
        buttons=numbered(
            Button(id="none", label=say("consent.none"), event=ev.ShareNone(reception.id)),
            Button(id="one-by-one", label=say("consent.one-by-one"), event=ev.OneByOne(reception.id)),
            Button(id="all", label=say("consent.all"), event=ev.ShareAll(reception.id)),
            _respondent_button(reception, scene),
        ),
    )


def _original(scene: TalkContext, sentence: str, *topics: str) -> tuple[Line, ...]:
    """Return the Japanese sentence and topics. Empty for languages reviewed by a native speaker."""
    say = scene.original
    if say is None:
        return ()
    listed = "・".join(say(topic) for topic in topics)
    text = f"{say(sentence)}（{listed}）" if listed else say(sentence)
    return (Line(text, LineKind.ORIGINAL, REFERENCE),)


def _respondent(reception: Reception, scene: TalkContext) -> str:
    """Return who answers if chosen on the screen, or for a child the hint that a guardian may answer."""
    if reception.answered_by not in (None, AnsweredBy.PERSON):
        return scene.say(f"consent.by.{reception.answered_by}")
    return scene.say("consent.guardian") if reception.for_child else ""


def birth_year_lines(reception: Reception, scene: TalkContext) -> tuple[Line, ...]:
    """Return the line with a child's year of birth, which distinguishes the cards of siblings."""
    year = reception.check.facts.birth_year if reception.check is not None and reception.for_child else None
    return (Line(scene.say("consent.child.born", year=year), LineKind.REASON),) if year is not None else ()


def _respondent_button(reception: Reception, scene: TalkContext) -> Button | None:
    """Offer to change who answers, except to a proxy."""
    if reception.proxy:
        return None
    event = ev.AsideRequested(reception.id, Aside.RESPONDENT)
    return Button(id="respondent", label=scene.say("consent.who"), event=event, back=True)


def respondents(reception: Reception, step: GuideStep, scene: TalkContext) -> Body:
    """Ask who answers. The hints tell companions to ask the patient first."""
    say = scene.say
    offered = [
        Button(
            id=f"as-{who}",
            label=say(f"consent.as-{who}"),
            hint=say(f"consent.as-{who}.hint") if who is not AnsweredBy.PERSON else "",
            event=ev.RespondentChosen(reception.id, who),
        )
        for who in (AnsweredBy.PERSON, AnsweredBy.GUARDIAN, AnsweredBy.COMPANION)
    ]
    close = Button(id="close", label=say("button.back"), event=ev.AsideRequested(reception.id, Aside.NONE), back=True)
    return Body(step=step, question=say("consent.who.question"), buttons=numbered(close, *offered))


def _one_question(state: Consent, question: Question, scene: TalkContext) -> Body:
    say = scene.say
    position = ""
    if state.index is not None and len(state.questions) > 1:
        position = say("consent.position", index=state.index + 1, count=len(state.questions))
    texts = (position, _respondent(state.reception, scene), say("consent.lasts"))
    return _yes_or_no(state, question, hints(*texts), scene)


def _yes_or_no(
    state: Consent | SpecificDisease | Subsidies | Limit,
    question: Question,
    lines: tuple[Line, ...],
    scene: TalkContext,
) -> Body:
    say, reception = scene.say, state.reception
    verb = _verb(question)
    return Body(
        step=GuideStep.CONSENT,
        question=say(f"question.{question.id}"),
        lines=(*birth_year_lines(reception, scene), *_original(scene, f"question.{question.id}"), *lines),
        buttons=numbered(
            _back(state, scene),
            Button(
                id="no", label=say(f"answer.do-not-{verb}"), event=ev.QuestionAnswered(reception.id, question.id, False)
            ),
            Button(id="yes", label=say(f"answer.{verb}"), event=ev.QuestionAnswered(reception.id, question.id, True)),
        ),
    )


def _verb(question: Question) -> str:
    """Return the verb for a yes: "use" for subsidy certificates, otherwise "share"."""
    return "use" if question.kind is QuestionKind.SUBSIDIES else "share"


def _back(state: AfterIdle, scene: TalkContext) -> Button | None:
    """Offer to go back, if the rules allow it."""
    back = ev.Back(state.reception.id)
    if step(state, back, scene.rules, _ANY_MOMENT).state is state:
        return None
    return Button(id="back", label=scene.say("button.back"), event=back, back=True)


def specific_disease(state: SpecificDisease, scene: TalkContext) -> Body:
    lines = hints(scene.say("specific-disease.hint"), _respondent(state.reception, scene))
    return _yes_or_no(state, state.question, lines, scene)


def subsidies(state: Subsidies, scene: TalkContext) -> Body:
    lines = hints(scene.say("subsidies.hint"), _respondent(state.reception, scene))
    return _yes_or_no(state, state.question, lines, scene)


def limit(state: Limit, scene: TalkContext) -> Body:
    return _yes_or_no(state, state.question, hints(scene.say("limit.hint"), _respondent(state.reception, scene)), scene)


def prescription(state: Prescription, scene: TalkContext) -> Body:
    say, reception = scene.say, state.reception
    forms = (("paper", PrescriptionForm.PAPER), ("electronic", PrescriptionForm.ELECTRONIC))
    return Body(
        step=GuideStep.CONSENT,
        question=say("prescription.question"),
        buttons=numbered(
            _back(state, scene),
            *(
                Button(
                    id=name,
                    label=say(f"prescription.{name}"),
                    hint=say(f"prescription.{name}.hint"),
                    event=ev.PrescriptionChosen(reception.id, form),
                )
                for name, form in forms
            ),
        ),
    )


_MAX_BUTTONS = 2
"""Maximum number of prescriptions with separate buttons. More are dispensed together or chosen at the counter."""


def dispensing(state: Dispensing, scene: TalkContext) -> Body:
    say, reception = scene.say, state.reception
    waiting = state.prescriptions
    separate = [
        Button(
            id=f"prescription-{number}",
            label=say("dispensing.one", institution=prescription.institution),
            hint=say("dispensing.one.hint", month=prescription.issued_on.month, day=prescription.issued_on.day),
            event=ev.DispensingChosen(reception.id, (prescription.id,)),
        )
        for number, prescription in enumerate(waiting, start=1)
    ]
    counter = Button(id="counter", label=say("dispensing.counter"), event=ev.DispensingChosen(reception.id))
    together = Button(
        id="all",
        label=say("dispensing.all"),
        hint=say("dispensing.all.hint", count=len(waiting)),
        event=ev.DispensingChosen(reception.id, tuple(prescription.id for prescription in waiting)),
    )
    buttons = (*separate, together) if len(waiting) <= _MAX_BUTTONS else (counter, together)
    return Body(
        step=GuideStep.CONSENT, question=say("dispensing.question"), buttons=numbered(_back(state, scene), *buttons)
    )


def summary(state: Summary, scene: TalkContext) -> Body:
    say, reception = scene.say, state.reception
    answers = dict(reception.given)
    lines = tuple(
        choice(question, question.id in answers and answers[question.id].granted, scene) for question in reception.shown
    )
    if reception.prescription is not None:
        name = "electronic" if reception.prescription is PrescriptionForm.ELECTRONIC else "paper"
        lines += (Line(say("summary.prescription", form=say(f"prescription.{name}")), LineKind.CHOICE),)
    if reception.dispense is not None:
        lines += (Line(say("summary.dispensing", count=len(reception.dispense)), LineKind.CHOICE),)
    return Body(
        step=GuideStep.CONSENT,
        question=say("summary.question"),
        lines=lines,
        buttons=numbered(
            Button(id="change", label=say("summary.change"), event=ev.Back(reception.id), back=True),
            Button(id="confirm", label=say("summary.confirm"), event=ev.Confirmed(reception.id)),
        ),
    )


def choice(question: Question, granted: bool, scene: TalkContext) -> Line:
    """Return the line for the answer to one question."""
    say = scene.say
    verb = _verb(question)
    answer = say(f"answer.{verb}" if granted else f"answer.do-not-{verb}")
    return Line(say("summary.line", topic=say(f"topic.{question.id}"), answer=answer), LineKind.CHOICE)


def submitting(state: Submitting, scene: TalkContext) -> Body:
    say = scene.say
    return Body(
        step=GuideStep.CONSENT, question=say("submitting.question"), lines=hints(say("opening.hint")), sign=Sign.WAIT
    )
