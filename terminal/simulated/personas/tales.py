"""What a trainer reads about each persona, in both languages: who comes, what staff does, how the right end looks.

What the patient touches follows from the persona's script (`steps_of`).
"""

from dataclasses import dataclass
from typing import Literal

from terminal.qualification.contract import Way
from terminal.simulated.personas.persona import Mishap, Persona, Sharing

Language = Literal["ja", "en"]


@dataclass(frozen=True, slots=True)
class Tale:
    who: str
    staff: str
    end: str


_JA: dict[str, tuple[str, str, str]] = {
    "pin-right": ("花さん。暗証番号を覚えています", "見守ります", "受付が完了し、結果ファイルが届きます"),
    "pin-wrong-once": (
        "花さん。暗証番号を1回まちがえ、ひとつずつ選びます",
        "「あと2回」と出ても あわてず待ちます",
        "健診だけ 提供しないで完了します",
    ),
    "pin-locked-face-ok": (
        "花さん。前から暗証番号が使えません",
        "市区町村の窓口で直せると伝えます",
        "顔だけで完了します",
    ),
    "pinless-card": ("梅さん。暗証番号のないカードです", "顔で確認することを伝えます", "顔だけで完了します"),
    "face-match": ("花さん。カメラを見るだけで済ませます", "見守ります", "受付が完了します"),
    "face-other-person-then-pin": (
        "カードの写真と ちがう人がカメラの前にいます",
        "3回で暗証番号に変わるのを確かめます",
        "暗証番号で完了します",
    ),
    "printed-photo": (
        "カードの人の写真を カメラの前にかざします",
        "写真では通らず 3回で暗証番号に変わるのを確かめます",
        "暗証番号で完了します",
    ),
    "unregistered-card": (
        "はじめて保険証として使う方です",
        "「登録する」は最初の1回だけと伝えます",
        "登録してから完了します",
    ),
    "aged-75": ("75歳をこえた方です", "健診の名前がちがうことに気づきます", "後期高齢者健診を聞かれて完了します"),
    "all-refused": ("何も見せたくない方です", "見せなくても受けられると伝えます", "すべて提供しないで完了します"),
    "removed-before-check": (
        "確認の前にカードを取ってしまいます",
        "もう一度置いてもらいます",
        "何も書かれず 最初の画面にもどります",
    ),
    "removed-during-consent": (
        "同意の画面でカードを取ってしまいます",
        "受付はできていると伝えます",
        "情報を提供せずに受付されます",
    ),
    "mixed-card-refused": ("別のカードの証明書が入ったカードです", "番号を見て 責任者に伝えます", "断られます"),
    "silent-at-opening": (
        "確認の途中で 資格確認のサービスが止まります",
        "もう一度か、資格確認書で受け付けます",
        "何も残さず U-301 が出ます",
    ),
    "silent-at-submit": (
        "最後に 資格確認のサービスが止まります",
        "確認待ちのまま受け付けます",
        "サービスが戻ると 自動で届きます",
    ),
    "pin-one-try-left": (
        "暗証番号が あと1回です",
        "自信がなければ 顔をすすめます",
        "先に「続ける」か聞かれ、完了します",
    ),
    "child-with-guardian": (
        "15歳より下の子と 保護者です",
        "保護者が答えてよいと伝えます",
        "保護者が答えて完了します",
    ),
    "infant-no-photo-pin": (
        "写真のない 赤ちゃんのカードです",
        "暗証番号をお願いします",
        "顔を選んでも 暗証番号で完了します",
    ),
    "no-certificate-card": (
        "電子証明書のないカードです",
        "市区町村の窓口で入れられると伝えます",
        "U-104 が出ます",
    ),
    "revoked": ("証明書が無効のカードです", "資格確認書で受け付けます", "断られます"),
    "suspended": ("なくして 見つかったカードです", "0120-95-0178 を案内します", "断られます"),
    "lapsed": ("引っ越しの手続きが まだのカードです", "市区町村の窓口を案内します", "断られます"),
    "not-valid": ("使える資格がない方です", "窓口で話を聞きます", "質問なしで 結果に「資格なし」と書かれます"),
    "staff-by-eye": (
        "係員が 目で確認する方です",
        "F8、パスワード、写真と顔を見くらべます",
        "係員の確認で完了します",
    ),
    "pharmacy": ("薬局に来た花さんです", "言葉が薬局のものになります", "受付が完了します"),
    "pin-locked-told": (
        "花さん。暗証番号を3回まちがえます",
        "市区町村の窓口で直せると伝えます",
        "顔に変えて 受付が完了します",
    ),
    "face-only-asked": (
        "梅さん。暗証番号のないカードで、カメラは いやな方です",
        "やめても 何も残らないと伝え、窓口で受け付けます",
        "最初の画面にもどります",
    ),
    "leave-after-share-all": (
        "花さん。すべて提供したあとで 気が変わります",
        "「提供せずに受付する」で すべて取り消せると伝えます",
        "情報を提供せずに受付されます",
    ),
    "reader-unplugged": (
        "途中で カードを読む機械が外れます",
        "ケーブルを見て、もどるのを待ちます",
        "U-502 が出て、もどると自動で使えます",
    ),
    "child-chosen": (
        "子どもの受付をする保護者です",
        "「お困りの方」「子どもの受付」を案内します",
        "保護者が答えて完了します",
    ),
    "next-child": (
        "きょうだいを連れた保護者です",
        "「続けて家族の受付をする」を案内します",
        "言葉と見た目がそのままで 次の受付ができます",
    ),
    "clock-wrong": ("機械の時計が 1時間おくれています", "時計を合わせます", "U-504 が出て、何も始まりません"),
    "specific-disease": (
        "特定疾病の受療証を持つ方です",
        "これだけは別に聞かれると伝えます",
        "受療証も提供して完了します",
    ),
    "limit-by-law": (
        "限度額を聞かない設定の医院に来た花さんです",
        "聞かれなくても届くと伝えます",
        "限度額が結果に書かれます",
    ),
    "newer-consents": (
        "2025年からの同意も受け取るレセコンの医院です",
        "見守ります",
        "新しい項目も結果に書かれます",
    ),
    "prescription-electronic": (
        "電子処方せんを出す医院に来た花さんです",
        "どちらの形でもよいと伝えます",
        "電子処方せんで完了します",
    ),
    "face-scanned-code": ("花さん。カメラが カードの表を読みます", "見守ります", "番号を入れずに 顔で完了します"),
    "pinless-scanned": (
        "梅さん。暗証番号のないカードを カメラが読みます",
        "顔で確認することを伝えます",
        "顔だけで完了します",
    ),
    "scan-fails-then-typed": (
        "カードの表が よごれて読めません",
        "「番号を入力する」を案内します",
        "番号を入れて 顔で完了します",
    ),
    "phone-android": (
        "アンドロイドの スマートフォンで来た方です",
        "スマートフォンの暗証番号だと伝えます",
        "スマートフォンで完了します",
    ),
    "phone-iphone": (
        "アイフォーンで来た方です",
        "スマートフォンの画面を見てもらいます",
        "スマートフォンで完了します",
    ),
    "phone-expired-card-in-grace": (
        "期限の切れた スマートフォンの方です",
        "カードなら使えると伝えます",
        "U-105 が出ます",
    ),
    "suica": ("交通系のカードを置いてしまいます", "マイナンバーカードを置いてもらいます", "U-103 が出ます"),
    "card-held-by-other-program": (
        "ほかのプログラムが カードを使っています",
        "そのプログラムを止めます",
        "U-107 のあと、自動で始まります",
    ),
    "two-readers": (
        "2つの機械に カードが1枚ずつあります",
        "1枚を取ってもらいます",
        "U-106 のあと、自動で始まります",
    ),
    "subsidy-used": (
        "医療費の助成を受けている方です。今日も使います",
        "紙の受給者証がいらないことを伝えます",
        "助成を「使う」で完了します",
    ),
    "subsidy-refused": (
        "医療費の助成を受けている方です。今日は使いません",
        "使わなくても なくならないと伝えます",
        "結果に「使わない」と書かれて完了します",
    ),
    "subsidy-not-connected": (
        "助成の市区町村が まだつながっていない方です",
        "紙の受給者証を見せてもらいます",
        "助成は聞かれず、理由が結果に書かれます",
    ),
    "therapist": (
        "施術所に来た方です",
        "暗証番号で資格だけを確認します",
        "顔も同意も聞かれず、限度額だけ聞かれて完了します",
    ),
}
_EN: dict[str, tuple[str, str]] = {
    "pin-wrong-once": ("Stay calm when the screen says two tries are left.", "Done, all shared but the check-up."),
    "pin-locked-face-ok": ("Say that the city hall unlocks the PIN.", "Done by face alone."),
    "pinless-card": ("Say that the face is the way here.", "Done by face alone."),
    "face-other-person-then-pin": ("Watch it change to the PIN after three attempts.", "Done by PIN."),
    "printed-photo": ("See that a photograph does not pass, and what staff would do then.", "Done by PIN."),
    "unregistered-card": ("Say that registering is needed once only.", "Registered, then done."),
    "all-refused": ("Say that refusing costs nothing.", "Done, nothing shared."),
    "removed-before-check": ("Ask to put the card down again.", "Back at the first screen, nothing written."),
    "removed-during-consent": ("Say that the reception went through.", "Received, nothing shared."),
    "mixed-card-refused": ("Note the code and tell the person responsible.", "Refused."),
    "silent-at-opening": ("Try again, or use the 資格確認書.", "U-301, nothing kept."),
    "silent-at-submit": (
        "Receive the patient; the result follows.",
        "Delivered by itself when the service is back.",
    ),
    "pin-one-try-left": ("Suggest the face to a patient who is not sure.", "Asked whether to go on, then done."),
    "child-with-guardian": ("Say that the guardian may answer.", "Done, answered by the guardian."),
    "infant-no-photo-pin": ("Ask for the PIN.", "Done by PIN, though the face was chosen."),
    "no-certificate-card": ("Say that the city hall can add certificates.", "U-104."),
    "revoked": ("Receive with the 資格確認書.", "Refused."),
    "suspended": ("Give the number 0120-95-0178.", "Refused."),
    "lapsed": ("Send the patient to the city hall.", "Refused."),
    "not-valid": ("Talk with the patient at the desk.", "No question; the result says there is no qualification."),
    "staff-by-eye": ("Compare photo and face behind the staff password.", "Done, confirmed by staff."),
    "pin-locked-told": ("Say that the city hall unlocks the PIN.", "Told so, then done by face."),
    "face-only-asked": (
        "Say that nothing is kept, and receive at the desk.",
        "Back at the first screen, nothing written.",
    ),
    "leave-after-share-all": ("Say that leaving takes every yes back.", "Received, nothing shared."),
    "reader-unplugged": ("Look at the cable and wait for the reader.", "U-502; in service again by itself."),
    "child-chosen": ('Point to "need help?", then "for a child".', "Done, answered by the guardian."),
    "next-child": ('Point to "next family member".', "Language and look stay for the next child."),
    "clock-wrong": ("Set the clock.", "U-504, nothing was opened."),
    "specific-disease": ("Say that this one is asked for by itself.", "Done, the certificate is in the file."),
    "limit-by-law": ("Say that the limit arrives without asking.", "The limit is in the file, by law."),
    "subsidy-used": ("Say that no paper certificate is needed.", "Done, the subsidy is used."),
    "subsidy-refused": ("Say that nothing is lost by not using it.", "Done, the result says it is not used."),
    "subsidy-not-connected": ("Ask for the paper certificate.", "Nothing asked; the result says why."),
    "therapist": ("The PIN is the only way here.", "Done, asked for the limit alone."),
}


