"""Test the pronunciation of Japanese sentences."""

import sys
import threading

import pytest

from terminal.voice import readings
from terminal.voice.engines import JapaneseVoice
from terminal.words.catalogue import catalogue

pyopenjtalk = pytest.importorskip("pyopenjtalk", reason="the `voice` extra is not installed")

READINGS = {
    "資格を確認しています": "シカクヲカクニンシテイマス",
    "暗証番号（4けた）を入れてください": "アンショーバンゴー、ヨンケタ、ヲイレテクダサイ",
    "4けたの番号（顔写真の下）": "ヨンケタノバンゴー、カオジャシンノシタ",
    "あと2回 入れられます": "アトニカイ、イレラレマス",
    "あと1回 入れられます": "アトイッカイ、イレラレマス",
    "1番": "イチバン",
    "9番": "キューバン",
    "数字は いちばん上が 7、8、9 です": "スージワ、イチバンウエガ、ナナ、ハチ、キュー、デス",
    "受付番号 12": "ウケツケバンゴー、ジューニバン",
    "お困りの方": "オコマリノカタ",
    "保護者の方が お答えください": "ホゴシャノカタガ、オコタエクダサイ",
    "むずかしい方は 受付へ": "ムズカシイカタワ、ウケツケエ",
    "取り消したい方は 受付へ": "トリケシタイカタワ、ウケツケエ",
    "暗いので 明るい方を向いてください": "クライノデ、アカルイホーヲムイテクダサイ",
    "カードの表の番号を入れてください": "カードノオモテノバンゴーヲイレテクダサイ",
    "カードの表を読んでいます": "カードノオモテヲヨンデイマス",
    "係員を呼ぶ": "カカリインヲヨブ",
    "医療費助成の受給者証": "イリョーヒジョセーノジュキューシャショー",
    "特定疾病の受療証": "トクテーシッペイノジュリョーショー",
    "後期高齢者健診の結果": "コーキコーレーシャケンシンノケッカ",
    "電子証明書の期限が 切れています": "デンシショーメーショノキゲンガ、キレテイマス",
    "{情報|じょうほう}を {提供|ていきょう}しますか": "ジョーホーヲ、テイキョーシマスカ",
    "電話 0120-95-0178": "デンワ、ゼロイチニーゼロ、キューゴー、ゼロイチナナハチ",
    "医師が見られるのは 今から24時間だけです": "イシガミラレルノワ、イマカラニジューヨジカンダケデス",
    "点": "テン",
    "ほし": "ホシ",
    "エンター": "エンター",
    "スラッシュ": "スラッシュ",
}


@pytest.mark.parametrize("text", READINGS)
def test_readings(text: str) -> None:
    assert pyopenjtalk.g2p(readings.japanese(text), kana=True, use_sudachi_kanji_yomi=False) == READINGS[text]


def test_rare_kanji_is_skipped_without_the_second_dictionary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sudachidict_core", None)
    monkeypatch.setattr("pyopenjtalk.utils._SUDACHI_DICTIONARY", None)
    monkeypatch.setattr("pyopenjtalk.utils._SUDACHI_TOKENIZER_LOCAL", threading.local())
    wav = JapaneseVoice().speak("\U00028cd2 さんの受付です", slow=False)
    assert len(wav) > 20_000


def test_no_sentence_contains_unspeakable_symbols() -> None:
    for message in catalogue("ja"):
        reading = readings.japanese(str(message.string))
        assert not set(reading) & set("「」（）・{|}　") or "{" in str(message.string), reading


def test_chinese_characters_are_read_as_pinyin() -> None:
    pytest.importorskip("pypinyin", reason="the `voice` extra is not installed")
    assert readings.chinese("请把卡放在读卡器上") == "qing3 ba3 ka3 fang4 zai4 du2 ka3 qi4 shang4"
    assert readings.chinese("还可以输入2次").split()[0] == "hai2"
