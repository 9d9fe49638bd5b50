"""Side questions of the numeric keypad: what can be changed at any time, and whether to leave."""

from dataclasses import replace

from terminal.session import events as ev
from terminal.session.display import Display, Size
from terminal.session.events import Aside
from terminal.session.states import Idle, State
from terminal.talk.parts import Body, Offer, TalkContext, numbered


def asked(state: State, body: Body, foot: tuple[Offer, ...], scene: TalkContext) -> Body:
    """Return what replaces the state's own `body`."""
    reception, display, aside = of(state)
    if aside is Aside.LEAVING:
        return _leaving(reception, body, foot, scene)
    say = scene.say
    return Body(
        step=body.step,
        question=say("changes.question"),
        offers=_with_digits(
            _close(reception, say("changes.close")),
            *(body.offers if body.pad else ()),
            _time(display, reception, foot, scene),
            next((offer for offer in foot if offer.id == "language"), None),
            size(display, reception, scene),
            contrast(display, reception, scene),
            voice(display, reception, scene),
            _speed(display, reception, scene),
            _low(display, reception, scene),
        ),
    )


def size(display: Display, reception: str, scene: TalkContext) -> Offer:
    """The next size; from the largest back to the normal one."""
    sizes = list(Size)
    larger = sizes[(sizes.index(display.size) + 1) % len(sizes)]
    return Offer(
        id="large",
        label=scene.say(f"button.size.{larger}"),
        event=ev.DisplayChanged(reception, size=larger),
        key="f5",
        ten="/",
    )


def contrast(display: Display, reception: str, scene: TalkContext) -> Offer:
    return Offer(
        id="contrast",
        label=scene.say("button.not-contrast" if display.high_contrast else "button.contrast"),
        event=ev.DisplayChanged(reception, high_contrast=not display.high_contrast),
        key="f6",
        ten="/",
    )


def voice(display: Display, reception: str, scene: TalkContext) -> Offer | None:
    """Switch the voice on or off; with it every time limit is longer, because listeners need more time."""
    if display.language not in scene.rules.voices and not display.voice:
        return None
    if display.voice:
        off = ev.DisplayChanged(reception, voice=False)
        return Offer(id="voice", label=scene.say("voice.off"), event=off, key="f7", ten="/")
    on = ev.DisplayChanged(reception, voice=True, more_time=True)
    return Offer(id="voice", label=scene.say("voice.on"), event=on, key="f7", ten="0")


def _speed(display: Display, reception: str, scene: TalkContext) -> Offer | None:
    if not display.voice:
        return None
    label = scene.say("voice.not-slow" if display.slow else "voice.slow")
    return Offer(id="slow", label=label, event=ev.DisplayChanged(reception, slow=not display.slow))


def _low(display: Display, reception: str, scene: TalkContext) -> Offer | None:
    """All targets in the lower half, for those who sit or cannot reach up; listeners have keys instead."""
    if display.voice:
        return None
    label = scene.say("button.not-low" if display.low else "button.low")
    return Offer(id="low", label=label, event=ev.DisplayChanged(reception, low=not display.low))


def _time(display: Display, reception: str, foot: tuple[Offer, ...], scene: TalkContext) -> Offer | None:
    """Offer more time for every question; once that is on, more time for this one if it runs out."""
    if display.more_time:
        return next((offer for offer in foot if offer.id == "more-time"), None)
    more = ev.DisplayChanged(reception, more_time=True)
    return Offer(id="more-time", label=scene.say("button.always-more-time"), event=more)


def _leaving(reception: str, body: Body, foot: tuple[Offer, ...], scene: TalkContext) -> Body:
    leave = next(offer for offer in foot if offer.id in LEAVES)
    without_sharing = leave.id == "without-sharing"
    return Body(
        step=body.step,
        question=scene.say("leaving.question.without-sharing" if without_sharing else "leaving.question"),
        offers=_with_digits(_close(reception, scene.say("leaving.stay")), replace(leave, id="leave")),
    )


LEAVES = ("cancel", "without-sharing")
"""Ids of the footer's offers to leave."""


def _close(reception: str, label: str) -> Offer:
    return Offer(id="close", label=label, event=ev.AsideWanted(reception, Aside.NONE), back=True)


def _with_digits(*offers: Offer | None) -> tuple[Offer, ...]:
    """Give each offer a digit here, regardless of its key elsewhere; ids differ from those in the footer."""
    return numbered(*(replace(offer, ten="") for offer in offers if offer is not None))


def of(state: State) -> tuple[str, Display, Aside]:
    if isinstance(state, Idle):
        return "", state.display, state.aside
    return state.reception.id, state.reception.display, state.reception.aside
