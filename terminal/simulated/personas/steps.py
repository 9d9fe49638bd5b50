"""Instructions for playing each persona in both languages, derived from the script."""

from config.profiles import Profile
from terminal.qualification.contract import PrescriptionForm, Way
from terminal.simulated.personas.persona import Mishap, Persona, Sharing
from terminal.simulated.personas.tales import Language

_STEPS: dict[Language, dict[str, str]] = {
    "ja": {
        "language": "はじめの画面で {language} を選ぶ",
        "child": "「お困りの方」「子どもの受付」を押す",
        "put": "カードを置く",
        "put-phone": "スマートフォンを置く",
        "face": "「顔で確認する」を押し、言われた方を向く",
        "pin": "「暗証番号で確認する」を押し、{pins} と入れる",
        "phone-pin": "スマートフォンの暗証番号 1234 を入れる",
        "code": "カードの表の番号を入れる",
        "staff": "係員を待つ（係員の画面で パスワードは staff）",
        "then": " のあと ",
        "go-on": "「続ける」を押す",
        "register": "「登録する」を押す",
        "all": "「すべて提供する」を押す",
        "none": "「すべて提供しない」を押す",
        "one-by-one": "「ひとつずつ選ぶ」を押し、答える",
        "subsidy-yes": "助成の受給者証を「利用する」を押す",
        "subsidy-no": "助成の受給者証を「利用しない」を押す",
        "electronic": "「電子処方せん」を押す",
        "limit-yes": "限度額を「提供する」を押す",
        "limit-no": "限度額を「提供しない」を押す",
        "leave": "左下の「提供せずに受付する」を押す",
        "cancel": "左下の「やめる」を押す",
        "early": "ここで カードを取る",
        "silence": "先に「資格確認のサービス」を「返事なし」にする",
        "silence-late": "答える前に「資格確認のサービス」を「返事なし」にする",
        "clock": "先に「時計を1時間おくらせる」を押す",
        "unplug": "「カードを読む機械を外す」を押し、もう一度押してもどす",
        "power": "同意の画面で「電源を切って入れる」を押す",
        "next": "「続けて家族の受付をする」を押し、カードを取り、次のカードを置く",
        "take": "カードを取る",
        "name": "係員の画面で「名前の字を見る」を押し、名前を読む（パスワードは staff）",
        "hold": "先に「ほかのソフトがカードを使う」を押す",
        "let-go": "係員が そのソフトを止めたら、同じところをもう一度押す",
        "put-two": "「カードを2枚 置く」を押す",
        "take-second": "言われたら「2枚目を取る」を押す",
    },
    "en": {
        "language": "Choose {language} on the first screen",
        "child": "Touch “need help?”, then “for a child”",
        "put": "Put the card down",
        "put-phone": "Put the phone down",
        "face": "Choose the face, and turn your head as asked",
        "pin": "Choose the PIN and enter {pins}",
        "phone-pin": "Enter the phone's PIN, 1234",
        "code": "Enter the number on the front of the card",
        "staff": "Wait for staff (staff page; the password is “staff”)",
        "then": ", then ",
        "go-on": "Touch “continue”",
        "register": "Touch “register”",
        "all": "Share all",
        "none": "Share nothing",
        "one-by-one": "Choose one by one, and answer",
        "subsidy-yes": "Use the subsidy",
        "subsidy-no": "Do not use the subsidy",
        "electronic": "Choose the electronic prescription",
        "limit-yes": "Share the limit",
        "limit-no": "Do not share the limit",
        "leave": "Touch “check in without sharing”, lower left",
        "cancel": "Touch “stop”, lower left",
        "early": "Remove the card now",
        "silence": "First set the service to “silent”",
        "silence-late": "Set the service to “silent” before you answer",
        "clock": "First touch “clock one hour slow”",
        "unplug": "Touch “unplug the reader”, then again to plug it in",
        "power": "At the consent screen, touch “power cycle”",
        "next": "Touch “next family member”, take the card, and put down the next card",
        "take": "Take the card",
        "name": "On the staff page, touch “see the name” and read it (the password is “staff”)",
        "hold": "First touch “another program uses the card”",
        "let-go": "When staff have closed that program, touch the same button again",
        "put-two": "Touch “put two cards down”",
        "take-second": "When asked, touch “take the second card”",
    },
}
_SHARING = {Sharing.ALL: "all", Sharing.NONE: "none", Sharing.ONE_BY_ONE: "one-by-one"}
_LANGUAGE_NAMES = {"vi": "Tiếng Việt", "en": "English"}
_FIRST_STEPS = {
    Mishap.SERVICE_SILENT_AT_OPENING: "silence",
    Mishap.CLOCK_WRONG: "clock",
    Mishap.CARD_HELD: "hold",
}
_CARD_STEPS = {Mishap.CARD_HELD: ["put", "let-go"], Mishap.TWO_CARDS: ["put-two", "take-second"]}
_LAST_STEPS = {
    Mishap.CARD_TAKEN_DURING_CONSENT: "early",
    Mishap.POWER_CUT: "power",
}
_LIMIT, _SUBSIDIES = "limit", "subsidies"


