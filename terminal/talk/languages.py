"""Choosing a language: on the first screen, in the footer of every other one, and in a list of all languages."""

from terminal.session import events as ev
from terminal.session.display import Display
from terminal.session.states import Idle, State
from terminal.talk.parts import Body, GuideStep, Offer, TalkContext, numbered
from terminal.words.catalogue import REFERENCE, Speak

AT_ONCE = 3
"""Up to this many languages have buttons on the first screen; with more, two have, and one button leads to all."""


def first_offers(state: Idle, scene: TalkContext, speak: Speak) -> tuple[Offer, ...]:
    """Languages by their own names, and help."""
    offered, here = scene.rules.languages, state.display.language
    if len(offered) <= AT_ONCE:
        named = [_named(language, "", speak) for language in offered]
    else:
        others = [language for language in offered if language != here]
        named = [_named(language, "", speak) for language in others[: AT_ONCE - 1]]
        named.append(_all(others[AT_ONCE - 1 :], "", scene, speak))
    help_ = Offer(id="help", label=scene.say("idle.help"), event=ev.HelpChosen(""), back=True)
    return numbered(*named, help_)


def foot_offer(display: Display, reception: str, scene: TalkContext, speak: Speak) -> Offer:
    """With two languages the other one, named in itself; with more, a button that leads to all."""
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
    """Every language by its own name; in a reception staff may also read the screen in Japanese for a moment."""
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
