"""Language choice: on the first screen, in the footer of the others, and in a list of all languages."""

from terminal.session import events as ev
from terminal.session.display import Display
from terminal.session.states import Idle, State
from terminal.talk.parts import Body, GuideStep, Offer, TalkContext, numbered
from terminal.words.catalogue import Speak
from terminal.words.languages import REFERENCE

_BUTTONS = 3
"""Number of language buttons on the first screen. If there are more languages, the last button opens the list."""


def first_offers(state: Idle, scene: TalkContext, speak: Speak) -> tuple[Offer, ...]:
    """Return the offers of the first screen: languages under their own names, and help."""
    offered, here = scene.rules.languages, state.display.language
    if len(offered) <= _BUTTONS:
        named = [_named(language, "", speak) for language in offered]
    else:
        others = [language for language in offered if language != here]
        named = [_named(language, "", speak) for language in others[: _BUTTONS - 1]]
        named.append(_all(others[_BUTTONS - 1 :], "", scene, speak))
    help_ = Offer(id="help", label=scene.say("idle.help"), event=ev.HelpChosen(""), back=True)
    return numbered(*named, help_)


def foot_offer(display: Display, reception: str, scene: TalkContext, speak: Speak) -> Offer:
    """Offer the other of two languages under its own name, or with more languages, the list."""
    offered = scene.rules.languages
    if len(offered) > 2:
        return Offer(
            id="language", label=scene.say("language.choose"), event=ev.LanguagesWanted(reception), key="f2", ten="/"
        )
    here = offered.index(display.language) if display.language in offered else -1
    following = offered[(here + 1) % len(offered)]
    return Offer(
        id="language",
        label=speak(following)("language.name"),
        language=following,
        event=ev.DisplayChanged(reception, language=following),
        key="f2",
        ten="/",
    )


def chooser(state: State, scene: TalkContext, speak: Speak) -> Body:
    """List every language under its own name. In a reception, staff can also switch to Japanese for a few seconds."""
    first = isinstance(state, Idle)
    reception = "" if isinstance(state, Idle) else state.reception.id
    named = [_named(language, reception, speak) for language in scene.rules.languages]
    for_staff = Offer(
        id="japanese",
        label=speak(REFERENCE)("staff.japanese", seconds=round(scene.rules.show_japanese)),
        language=REFERENCE,
        event=ev.JapaneseShown(reception),
        back=True,
    )
    spoken = scene.rules.languages[0] if isinstance(state, Idle) else state.reception.display.language
    return Body(
        step=GuideStep.READ if first else GuideStep.CONFIRM,
        question=scene.say("language.question"),
        offers=numbered(*named, for_staff if spoken != REFERENCE else None),
    )


def _named(language: str, reception: str, speak: Speak) -> Offer:
    return Offer(
        id=f"language-{language}",
        label=speak(language)("language.name"),
        language=language,
        event=ev.DisplayChanged(reception, language=language),
    )


def _all(others: list[str], reception: str, scene: TalkContext, speak: Speak) -> Offer:
    names = tuple((language, speak(language)("language.name")) for language in others)
    return Offer(
        id="languages",
        label=scene.say("language.choose"),
        hint=" ".join(name for _, name in names),
        names=names,
        event=ev.LanguagesWanted(reception),
    )
