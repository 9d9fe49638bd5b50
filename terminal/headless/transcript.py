"""What happened at the counter, in lines a person can read: from states and touches, never from the patient's data."""

from collections.abc import Callable

from consent.items import Question
from terminal.qualification.contract import Way
from terminal.session import states as st
from terminal.words.catalogue import Words

Line = Callable[[str], None]


class Transcript:
    """Tells each new state once, in the patient's words; what was answered is told by whoever answers."""

    def __init__(self, say: Words, tell: Line) -> None:
        self._say = say
        self._tell = tell
        self._last = ""

    def state(self, state: st.State) -> None:
        line = describe(state, self._say)
        if line and line != self._last:
            self._last = line
            self._tell(f"  {line}")

    def answered(self, what: str) -> None:
        self._tell(f"    > {what}")

    def note(self, what: str) -> None:
        self._tell(f"    - {what}")


def describe(state: st.State, say: Words) -> str:
    """One line for the state; empty where there is nothing to say."""
    match state:
        case st.Idle():
            return ""
        case st.Reading():
            return f"[{say('step.read')}] {say('reading.question')}"
        case st.ChoosingMethod(ways=ways):
            offers = " / ".join(say(f"method.{way}") for way in ways) or say("method.staff-only")
            return f"[{say('step.confirm')}] {say('method.question')}  ({offers})"
        case st.PrintedCodeEntry(wrong=wrong):
            return f"[{say('step.confirm')}] {say('code.wrong' if wrong else 'code.scanning')}"
        case st.FaceCheck(attempt=attempt):
            return f"[{say('step.confirm')}] {say('face.question')}  ({say('face.attempt', attempt=attempt)})"
        case st.PinEntry(left=left, wrong=wrong, why=why):
            reason = say(f"why.{why}") + "  " if why else say("pin.wrong") + "  " if wrong else ""
            return f"[{say('step.confirm')}] {reason}{say('pin.question')}  ({say('pin.tries-left', left=left)})"
        case st.PhoneCheck():
            return f"[{say('step.confirm')}] {say('phone.question')}"
        case st.StaffCheck():
            return f"[{say('step.confirm')}] {say('staff.question')}"
        case st.Opening(way=way):
            return f"[{say('step.confirm')}] {say('opening.question')}  ({_way(way, say)})"
        case st.Notice(standing=standing):
            return f"[{say('step.consent')}] {say(f'notice.{standing}.question')}"
        case st.Registration():
            return f"[{say('step.consent')}] {say('registration.question')}"
        case st.Consent(index=None, questions=questions):
            topics = " / ".join(say(f"topic.{name}") for name in dict.fromkeys(one.topic for one in questions))
            return f"[{say('step.consent')}] {say('consent.question')}  ({topics})"
        case st.Consent() | st.SpecificDisease() | st.Subsidies() | st.Limit():
            question = state.question
            assert question is not None
            return f"[{say('step.consent')}] {say(f'question.{question.id}')}"
        case st.Prescription():
            return f"[{say('step.consent')}] {say('prescription.question')}"
        case st.Summary():
            return f"[{say('step.consent')}] {say('summary.question')}"
        case st.Submitting():
            return f"[{say('step.done')}] {say('submitting.question')}"
        case st.Complete(outcome=outcome):
            return f"[{say('step.done')}] {say(f'complete.{outcome}')}"
        case st.Problem(problem=problem):
            return f"[{problem.code}] {say(problem.message_id)}  {say(problem.message_id + '.next')}"
        case st.Inquiry(registered=registered):
            return say("inquiry.registered" if registered else "inquiry.not-registered")


def topic(question: Question, say: Words) -> str:
    return say(f"topic.{question.id}")


def _way(way: Way, say: Words) -> str:
    return say("staff.same") if way is Way.STAFF else say(f"method.{way}")
