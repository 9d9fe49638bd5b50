"""Test that personas who have not consented hear no private sentences."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from config.settings import Settings
from terminal.assembly import open_terminal
from terminal.conductor.conductor import Conductor
from terminal.session import states as st
from terminal.simulated.demo import auto
from terminal.simulated.demo.counter import DemoCounter
from terminal.simulated.demo.readers import SimulatedReaders
from terminal.simulated.demo.stage import SyntheticStage
from terminal.simulated.personas.cast import BY_NAME, PERSONAS
from terminal.simulated.personas.persona import Persona
from terminal.talk.question_numbers import Talks
from terminal.voice.narrator import Narrator
from terminal.voice.utterance import SpokenSentence
from terminal.words.catalogue import speaker
from vision.engines.open import open_engine

SHORT_PERSONAS = ("pin-wrong-once", "aged-75", "not-valid", "suspended", "child-with-guardian", "specific-disease")
"""Personas with private facts and short receptions."""


class Loudspeaker:
    """Records each state's sentences with speech on, before and after the patient declines private sentences."""

    def __init__(self) -> None:
        self.sentences: list[SpokenSentence] = []
        self.states: set[str] = set()

    def listen_to(self, conductor: Conductor, settings: Settings) -> None:
        speak = speaker(settings)
        narrator = Narrator(speak, offered=lambda _language: True)
        talks = Talks(speak, language="ja")
        rules = replace(conductor.rules, voices=("ja", "en"))

        def hear(state: st.State) -> None:
            self.states.add(type(state).__name__)
            for aloud in (None, False):
                utterance = narrator.hear(talks.show(_speaking(state, aloud), rules, 0.0), 0.0)
                repeated = narrator.repeat(0.0)
                for heard in (utterance, repeated):
                    self.sentences += heard.sentences if heard is not None else ()

        conductor.listen(on_state=hear)


def _speaking(state: st.State, aloud: bool | None) -> st.State:
    if isinstance(state, st.Idle):
        return replace(state, display=replace(state.display, voice=True, aloud=aloud))
    reception = replace(state.reception, display=replace(state.reception.display, voice=True, aloud=aloud))
    return replace(state, reception=reception)


def _play(counter: DemoCounter, cache: Path, personas: list[Persona], monkeypatch: pytest.MonkeyPatch) -> Loudspeaker:
    loudspeaker = Loudspeaker()

    def open_with_loudspeaker(settings: Settings, *args: Any, **kwargs: Any) -> Conductor:
        conductor = open_terminal(settings, *args, **kwargs)
        loudspeaker.listen_to(conductor, settings)
        return conductor

    monkeypatch.setattr(auto, "open_terminal", open_with_loudspeaker)
    stage = SyntheticStage(partial(open_engine, cache))
    demo = auto.AutoDemo(counter, SimulatedReaders, stage, counter.settings, lambda _: None)
    results = asyncio.run(demo.play(personas))
    assert [reception.persona for reception in results if not reception.ok] == []
    return loudspeaker


def _check_public(loudspeaker: Loudspeaker) -> None:
    assert len(loudspeaker.sentences) > 300
    assert {"ChoosingMethod", "PinEntry", "Consent", "Complete"} <= loudspeaker.states
    assert not [sentence.text for sentence in loudspeaker.sentences if sentence.private]


def test_short_personas_hear_only_public_sentences(
    counter: DemoCounter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _check_public(_play(counter, tmp_path, [BY_NAME[name] for name in SHORT_PERSONAS], monkeypatch))


@pytest.mark.long
@pytest.mark.timeout(600)
def test_all_personas_hear_only_public_sentences(
    counter: DemoCounter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _check_public(_play(counter, tmp_path, list(PERSONAS), monkeypatch))