def tale_of(persona: Persona, language: Language) -> Tale:
    """A persona that is told in no words of its own yet has its story."""
    if language == "ja":
        return Tale(*_JA.get(persona.name, (persona.story, "見守ります", "受付が終わります")))
    staff, end = _EN.get(persona.name, ("Watch.", "Done; a result file was written."))
    return Tale(persona.story, staff, end)


_STEPS: dict[Language, dict[str, str]] = {
    "ja": {
        "put": "カードを置く",
        "face": "「顔で確認する」を押し、言われた方を向く",
        "pin": "「暗証番号で確認する」を押し、{pins} と入れる",
        "then": " のあと ",
        "register": "「登録する」を押す",
        "all": "「すべて提供する」を押す",
        "none": "「すべて提供しない」を押す",
        "one-by-one": "「ひとつずつ選ぶ」を押し、答える",
        "early": "ここで カードを取る",
        "silence": "先に「サービスを止める」を押す",
        "silence-late": "答える前に「サービスを止める」を押す",
        "take": "カードを取る",
    },
    "en": {
        "put": "Put the card down",
        "face": "Touch the face and turn as asked",
        "pin": "Touch the PIN and type {pins}",
        "then": ", then ",
        "register": "Touch yes to register",
        "all": "Share all",
        "none": "Share nothing",
        "one-by-one": "One by one, and answer",
        "early": "Take the card now",
        "silence": "First let the service fall silent",
        "silence-late": "Let the service fall silent before you answer",
        "take": "Take the card",
    },
}


