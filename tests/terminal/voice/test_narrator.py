"""Tests for the narrator, without sound."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from config.settings import DigitOrder, Settings
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.step import step
from terminal.talk.parts import Remark
from terminal.talk.question_numbers import Talks
from terminal.voice.narrator import MEMORY, REPEAT_SECONDS, Narrator
from terminal.voice.utterance import Tone, Utterance
from terminal.words.aloud import is_private
from terminal.words.catalogue import catalogue, speaker
from tests.terminal.session.world import World
from tests.terminal.talk.gallery import RULES, SCREENS, state_for
from vision.verdict import FaceCheckProgress, Guidance

SPEAKING = replace(RULES, voices=("ja", "en"))
speak = speaker(Settings())


class Listener:
    """Passes states to a narrator and advances its clock."""

    def __init__(self, **options: Any) -> None:
        self.narrator = Narrator(speak, offered=lambda _language: True, **options)
        self.talks = Talks(speak, language="ja")
        self.now = 0.0
        self.rules = SPEAKING

    def see(self, state: st.State, remark: Remark = Remark.NONE) -> Utterance | None:
        return self.narrator.hear(self.talks.show(state, self.rules, self.now, remark=remark), self.now)

    def wait(self, seconds: float) -> Iterator[Utterance]:
        end = self.now + seconds
        while self.narrator.due is not None and self.narrator.due <= end:
            self.now = max(self.now, self.narrator.due)
            spoken = self.narrator.tick(self.now)
            if spoken is not None:
                yield spoken
        self.now = end


def texts(utterance: Utterance | None) -> list[str]:
    return [sentence.text for sentence in utterance.sentences] if utterance is not None else []


def text(utterance: Utterance | None) -> str:
    return " / ".join(texts(utterance))


def speaking(name: str, language: str = "ja", **display: Any) -> st.State:
    return state_for(name, language, voice=True, **display)


def test_question_is_spoken_with_its_answers_and_their_keys() -> None:
    listener = Listener(keypad=DigitOrder.PHONE)
    spoken = texts(listener.see(speaking("method")))
    assert spoken[:7] == [
        "本人確認の方法を選んでください",
        "1番",
        "顔で確認する",
        "カメラを使います。映像は残しません",
        "2番",
        "暗証番号で確認する",
        "4けたの数字",
    ]
    assert spoken[7:11] == ["点", "やめる", "マイナス", "係員を呼ぶ"]
    assert "数字は いちばん上が 1、2、3 です" in spoken
    later = texts(listener.see(speaking("limit")))
    assert "係員を呼ぶ" not in later, "explanations are spoken once per reception"
    assert "提供せずに受付する" in later, "leaving has a different meaning on this screen"


def test_question_is_repeated_in_full_on_request() -> None:
    listener = Listener()
    spoken = text(listener.see(speaking("method")))
    list(listener.wait(2))
    again = listener.narrator.repeat(listener.now)
    assert again is not None
    assert again.interrupts
    assert text(again) == spoken


@pytest.mark.parametrize("language", ["ja", "en"])
def test_all_spoken_text_is_also_on_the_screen(language: str) -> None:
    """The only exception is the description of the numeric keypad (`voice.`) for people who cannot see it."""
    keypad = [
        re.sub(r"{\w+}", ".+", str(message.string))
        for message in catalogue(language)
        if str(message.id).startswith("voice.")
    ]
    for name in SCREENS:
        listener = Listener()
        spoken, talk = texts(listener.see(speaking(name, language, aloud=True))), listener.talks.talk
        displayed = {talk.body.question, talk.card, talk.warning, talk.notice, *(line.text for line in talk.body.lines)}
        displayed |= {part for button in talk.buttons for part in (button.label, button.hint)}
        assert not [text for text in spoken if text not in displayed and not re.fullmatch("|".join(keypad), text)], name


def test_wrong_pin_is_announced_first_with_the_tries_left() -> None:
    listener = Listener()
    listener.see(speaking("pin"))
    spoken = listener.see(speaking("pin-wrong"))
    assert texts(spoken)[:3] == ["暗証番号がちがいます", "暗証番号（4けた）を入れてください", "あと2回 入れられます"]
    assert spoken is not None
    assert (spoken.tone, spoken.interrupts) == (Tone.ERROR, True)


def face_check_with(guidance: Guidance, frames: int = 0) -> st.State:
    state = speaking("face")
    assert isinstance(state, st.FaceCheck)
    return replace(state, progress=FaceCheckProgress(guidance, frames, 5))


def test_guidance_is_immediate_but_not_repeated_within_four_seconds() -> None:
    listener = Listener()
    listener.see(speaking("face"))
    listener.now = 1.0
    assert texts(listener.see(face_check_with(Guidance.TOO_FAR)))[0] == "もう少し近づいてください"
    listener.now = 2.0
    assert texts(listener.see(face_check_with(Guidance.TOO_NEAR)))[0] == "もう少し離れてください"
    listener.now = 3.0
    assert listener.see(face_check_with(Guidance.TOO_FAR)) is None
    assert [text(spoken) for spoken in listener.wait(MEMORY)] == ["もう少し近づいてください"], "after four seconds"
    assert [text(spoken) for spoken in listener.wait(REPEAT_SECONDS)] == ["もう少し近づいてください"], (
        "repeated while it applies"
    )


def test_timeout_is_announced_and_counted_down() -> None:
    listener = Listener()
    listener.see(speaking("pin"))
    warned = speaking("pin-warned")
    assert "まもなく最初の画面にもどります" in text(listener.see(warned))
    assert [text(spoken) for spoken in listener.wait(9)] == ["あと5秒です"]
    assert listener.see(warned) is None


def test_notice_is_spoken() -> None:
    listener = Listener()
    listener.see(speaking("method"))
    assert texts(listener.see(speaking("method"), Remark.STAFF_COMING)) == ["係員がまいります"]


def test_idle_terminal_is_silent() -> None:
    listener = Listener()
    assert texts(listener.see(speaking("idle"))) == []
    assert "マイナンバーカードを置いてください" in text(listener.narrator.note_presence(1.0, "5"))
    listener.see(speaking("reading"))
    assert texts(listener.see(speaking("idle"))) == []


def test_pressing_a_key_announces_the_voice_guidance() -> None:
    listener = Listener()
    assert listener.see(state_for("idle")) is None
    assert texts(listener.narrator.note_presence(1.0, "5")) == ["声で案内するときは 0を 押してください"]
    assert listener.narrator.note_presence(2.0, "5") is None
    spoken = texts(listener.see(speaking("idle")))
    assert spoken[:2] == ["声で案内します", "マイナンバーカードを置いてください"]
    assert "もう一度 聞くときは 0を 押してください" in spoken


def test_touch_does_not_announce_the_voice_guidance() -> None:
    listener = Listener()
    listener.see(state_for("idle"))
    assert listener.narrator.note_presence(1.0) is None


def test_reminder_to_take_the_card_is_repeated() -> None:
    listener = Listener()
    assert "カードをお取りください" in text(listener.see(speaking("idle-card-left")))
    for _ in range(3):
        reminder = listener.narrator.remind(5.0)
        assert reminder is not None
        assert (texts(reminder), reminder.tone, reminder.interrupts) == (
            ["カードをお取りください"],
            Tone.TAKE_CARD,
            False,
        )


def test_every_digit_has_the_same_tone_and_no_speech() -> None:
    listener = Listener()
    listener.see(speaking("pin"))
    digits = [listener.narrator.typed("pin", float(number)) for number in range(4)]
    assert len(set(map(repr, digits))) == 1
    assert digits[0] is not None
    assert (texts(digits[0]), digits[0].tone) == ([], Tone.DIGIT)


def test_speech_stops_when_the_voice_is_switched_off() -> None:
    listener = Listener()
    listener.see(speaking("method"))
    assert listener.see(state_for("method")) == Utterance(), "silence"
    assert listener.see(state_for("method")) is None


def test_changing_the_language_repeats_the_question() -> None:
    listener = Listener()
    listener.see(speaking("method"))
    spoken = listener.see(speaking("method", "en"))
    assert texts(spoken)[0] == "How shall we confirm your identity?"
    assert spoken is not None
    assert {sentence.language for sentence in spoken.sentences} <= {"en", "ja"}


def test_private_questions_are_spoken_only_after_consent() -> None:
    listener = Listener()
    world = World(SPEAKING)
    world.send(ev.DisplayChanged("", voice=True))
    SCREENS["subsidies"](world)
    first = listener.see(world.state)
    assert "まわりに聞こえます。音声で続けますか" in text(first)
    assert "医療費助成" not in text(first)
    refused = step(world.state, ev.DisplayChanged(world.reception.id, aloud=False), SPEAKING, world.now).state
    spoken = texts(listener.see(refused))
    assert spoken[0].startswith("ここは 声に出しません")
    assert not [sentence for sentence in spoken if "医療費助成" in sentence or "利用" in sentence]
    agreed = step(world.state, ev.DisplayChanged(world.reception.id, aloud=True), SPEAKING, world.now).state
    assert "医療費助成" in text(listener.see(agreed))


def test_private_questions_are_spoken_without_consent_on_a_headset() -> None:
    listener = Listener(headset=True)
    listener.rules = replace(SPEAKING, headset=True)
    assert "医療費助成" in text(listener.see(speaking("subsidies")))


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("aloud", [None, False])
@pytest.mark.parametrize("name", SCREENS)
def test_private_sentences_are_not_spoken_without_consent(name: str, aloud: bool | None, language: str) -> None:
    listener = Listener()
    utterances = [
        listener.see(speaking(name, language, aloud=aloud)),
        listener.narrator.repeat(1.0),
        listener.narrator.remind(2.0),
    ]
    spoken = [
        sentence
        for utterance in [*utterances, *listener.wait(30)]
        if utterance is not None
        for sentence in utterance.sentences
    ]
    assert not [sentence.text for sentence in spoken if sentence.private]
    private = {line.text for line in listener.talks.talk.body.lines if is_private(line.text)}
    assert not private & {sentence.text for sentence in spoken}


def test_tone_does_not_reveal_the_outcome() -> None:
    tones = set()
    for name in ("complete", "complete-nothing-shared", "complete-not-valid", "complete-awaiting", "complete-declined"):
        listener = Listener()
        listener.see(speaking("submitting"))
        spoken = listener.see(speaking(name))
        assert spoken is not None
        tones.add(spoken.tone)
    assert tones == {Tone.SUCCESS}


def test_personal_sentences_are_not_stored() -> None:
    listener = Listener()
    stored = {
        sentence.text: sentence.cacheable
        for name in ("pin-wrong", "complete", "consent-one", "method")
        for utterance in [listener.see(speaking(name, aloud=True))]
        if utterance is not None
        for sentence in utterance.sentences
    }
    assert not stored["あと2回 入れられます"]
    assert not [text for text, is_stored in stored.items() if is_stored and "件" in text]
    assert stored["顔で確認する"]
    assert stored["1番"]
