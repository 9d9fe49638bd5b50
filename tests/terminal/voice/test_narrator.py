"""What is said when, moment by moment; nothing here makes a sound."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from config.settings import DigitOrder, Settings
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.step import step
from terminal.talk.parts import Remark
from terminal.talk.serial import Talks
from terminal.voice.narrator import MEMORY, PERSISTS, Narrator
from terminal.voice.saying import Saying, Tone
from terminal.words.aloud import is_private
from terminal.words.catalogue import speaker
from tests.terminal.session.world import World
from tests.terminal.talk.gallery import RULES, SCREENS, state_of
from vision.verdict import FaceCheckProgress, Guidance

SPEAKING = replace(RULES, voices=("ja", "en"))
speak = speaker(Settings())


class Ear:
    """Somebody before the loudspeaker."""

    def __init__(self, **narrating: Any) -> None:
        self.narrator = Narrator(speak, offered=lambda _language: True, **narrating)
        self.talks = Talks(speak, language="ja")
        self.now = 0.0
        self.rules = SPEAKING

    def see(self, state: st.State, remark: Remark = Remark.NONE) -> Saying | None:
        return self.narrator.hear(self.talks.show(state, self.rules, self.now, remark=remark), self.now)

    def wait(self, seconds: float) -> Iterator[Saying]:
        end = self.now + seconds
        while self.narrator.due is not None and self.narrator.due <= end:
            self.now = max(self.now, self.narrator.due)
            said = self.narrator.tick(self.now)
            if said is not None:
                yield said
        self.now = end


def texts(saying: Saying | None) -> list[str]:
    return [one.text for one in saying.sentences] if saying is not None else []


def text(saying: Saying | None) -> str:
    return " / ".join(texts(saying))


def speaking(name: str, language: str = "ja", **display: Any) -> st.State:
    return state_of(name, language, voice=True, **display)


def test_a_question_is_said_with_its_answers_and_their_keys() -> None:
    ear = Ear(keypad=DigitOrder.PHONE)
    said = texts(ear.see(speaking("method")))
    assert said[:7] == [
        "本人確認の方法を選んでください",
        "1番",
        "顔で確認する",
        "カメラを使います。映像は残しません",
        "2番",
        "暗証番号で確認する",
        "4けたの数字",
    ]
    assert said[7:11] == ["点", "やめる", "マイナス", "係員を呼ぶ"]
    assert "数字は いちばん上が 1、2、3 です" in said
    again = texts(ear.see(speaking("limit")))
    assert "係員を呼ぶ" not in again, "what was told in this reception is not told with every question"
    assert "提供せずに受付する" in again, "the way out has another meaning from here on"


def test_a_wrong_pin_is_said_first_and_the_tries_that_are_left() -> None:
    ear = Ear()
    ear.see(speaking("pin"))
    said = ear.see(speaking("pin-wrong"))
    assert texts(said)[:3] == ["暗証番号がちがいます", "暗証番号（4けた）を入れてください", "あと2回 入れられます"]
    assert said is not None
    assert (said.tone, said.cuts) == (Tone.ERROR, True)


def guided(guidance: Guidance, frames: int = 0) -> st.State:
    state = speaking("face")
    assert isinstance(state, st.FaceCheck)
    return replace(state, progress=FaceCheckProgress(guidance, frames, 5))


def test_guidance_is_said_at_once_and_not_twice_within_four_seconds() -> None:
    ear = Ear()
    ear.see(speaking("face"))
    ear.now = 1.0
    assert texts(ear.see(guided(Guidance.TOO_FAR)))[0] == "もう少し近づいてください"
    ear.now = 2.0
    assert texts(ear.see(guided(Guidance.TOO_NEAR)))[0] == "もう少し離れてください"
    ear.now = 3.0
    assert ear.see(guided(Guidance.TOO_FAR)) is None
    assert [text(said) for said in ear.wait(MEMORY)] == ["もう少し近づいてください"], (
        "said when the four seconds are over"
    )
    assert [text(said) for said in ear.wait(PERSISTS)] == ["もう少し近づいてください"], "and again while it still holds"


def test_a_wait_that_runs_out_is_told_and_counted() -> None:
    ear = Ear()
    ear.see(speaking("pin"))
    warned = speaking("pin-warned")
    assert "まもなく最初の画面にもどります" in text(ear.see(warned))
    assert [text(said) for said in ear.wait(9)] == ["あと5秒です"]
    assert ear.see(warned) is None


def test_a_passing_word_is_said() -> None:
    ear = Ear()
    ear.see(speaking("method"))
    assert texts(ear.see(speaking("method"), Remark.STAFF_COMING)) == ["係員がまいります"]


def test_nothing_is_said_to_an_empty_room() -> None:
    ear = Ear()
    assert texts(ear.see(speaking("idle"))) == []
    assert "マイナンバーカードを置いてください" in text(ear.narrator.attend(1.0, "5"))
    ear.see(speaking("reading"))
    assert texts(ear.see(speaking("idle"))) == []


def test_somebody_who_cannot_see_hears_that_there_is_a_voice() -> None:
    ear = Ear()
    assert ear.see(state_of("idle")) is None
    assert texts(ear.narrator.attend(1.0, "5")) == ["声で案内するときは 0を 押してください"]
    assert ear.narrator.attend(2.0, "5") is None
    begun = texts(ear.see(speaking("idle")))
    assert begun[:2] == ["声で案内します", "マイナンバーカードを置いてください"]
    assert "もう一度 聞くときは 0を 押してください" in begun


def test_a_touch_alone_says_nothing_of_a_voice_nobody_asked_for() -> None:
    ear = Ear()
    ear.see(state_of("idle"))
    assert ear.narrator.attend(1.0) is None


def test_the_card_is_called_out_until_it_is_taken() -> None:
    ear = Ear()
    assert "カードをお取りください" in text(ear.see(speaking("idle-card-left")))
    for _ in range(3):
        reminder = ear.narrator.remind(5.0)
        assert reminder is not None
        assert (texts(reminder), reminder.tone, reminder.cuts) == (["カードをお取りください"], Tone.TAKE_CARD, False)


def test_every_digit_gives_the_same_tone_and_no_word() -> None:
    ear = Ear()
    ear.see(speaking("pin"))
    digits = [ear.narrator.typed("pin", float(number)) for number in range(4)]
    assert len(set(map(repr, digits))) == 1
    assert digits[0] is not None
    assert (texts(digits[0]), digits[0].tone) == ([], Tone.DIGIT)


def test_what_was_said_stops_when_the_voice_is_switched_off() -> None:
    ear = Ear()
    ear.see(speaking("method"))
    assert ear.see(state_of("method")) == Saying(), "silence"
    assert ear.see(state_of("method")) is None


def test_another_language_says_the_question_again_in_it() -> None:
    ear = Ear()
    ear.see(speaking("method"))
    said = ear.see(speaking("method", "en"))
    assert texts(said)[0] == "How shall we confirm your identity?"
    assert said is not None
    assert {one.language for one in said.sentences} <= {"en", "ja"}


def test_before_something_private_it_is_asked_whether_others_may_hear() -> None:
    ear = Ear()
    world = World(SPEAKING)
    world.send(ev.DisplayChanged("", voice=True))
    SCREENS["subsidies"](world)
    first = ear.see(world.state)
    assert "まわりに聞こえます。音声で続けますか" in text(first)
    assert "医療費助成" not in text(first)
    refused = step(world.state, ev.DisplayChanged(world.reception.id, aloud=False), SPEAKING, world.now).state
    said = texts(ear.see(refused))
    assert said[0].startswith("ここは 声に出しません")
    assert not [one for one in said if "医療費助成" in one or "利用" in one]
    agreed = step(world.state, ev.DisplayChanged(world.reception.id, aloud=True), SPEAKING, world.now).state
    assert "医療費助成" in text(ear.see(agreed))


def test_by_headset_nothing_is_asked_first() -> None:
    ear = Ear(headset=True)
    ear.rules = replace(SPEAKING, headset=True)
    assert "医療費助成" in text(ear.see(speaking("subsidies")))


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("aloud", [None, False])
@pytest.mark.parametrize("name", SCREENS)
def test_no_private_sentence_reaches_the_loudspeaker_unasked(name: str, aloud: bool | None, language: str) -> None:
    ear = Ear()
    sayings = [ear.see(speaking(name, language, aloud=aloud)), ear.narrator.again(1.0), ear.narrator.remind(2.0)]
    said = [one for saying in [*sayings, *ear.wait(30)] if saying is not None for one in saying.sentences]
    assert not [one.text for one in said if one.private]
    private = {line.text for line in ear.talks.talk.body.lines if is_private(line.text)}
    assert not private & {one.text for one in said}


def test_how_it_ended_cannot_be_told_by_the_tone() -> None:
    tones = set()
    for name in ("complete", "complete-nothing-shared", "complete-not-valid", "complete-awaiting", "complete-declined"):
        ear = Ear()
        ear.see(speaking("submitting"))
        said = ear.see(speaking(name))
        assert said is not None
        tones.add(said.tone)
    assert tones == {Tone.SUCCESS}


def test_what_holds_for_one_person_is_never_kept() -> None:
    ear = Ear()
    kept = {
        one.text: one.kept
        for name in ("pin-wrong", "complete", "consent-one", "method")
        for saying in [ear.see(speaking(name, aloud=True))]
        if saying is not None
        for one in saying.sentences
    }
    assert not kept["あと2回 入れられます"]
    assert not [one for one, is_kept in kept.items() if is_kept and "件" in one]
    assert kept["顔で確認する"]
    assert kept["1番"]