def steps_of(persona: Persona, language: Language) -> list[str]:
    """What the patient does, one line each."""
    say, script, mishap = _STEPS[language], persona.script, persona.script.mishap
    steps = [say["silence"]] if mishap is Mishap.SERVICE_SILENT_AT_OPENING else []
    steps.append(say["put"])
    if not persona.card.certificates:
        return [*steps, say["take"]]
    if mishap is Mishap.CARD_TAKEN_BEFORE_CHECK:
        return [*steps, say["early"]]
    way = persona.expected.way or script.way
    typed = say["pin"].format(pins=say["then"].join(script.pins))
    steps.append(say["face"] if way is Way.FACE or script.way is Way.FACE else typed)
    if way is Way.PIN and script.way is Way.FACE:
        steps.append(typed)
    if persona.expected.asked or mishap is Mishap.CARD_TAKEN_DURING_CONSENT:
        if persona.name == "unregistered-card":
            steps.append(say["register"])
        if mishap is Mishap.CARD_TAKEN_DURING_CONSENT:
            return [*steps, say["early"]]
        if mishap is Mishap.SERVICE_SILENT_AT_SUBMIT:
            steps.append(say["silence-late"])
        steps.append(say[{Sharing.ALL: "all", Sharing.NONE: "none", Sharing.ONE_BY_ONE: "one-by-one"}[script.sharing]])
    return [*steps, say["take"]]
