"""Languages on the screen: how one is chosen, and what staff reads of a foreign one."""

from dataclasses import replace

from config.settings import Settings
from terminal.session import events as ev
from terminal.session import states as st
from terminal.talk.parts import Talk
from terminal.talk.view import talk_of
from terminal.words.catalogue import LANGUAGES, speaker
from tests.terminal.talk.gallery import EIGHT, RULES, state_of

speak = speaker(Settings())


def _seen(state: st.State) -> Talk:
    return talk_of(state, RULES, speak)


def test_the_first_screen_leads_to_every_language() -> None:
    first = talk_of(state_of("idle"), EIGHT, speak).body.offers
    assert [offer.id for offer in first] == ["language-ja-easy", "language-en", "languages", "help"]
    assert [language for language, _ in first[2].names] == list(LANGUAGES[3:])
    chosen = talk_of(state_of("idle-languages"), EIGHT, speak).body.offers
    assert [offer.label for offer in chosen] == [speak(language)("language.name") for language in LANGUAGES]


def test_every_other_screen_leads_to_every_language_and_staff_to_japanese() -> None:
    foot = talk_of(state_of("method", "en"), replace(RULES, languages=("ja", "en", "x")), speak).foot
    assert isinstance(next(offer for offer in foot if offer.id == "language").event, ev.LanguagesWanted)
    chooser = _seen(state_of("languages", "en"))
    assert [offer.id for offer in chooser.body.offers] == ["language-ja", "language-en", "japanese"]
    assert "japanese" not in [offer.id for offer in _seen(state_of("languages", "ja")).body.offers]


def test_while_staff_reads_japanese_the_patients_language_stays() -> None:
    state = state_of("consent", "en")
    assert not isinstance(state, st.Idle)
    read = _seen(replace(state, reception=replace(state.reception, japanese_until=99.0)))
    assert (read.language, read.display.language) == ("ja", "en")
    assert read.body.question == _seen(state_of("consent")).body.question
