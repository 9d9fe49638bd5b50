"""Questions to the patient, from sharing to the summary, and the resulting decision."""

from enum import IntEnum

from msgspec.structs import replace

from config.settings import DispensingPolicy, PrescriptionPolicy
from consent.answers import PatientReply, answers, sharing_questions
from consent.items import AnsweredBy, HolderFacts, Item, Question, QuestionKind, Wording
from consent.questions import items_by_law, questions
from consent.records import Cause
from terminal.qualification.contract import CheckFacts, PrescriptionForm, SubsidyStatus
from terminal.session.effects import Decision, RecordDecision
from terminal.session.events import (
    Back,
    Confirmed,
    DispensingChosen,
    Event,
    OneByOne,
    PrescriptionChosen,
    QuestionAnswered,
    ShareAll,
    ShareNone,
)
from terminal.session.moves import Step, deadline_for
from terminal.session.rules import Now, Rules
from terminal.session.states import (
    Asking,
    Consent,
    Dispensing,
    Limit,
    Outcome,
    Prescription,
    Reception,
    SpecificDisease,
    Submitting,
    Subsidies,
    Summary,
)

_MIN_PRESCRIPTIONS = 2
"""Minimum number of prescriptions at which the patient is asked which ones to dispense."""


class QuestionStage(IntEnum):
    SHARING = 0
    SPECIFIC_DISEASE = 1
    SUBSIDIES = 2
    PRESCRIPTION = 3
    DISPENSING = 4
    LIMIT = 5
    SUMMARY = 6


def holder_facts(facts: CheckFacts) -> HolderFacts:
    return HolderFacts(
        age=facts.age,
        late_elderly=facts.late_elderly,
        has_specific_disease_certificate=facts.has_specific_disease_certificate,
        has_subsidies=facts.subsidies is SubsidyStatus.USABLE,
        may_share=facts.may_share,
    )


def applicable_items(facts: CheckFacts, rules: Rules) -> tuple[tuple[Question, ...], tuple[Item, ...]]:
    """Return the questions this holder may be asked, and the items shared by law without a question."""
    if not facts.valid:
        return (), ()
    holder = holder_facts(facts)
    return questions(holder, rules.consent), items_by_law(holder, rules.consent)


def _questions(reception: Reception, kind: QuestionKind, rules: Rules) -> tuple[Question, ...]:
    assert reception.check is not None
    plan, _ = applicable_items(reception.check.facts, rules)
    return tuple(question for question in plan if question.kind is kind)


# --- the next question --------------------------------------------------------------------------------------


def ask(reception: Reception, rules: Rules, now: Now, first: QuestionStage = QuestionStage.SHARING) -> Step:
    """Show the next question at or after stage `first`, or decide if no question is left."""
    for stage in QuestionStage:
        if stage >= first:
            state = _enter(reception, stage, rules, now)
            if state is not None:
                return Step(state)
    return decide(reception, Cause.ANSWERED if reception.shown else Cause.NOTHING_ASKED, rules, now)


def _enter(reception: Reception, stage: QuestionStage, rules: Rules, now: Now, *, last: bool = False) -> Asking | None:
    """Return the state that asks this stage's question, or None if the stage has no question."""
    match stage:
        case QuestionStage.SHARING:
            sharing = _questions(reception, QuestionKind.SHARING, rules)
            if not sharing:
                return None
            single = len(sharing) == 1
            index = (len(sharing) - 1 if last else 0) if single or (last and reception.one_by_one) else None
            return _consent(reception, sharing, index, rules, now)
        case QuestionStage.SPECIFIC_DISEASE:
            for question in _questions(reception, QuestionKind.SPECIFIC_DISEASE, rules):
                return SpecificDisease(
                    reception=_with_shown(reception, question),
                    deadline=deadline_for(SpecificDisease, reception, rules, now),
                    question=question,
                )
            return None
        case QuestionStage.SUBSIDIES:
            for question in _questions(reception, QuestionKind.SUBSIDIES, rules):
                return Subsidies(
                    reception=_with_shown(reception, question),
                    deadline=deadline_for(Subsidies, reception, rules, now),
                    question=question,
                )
            return None
        case QuestionStage.PRESCRIPTION:
            if rules.consent.prescription is not PrescriptionPolicy.ASK:
                return None
            return Prescription(reception=reception, deadline=deadline_for(Prescription, reception, rules, now))
        case QuestionStage.DISPENSING:
            assert reception.check is not None
            waiting = reception.check.facts.prescriptions
            if rules.consent.dispensing is not DispensingPolicy.ASK or len(waiting) < _MIN_PRESCRIPTIONS:
                return None
            return Dispensing(
                reception=reception, deadline=deadline_for(Dispensing, reception, rules, now), prescriptions=waiting
            )
        case QuestionStage.LIMIT:
            for question in _questions(reception, QuestionKind.LIMIT, rules):
                return Limit(
                    reception=_with_shown(reception, question),
                    deadline=deadline_for(Limit, reception, rules, now),
                    question=question,
                )
            return None
        case QuestionStage.SUMMARY:
            if not reception.one_by_one:
                return None
            return Summary(reception=reception, deadline=deadline_for(Summary, reception, rules, now))


