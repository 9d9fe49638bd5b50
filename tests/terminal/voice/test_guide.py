"""Tests for the timing of spoken sentences and for missing voices."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from config.settings import Settings, VoiceMode, VoiceSettings
from terminal.assembly import session_rules
from terminal.doctor.finding import Grade
from terminal.doctor.voice import voice
from terminal.talk.question_numbers import Talks
from terminal.voice import engines
from terminal.voice.engines import NoVoice
from terminal.voice.guide import Guide
from terminal.voice.utterance import Utterance
from terminal.words.catalogue import speaker
from terminal.words.languages import LANGUAGES
from tests.terminal.talk.gallery import RULES, state_for


class RecordingOutput:
    def __init__(self) -> None:
        self.utterances: list[Utterance] = []

    def say(self, utterance: Utterance) -> None:
        self.utterances.append(utterance)


def settings(folder: Path, mode: VoiceMode) -> Settings:
    return Settings(state_dir=folder, voice=VoiceSettings(mode=mode))


@pytest.fixture
def no_voice_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", "")
    engines.is_installed.cache_clear()


def test_due_sentences_are_spoken(tmp_path: Path) -> None:
    async def listen() -> list[Utterance]:
        output, speak = RecordingOutput(), speaker(Settings())
        now = [0.0]
        guide = Guide(settings(tmp_path, VoiceMode.INSTALLED), speak, clock=lambda: now[0])
        rules = replace(RULES, voices=("ja", "en"))
        guide.begin(rules, output)
        talks = Talks(speak, language="ja")
        guide.hear(talks.show(state_for("pin", voice=True), rules, 0.0))
        guide.hear(talks.show(state_for("pin-warned", voice=True), rules, 0.0))
        now[0] = 5.0
        assert guide._timer is not None
        guide._tick()
        guide.close()
        return output.utterances

    utterances = asyncio.run(listen())
    assert [len(utterance.sentences) > 0 for utterance in utterances] == [True, True, True]
    assert utterances[-1].sentences[0].text == "あと5秒です"


@pytest.mark.usefixtures("no_voice_installed")
def test_configured_voice_that_is_not_installed_is_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    try:
        on_request = settings(tmp_path, VoiceMode.ON_REQUEST)
        assert session_rules(on_request).voices == LANGUAGES, "the button for a configured voice is displayed"
        assert session_rules(settings(tmp_path, VoiceMode.INSTALLED)).voices == ()
        finding = voice(on_request)
        assert (finding.grade, "U-508" in finding.text) == (Grade.BAD, True)
        assert "pip install" in finding.remedy
        assert voice(settings(tmp_path, VoiceMode.INSTALLED)).grade is Grade.OK

        async def listen() -> int:
            reports: list[int] = []
            output = RecordingOutput()
            guide = Guide(on_request, speaker(Settings()), on_missing=lambda: reports.append(1))

            async def raise_no_voice(*_: object, **__: object) -> bytes:
                raise NoVoice("none")

            guide.library._render = raise_no_voice
            guide.begin(session_rules(on_request), output)
            talks = Talks(speaker(Settings()), language="ja")
            guide.hear(talks.show(state_for("method", voice=True), replace(RULES, voices=("ja",)), 0.0))
            assert await guide.wav(output.utterances[0], 0) is None
            guide.close()
            return len(reports)

        assert asyncio.run(listen()) == 1
        assert "U-508" in caplog.text
    finally:
        engines.is_installed.cache_clear()
