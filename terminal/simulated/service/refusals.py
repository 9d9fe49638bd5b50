"""Refusals, with this project's own codes (SIMQ) and Japanese messages."""

from http import HTTPStatus

from terminal.qualification.contract import NextStep, RefusalReason, Refused

_TABLE: dict[RefusalReason, tuple[str, NextStep, str]] = {
    RefusalReason.BAD_CHALLENGE: (
        "SIMQ0001E",
        NextStep.AGAIN,
        "確認の有効時間が過ぎたか、既に使用されています。もう一度カードを置いてください。",
    ),
    RefusalReason.BAD_SIGNATURE: ("SIMQ0002E", NextStep.RECEPTION, "カードまたは端末の署名を確認できません。"),
    RefusalReason.UNTRUSTED_CERTIFICATE: (
        "SIMQ0003E",
        NextStep.RECEPTION,
        "利用者証明用電子証明書の発行元を確認できません。",
    ),
    RefusalReason.CERTIFICATE_EXPIRED: (
        "SIMQ0004E",
        NextStep.MUNICIPALITY,
        "利用者証明用電子証明書の有効期限が切れています。市区町村の窓口で更新してください。",
    ),
    RefusalReason.UNKNOWN_HOLDER: ("SIMQ0005E", NextStep.RECEPTION, "該当する加入者が見つかりません。"),
    RefusalReason.REVOKED: (
        "SIMQ0006E",
        NextStep.MUNICIPALITY,
        "利用者証明用電子証明書が失効しています。市区町村の窓口にお問い合わせください。",
    ),
    RefusalReason.SUSPENDED: (
        "SIMQ0007E",
        NextStep.FREE_DIAL,
        "カードは一時停止されています。マイナンバー総合フリーダイヤル（0120-95-0178）にお問い合わせください。",
    ),
    RefusalReason.LAPSED: (
        "SIMQ0008E",
        NextStep.MUNICIPALITY,
        "転出などによりカードが失効しています。市区町村の窓口にお問い合わせください。",
    ),
    RefusalReason.FORGED_RECORD: ("SIMQ0009E", NextStep.RECEPTION, "券面情報の真正性を確認できません。"),
    RefusalReason.MIXED_CARD: (
        "SIMQ0010E",
        NextStep.RECEPTION,
        "券面情報と電子証明書が同じカードのものではありません。",
    ),
    RefusalReason.UNKNOWN_CHIP: (
        "SIMQ0011E",
        NextStep.PIN,
        "このカードの券面情報は登録されていません。暗証番号で確認してください。",
    ),
    RefusalReason.UNKNOWN_TERMINAL: ("SIMQ0012E", NextStep.OPERATOR, "登録されていない端末です。"),
    RefusalReason.BAD_VERDICT: ("SIMQ0013E", NextStep.OPERATOR, "端末による本人確認の署名を確認できません。"),
    RefusalReason.CONFLICT: ("SIMQ0014E", NextStep.OPERATOR, "同じ受付について異なる内容が送信されました。"),
    RefusalReason.NO_SUCH_CHECK: (
        "SIMQ0015E",
        NextStep.AGAIN,
        "該当する資格確認が見つからないか、期限が切れています。もう一度カードを置いてください。",
    ),
    RefusalReason.NOT_SUBMITTED: ("SIMQ0016W", NextStep.OPERATOR, "同意の内容がまだ送信されていません。"),
    RefusalReason.NOT_REGISTERED: (
        "SIMQ0017E",
        NextStep.REGISTER,
        "健康保険証としての利用登録がされていません。",
    ),
    RefusalReason.NOT_ALLOWED: ("SIMQ0018E", NextStep.RECEPTION, "この資格確認では行えない操作です。"),
    RefusalReason.MALFORMED: ("SIMQ0019E", NextStep.OPERATOR, "要求の形式に誤りがあります。"),
    RefusalReason.IMPLAUSIBLE_TIME: (
        "SIMQ0020E",
        NextStep.OPERATOR,
        "同意の時刻が資格確認の時刻と合いません。端末の時計を確認してください。",
    ),
}

_STATUS = {
    RefusalReason.NO_SUCH_CHECK: HTTPStatus.NOT_FOUND,
    RefusalReason.NOT_SUBMITTED: HTTPStatus.NOT_FOUND,
    RefusalReason.CONFLICT: HTTPStatus.CONFLICT,
    RefusalReason.MALFORMED: HTTPStatus.UNPROCESSABLE_ENTITY,
}

SIMULATED = ("SIMQ0100I", "模擬の資格確認結果です。実在の資格情報ではありません。")
EXPIRING = ("SIMQ0101I", "模擬：電子証明書の有効期限が近づいています。")
GRACE = ("SIMQ0102W", "模擬：電子証明書の有効期限が切れています。資格情報のみ提供します。")
"""Codes and messages of results."""


def refuse(reason: RefusalReason) -> Refused:
    code, next_step, message = _TABLE[reason]
    return Refused(reason=reason, code=code, message=message, next_step=next_step, simulated=True)


def http_status(reason: RefusalReason) -> int:
    return int(_STATUS.get(reason, HTTPStatus.FORBIDDEN))