def _consent(reception: Reception, sharing: tuple[Question, ...], index: int | None, rules: Rules, now: Now) -> Consent:
    on_screen = sharing if index is None else (sharing[index],)
    ids = {question.id for question in on_screen}
    bundled = reception.bundled | ids if index is None else reception.bundled - ids
    return Consent(
        reception=replace(_with_shown(reception, *on_screen), bundled=frozenset(bundled)),
        deadline=deadline_for(Consent, reception, rules, now),
        questions=sharing,
        index=index,
    )


def _with_shown(reception: Reception, *on_screen: Question) -> Reception:
    """Record the questions on the screen and drop earlier answers to them."""
    ids = {question.id for question in on_screen}
    return replace(
        reception,
        shown=tuple(dict.fromkeys((*reception.shown, *on_screen))),
        given=tuple((question_id, reply) for question_id, reply in reception.given if question_id not in ids),
    )


def _with_answers(reception: Reception, *answered: Question, granted: bool, now: Now) -> Reception:
    replies = dict(reception.given)
    for question in answered:
        replies[question.id] = PatientReply(granted, now.wall, wording(reception, question))
    return replace(reception, given=tuple(replies.items()))


def bundle_sentence(reception: Reception) -> str:
    """Return the message id of the sentence that combines all sharing questions."""
    if reception.for_child:
        return "consent.question.child"
    own = reception.answered_by in (None, AnsweredBy.PERSON)
    return "consent.question" if own else "consent.question.other"


def wording(reception: Reception, question: Question) -> Wording:
    """Return the wording in which this question was last shown."""
    if question.id in reception.bundled:
        return Wording(reception.language, bundle_sentence(reception), f"topic.{question.topic}")
    return Wording(reception.language, f"question.{question.id}")


# --- answers ------------------------------------------------------------------------------------------------


def asking(state: Asking, event: Event, rules: Rules, now: Now) -> Step:
    if isinstance(event, Back):
        return _back(state, rules, now)
    match state:
        case Consent():
            return _consent_event(state, event, rules, now)
        case SpecificDisease(question=question) | Subsidies(question=question) | Limit(question=question):
            if isinstance(event, QuestionAnswered) and event.question_id == question.id:
                reception = _with_answers(state.reception, question, granted=event.granted, now=now)
                return ask(reception, rules, now, QuestionStage(_stage(state) + 1))
        case Dispensing():
            offered = {prescription.id for prescription in state.prescriptions}
            if isinstance(event, DispensingChosen) and offered.issuperset(event.prescriptions or ()):
                reception = replace(state.reception, dispense=event.prescriptions)
                return ask(reception, rules, now, QuestionStage(_stage(state) + 1))
        case Prescription():
            if isinstance(event, PrescriptionChosen):
                reception = replace(state.reception, prescription=event.form)
                return ask(reception, rules, now, QuestionStage.DISPENSING)
        case Summary():
            if isinstance(event, Confirmed):
                return decide(state.reception, Cause.ANSWERED, rules, now)
    return Step(state)


def _consent_event(state: Consent, event: Event, rules: Rules, now: Now) -> Step:
    reception, index = state.reception, state.index
    match event:
        case ShareAll() | ShareNone() if index is None:
            # discard earlier one-by-one answers, which were never confirmed
            reception = replace(reception, one_by_one=False, given=())
            together = sharing_questions(state.questions)
            reception = _with_answers(reception, *together, granted=isinstance(event, ShareAll), now=now)
            return ask(reception, rules, now, QuestionStage.SPECIFIC_DISEASE)
        case OneByOne() if index is None:
            reception = replace(reception, one_by_one=True)
            return Step(_consent(reception, state.questions, 0, rules, now))
        case QuestionAnswered(question_id=question_id, granted=granted) if index is not None:
            if question_id != state.questions[index].id:
                return Step(state)
            reception = _with_answers(reception, state.questions[index], granted=granted, now=now)
            if index + 1 < len(state.questions):
                return Step(_consent(reception, state.questions, index + 1, rules, now))
            return ask(reception, rules, now, QuestionStage.SPECIFIC_DISEASE)
        case _:
            return Step(state)