def needs_staff_page(persona: Persona) -> bool:
    """Return whether the visit requires the staff page."""
    return persona.script.staff or bool(persona.card.name)


def steps_for(persona: Persona, language: Language) -> list[str]:
    """Return the instructions, one per line, in the order in which to follow them."""
    texts, script = _STEPS[language], persona.script
    values = {
        "language": _LANGUAGE_NAMES.get(script.language, script.language),
        "pins": texts["then"].join(script.pins),
    }
    steps = (*_preparation(persona), *_confirmation(persona), *_answers(persona))
    return [texts[step].format(**values) for step in steps]


def _preparation(persona: Persona) -> list[str]:
    script = persona.script
    first = _FIRST_STEPS.get(script.mishap)
    put = "put-phone" if persona.card.kind.startswith("phone") else "put"
    language = ["language"] if script.language else []
    child = ["child"] if script.child else []
    return [*([first] if first else []), *language, *child, *_CARD_STEPS.get(script.mishap, [put])]


def _confirmation(persona: Persona) -> list[str]:
    script, card, way = persona.script, persona.card, persona.expected.way or persona.script.way
    if script.mishap is Mishap.CARD_TAKEN_BEFORE_CHECK:
        return ["early"]
    if card.kind.startswith("phone"):
        return ["phone-pin"] if card.kind == "phone-android" and card.expired_days_ago is None else []
    if card.kind or not card.certificates:
        return []
    if persona.profile is Profile.QUALIFICATION_ONLY:
        return ["pin"]
    if script.leaves_at == "ChoosingMethod":
        return ["cancel"]
    if script.mishap is Mishap.READER_UNPLUGGED:
        return ["unplug"]
    if script.staff:
        return ["staff"]
    steps = []
    if way is Way.PIN and script.way is Way.PIN and card.pin_tries_left == 1:
        steps.append("go-on")
    if script.way is Way.PIN and card.pin is not None and card.pin_tries_left != 0:
        steps.append("pin")
    if script.way is Way.FACE or way is Way.FACE:
        steps += ["face", *(["code"] if script.types_code else [])]
    if script.way is Way.FACE and way is Way.PIN:
        steps.append("pin")
    return steps


def _answers(persona: Persona) -> list[str]:
    script, expected = persona.script, persona.expected
    if script.mishap is Mishap.CARD_TAKEN_BEFORE_CHECK:
        return []
    steps = ["register"] if persona.person == "unregistered" else []
    if script.mishap in _LAST_STEPS:
        return [*steps, _LAST_STEPS[script.mishap]]
    if script.mishap is Mishap.SERVICE_SILENT_AT_SUBMIT:
        steps.append("silence-late")
    if set(expected.asked) - {_LIMIT}:
        steps.append(_SHARING[script.sharing])
    if _SUBSIDIES in expected.asked:
        steps.append("subsidy-yes" if script.answers.get(_SUBSIDIES, True) else "subsidy-no")
    if script.leaves_at == "Limit":
        steps.append("leave")
    elif _LIMIT in expected.asked and script.sharing is not Sharing.ONE_BY_ONE:
        steps.append("limit-yes" if script.answers.get(_LIMIT, True) else "limit-no")
    if script.prescription is PrescriptionForm.ELECTRONIC:
        steps.append("electronic")
    return [*steps, "next" if script.next_family else "take", *(["name"] if persona.card.name else [])]
