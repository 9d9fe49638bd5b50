"""Ask once per reception whether the voice may speak personal details aloud, before it speaks the first of them."""

from terminal.session import events as ev
from terminal.session.rules import Rules
from terminal.session.states import AfterIdle, Complete, Idle, State
from terminal.talk.parts import Body, Button, TalkContext, hints, numbered
from terminal.words.aloud import is_private


def must_ask(state: State, body: Body, rules: Rules) -> bool:
    """Return whether to ask before speaking this body. Private bodies without answers are shown but not spoken."""
    if rules.headset or isinstance(state, Idle | Complete) or not body.buttons:
        return False
    display = state.reception.display
    return display.voice and display.aloud is None and any(is_private(text) for text in texts(body))


def texts(body: Body) -> tuple[str, ...]:
    """Return all texts of the body, including the texts of its answers."""
    labels = [text for button in body.buttons for text in (button.label, button.hint) if text]
    return (body.question, *(line.text for line in body.lines), *labels)


def question(state: State, body: Body, scene: TalkContext) -> Body:
    assert not isinstance(state, Idle)
    return Body(
        step=body.step,
        question=scene.say("voice.aloud.question"),
        lines=hints(scene.say("voice.aloud.hint")),
        buttons=_answers(state, scene),
    )


def _answers(state: AfterIdle, scene: TalkContext) -> tuple[Button, ...]:
    reception, say = state.reception.id, scene.say
    return numbered(
        Button(id="not-aloud", label=say("voice.aloud.no"), event=ev.DisplayChanged(reception, aloud=False)),
        Button(id="aloud", label=say("voice.aloud.yes"), event=ev.DisplayChanged(reception, aloud=True)),
    )