def _stage(state: Asking) -> QuestionStage:
    match state:
        case Consent():
            return QuestionStage.SHARING
        case SpecificDisease():
            return QuestionStage.SPECIFIC_DISEASE
        case Subsidies():
            return QuestionStage.SUBSIDIES
        case Prescription():
            return QuestionStage.PRESCRIPTION
        case Dispensing():
            return QuestionStage.DISPENSING
        case Limit():
            return QuestionStage.LIMIT
        case Summary():
            return QuestionStage.SUMMARY


def _back(state: Asking, rules: Rules, now: Now) -> Step:
    """Go back one question, or from the summary to the first question. Do nothing on the first screen."""
    reception = state.reception
    if isinstance(state, Consent) and state.index is not None:
        if state.index > 0:
            return Step(_consent(reception, state.questions, state.index - 1, rules, now))
        if len(state.questions) > 1:
            return Step(_consent(reception, state.questions, None, rules, now))
        return Step(state)
    if isinstance(state, Summary):
        return ask(reception, rules, now)
    for stage in reversed(QuestionStage):
        if stage < _stage(state):
            previous = _enter(reception, stage, rules, now, last=True)
            if previous is not None:
                return Step(previous)
    return Step(state)


# --- the decision -------------------------------------------------------------------------------------------


def confirmed(reception: Reception, cause: Cause, now: Now) -> dict[str, PatientReply]:
    """Return the confirmed answers by question id.

    Answers given one by one are confirmed on the summary. Answering all questions together requires no confirmation.
    An unconfirmed yes is dropped, but a no is always included. Leaving without sharing replaces all answers with no.
    """
    if cause is Cause.WITHOUT_SHARING:
        return {question.id: PatientReply(False, now.wall) for question in reception.shown}
    is_confirmed = cause is Cause.ANSWERED or not reception.one_by_one
    return {question_id: reply for question_id, reply in reception.given if is_confirmed or not reply.granted}


def _wordings(reception: Reception) -> tuple[tuple[str, Wording], ...]:
    """Return the wording of each question when it was answered, or the current wording of unanswered questions."""
    by_id = dict(reception.given)
    replies = ((question, by_id.get(question.id)) for question in reception.shown)
    return tuple(
        (question.id, (reply and reply.wording) or wording(reception, question)) for question, reply in replies
    )


def prescription_form(reception: Reception, rules: Rules) -> PrescriptionForm | None:
    match rules.consent.prescription:
        case PrescriptionPolicy.NOT_USED:
            return None
        case PrescriptionPolicy.ELECTRONIC:
            return PrescriptionForm.ELECTRONIC
        case PrescriptionPolicy.PAPER:
            return PrescriptionForm.PAPER
        case PrescriptionPolicy.ASK:
            return reception.prescription


def decide(reception: Reception, cause: Cause, rules: Rules, now: Now) -> Step:
    """Record the decision. From here on, only a ledger failure can prevent its submission."""
    assert reception.check is not None
    facts = reception.check.facts
    decision = Decision(
        check_id=reception.check.check_id,
        decided_at=now.wall,
        cause=cause,
        language=reception.language,
        answers=answers(reception.shown, confirmed(reception, cause, now)),
        wordings=_wordings(reception),
        by_law=applicable_items(facts, rules)[1],
        prescription=prescription_form(reception, rules) if facts.valid else None,
        dispense=reception.dispense if facts.valid and cause is Cause.ANSWERED else None,
        answered_by=reception.answered_by,
    )
    flags: dict[Item, bool] = {answer.item: answer.granted for answer in decision.answers}
    if not facts.valid:
        outcome = Outcome.NOT_VALID
    elif cause in (Cause.ANSWERED, Cause.NOTHING_ASKED) or any(flags.values()):
        outcome = Outcome.DONE
    else:
        outcome = Outcome.NOTHING_SHARED
    reception, number = reception.next_effect()
    return Step(
        Submitting(
            reception=reception,
            deadline=deadline_for(Submitting, reception, rules, now),
            waiting=number,
            outcome=outcome,
            flags=tuple(flags.items()),
        ),
        (RecordDecision(reception.id, number, decision),),
    )
