"""Language choice on the first screen, in the footer of other screens, and in a list of all languages."""

from terminal.session import events as ev
from terminal.session.display import Display
from terminal.session.states import Idle, State
from terminal.talk.parts import Body, Button, GuideStep, TalkContext, numbered
from terminal.words.catalogue import Speak
from terminal.words.languages import REFERENCE

_BUTTONS = 3
"""Maximum number of language buttons on the first screen. With more languages, the last one opens the list."""


def first_screen_buttons(state: Idle, scene: TalkContext, speak: Speak) -> tuple[Button, ...]:
    """Return the buttons of the first screen: languages by their own names, and help."""
    offered, current = scene.rules.languages, state.display.language
    if len(offered) <= _BUTTONS:
        languages = [_language(language, "", speak) for language in offered]
    else:
        others = [language for language in offered if language != current]
        languages = [_language(language, "", speak) for language in others[: _BUTTONS - 1]]
        languages.append(_list(others[_BUTTONS - 1 :], "", scene, speak))
    help_ = Button(id="help", label=scene.say("idle.help"), event=ev.HelpChosen(""), back=True)
    return numbered(*languages, help_)


def footer_button(display: Display, reception: str, scene: TalkContext, speak: Speak) -> Button:
    """Offer the list of languages. With only two languages, offer the other one by its own name."""
    offered = scene.rules.languages
    if len(offered) > 2:
        return Button(
            id="language",
            label=scene.say("language.choose"),
            event=ev.LanguagesRequested(reception),
            key="f2",
            keypad_key="/",
        )
    current = offered.index(display.language) if display.language in offered else -1
    other = offered[(current + 1) % len(offered)]
    return Button(
        id="language",
        label=speak(other)("language.name"),
        language=other,
        event=ev.DisplayChanged(reception, language=other),
        key="f2",
        keypad_key="/",
    )


def chooser(state: State, scene: TalkContext, speak: Speak) -> Body:
    """List all languages by their own names. Offer staff Japanese for a few seconds if it is not the current one."""
    first = isinstance(state, Idle)
    reception = "" if isinstance(state, Idle) else state.reception.id
    languages = [_language(language, reception, speak) for language in scene.rules.languages]
    for_staff = Button(
        id="japanese",
        label=speak(REFERENCE)("staff.japanese", seconds=round(scene.rules.show_japanese)),
        language=REFERENCE,
        event=ev.JapaneseShown(reception),
        back=True,
    )
    current = scene.rules.languages[0] if isinstance(state, Idle) else state.reception.display.language
    return Body(
        step=GuideStep.READ if first else GuideStep.CONFIRM,
        question=scene.say("language.question"),
        buttons=numbered(*languages, for_staff if current != REFERENCE else None),
    )


def _language(language: str, reception: str, speak: Speak) -> Button:
    return Button(
        id=f"language-{language}",
        label=speak(language)("language.name"),
        language=language,
        event=ev.DisplayChanged(reception, language=language),
    )


def _list(others: list[str], reception: str, scene: TalkContext, speak: Speak) -> Button:
    names = tuple((language, speak(language)("language.name")) for language in others)
    return Button(
        id="languages",
        label=scene.say("language.choose"),
        hint=" ".join(name for _, name in names),
        names=names,
        event=ev.LanguagesRequested(reception),
    )
