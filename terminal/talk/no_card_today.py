"""Help for patients whose card cannot be used today: alternative proof of insurance, offices and phone numbers."""

from terminal.problems import ProblemCode
from terminal.talk.parts import Line, LineKind, TalkContext, hints

_OTHER_PROOF = ("notice", "mynaportal", "certificate", "declaration")

_WITH_OTHER_PROOF = {
    ProblemCode.NO_CERTIFICATE: "help.city",
    ProblemCode.CERTIFICATE_EXPIRED: "help.renew",
    ProblemCode.CERTIFICATE_REVOKED: "help.city",
    ProblemCode.CARD_LAPSED: "help.city",
    ProblemCode.HOLDER_UNKNOWN: "",
    ProblemCode.GRACE_NO_REGISTRATION: "help.renew",
}
"""Problems of the card itself, with the message id of where to resolve them."""
_WITH_DOCUMENTS = frozenset({ProblemCode.NO_WAY_LEFT, ProblemCode.HOLDER_NOT_CONFIRMED, ProblemCode.BOTH_NEEDED})


def other_proof(scene: TalkContext) -> tuple[Line, ...]:
    """Return the documents accepted instead of a working card."""
    say = scene.say
    return (*hints(say("help.today")), *(Line(say(f"help.today.{name}"), LineKind.CHOICE) for name in _OTHER_PROOF))


def help_lines(problem: ProblemCode, scene: TalkContext, *, by_phone: bool = False) -> tuple[Line, ...]:
    """Return help for this problem. Empty if the problem's next step is sufficient."""
    say = scene.say
    if by_phone and problem is ProblemCode.CERTIFICATE_EXPIRED:
        # the phone's certificate expires with the card's, but the card may be in its grace period
        return (*hints(say("help.card-instead"), say("help.renew.phone")), *other_proof(scene))
    if problem in _WITH_OTHER_PROOF:
        where = _WITH_OTHER_PROOF[problem]
        return (*hints(say(where) if where else ""), *other_proof(scene))
    if problem is ProblemCode.CERTIFICATE_SUSPENDED:
        numbers = ("help.phone", "help.phone.foreign", "help.fax")
        return (
            *(Line(say(number), LineKind.CHOICE) for number in numbers),
            *hints(say("problem.certificate-suspended.city")),
        )
    if problem in _WITH_DOCUMENTS:
        # without a staff password, staff cannot confirm holders
        return hints(say("help.two-documents")) if scene.rules.staff_enabled else other_proof(scene)
    return ()
