"""Side questions for the numeric keypad: display settings, and whether to leave."""

from msgspec.structs import replace

from terminal.session import events as ev
from terminal.session.display import Display, Size
from terminal.session.events import Aside
from terminal.session.states import Idle, State
from terminal.talk.parts import Body, Button, TalkContext, numbered


def side_question(state: State, body: Body, footer: tuple[Button, ...], scene: TalkContext) -> Body:
    """Return the side question to show instead of the state's `body`."""
    reception, display, aside = shared_fields(state)
    if aside is Aside.LEAVING:
        return _leaving(reception, body, footer, scene)
    say = scene.say
    return Body(
        step=body.step,
        question=say("changes.question"),
        buttons=_with_digits(
            _close(reception, say("changes.close")),
            *(body.buttons if body.pad else ()),
            _time(display, reception, footer, scene),
            next((button for button in footer if button.id == "language"), None),
            size(display, reception, scene),
            contrast(display, reception, scene),
            voice(display, reception, scene),
            _speed(display, reception, scene),
            _low(display, reception, scene),
        ),
    )


def size(display: Display, reception: str, scene: TalkContext) -> Button:
    """Offer the next size, or the normal size after the largest."""
    sizes = list(Size)
    next_size = sizes[(sizes.index(display.size) + 1) % len(sizes)]
    return Button(
        id="large",
        label=scene.say(f"button.size.{next_size}"),
        event=ev.DisplayChanged(reception, size=next_size),
        key="f5",
        keypad_key="/",
    )


def contrast(display: Display, reception: str, scene: TalkContext) -> Button:
    return Button(
        id="contrast",
        label=scene.say("button.contrast.normal" if display.high_contrast else "button.contrast.high"),
        event=ev.DisplayChanged(reception, high_contrast=not display.high_contrast),
        key="f6",
        keypad_key="/",
    )


def voice(display: Display, reception: str, scene: TalkContext) -> Button | None:
    """Offer to switch the voice on or off. Switching it on also extends all time limits."""
    if display.language not in scene.rules.voices and not display.voice:
        return None
    if display.voice:
        off = ev.DisplayChanged(reception, voice=False)
        return Button(id="voice", label=scene.say("voice.off"), event=off, key="f7", keypad_key="/")
    on = ev.DisplayChanged(reception, voice=True, more_time=True)
    return Button(id="voice", label=scene.say("voice.on"), event=on, key="f7", keypad_key="0")


def _speed(display: Display, reception: str, scene: TalkContext) -> Button | None:
    if not display.voice:
        return None
    label = scene.say("voice.speed.normal" if display.slow else "voice.speed.slow")
    return Button(id="slow", label=label, event=ev.DisplayChanged(reception, slow=not display.slow))


def _low(display: Display, reception: str, scene: TalkContext) -> Button | None:
    """Offer to move all buttons to the lower half of the screen, unless the voice is on.

    Patients who use the voice use the keypad.
    """
    if display.voice:
        return None
    label = scene.say("button.height.normal" if display.low else "button.height.low")
    return Button(id="low", label=label, event=ev.DisplayChanged(reception, low=not display.low))


def _time(display: Display, reception: str, footer: tuple[Button, ...], scene: TalkContext) -> Button | None:
    """Offer more time for every question or, if that is switched on, for a question about to time out."""
    if display.more_time:
        return next((button for button in footer if button.id == "more-time"), None)
    more = ev.DisplayChanged(reception, more_time=True)
    return Button(id="more-time", label=scene.say("button.always-more-time"), event=more)


def _leaving(reception: str, body: Body, footer: tuple[Button, ...], scene: TalkContext) -> Body:
    leave = next(button for button in footer if button.id in LEAVE_IDS)
    without_sharing = leave.id == "without-sharing"
    return Body(
        step=body.step,
        question=scene.say("leaving.question.without-sharing" if without_sharing else "leaving.question"),
        buttons=_with_digits(_close(reception, scene.say("leaving.stay")), replace(leave, id="leave")),
    )


LEAVE_IDS = ("cancel", "without-sharing")
"""Ids of the footer buttons that end the reception."""


def _close(reception: str, label: str) -> Button:
    return Button(id="close", label=label, event=ev.AsideRequested(reception, Aside.NONE), back=True)


def _with_digits(*buttons: Button | None) -> tuple[Button, ...]:
    """Assign digits to the buttons and remove their other keys."""
    return numbered(*(replace(button, keypad_key="") for button in buttons if button is not None))


def shared_fields(state: State) -> tuple[str, Display, Aside]:
    """Return the state's reception id (empty on the first screen), display settings and side question."""
    if isinstance(state, Idle):
        return "", state.display, state.aside
    return state.reception.id, state.reception.display, state.reception.aside
