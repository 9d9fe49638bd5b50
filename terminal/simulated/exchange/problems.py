"""Reasons for negative answers, with this project's own codes (SIMX) and Japanese messages."""

from enum import Enum


class ExchangeProblem(Enum):
    """A reason with its code and message."""

    SIMULATED = ("SIMX0000I", "模擬の結果です。実在の資格情報ではありません。")
    MALFORMED = ("SIMX0001E", "要求ファイルの形式に誤りがあります。")
    NOT_SIMULATED = ("SIMX0002E", "この種類の要求は模擬環境では扱いません。")
    OTHER_INSTITUTION = ("SIMX0003E", "医療機関コードがこの環境のものと異なります。")
    NOBODY = ("SIMX0004W", "模擬：該当する資格がありません。")
    SEVERAL = ("SIMX0005W", "模擬：複数の方が該当します。枝番を指定してください。")
    NOBODY_TO_REGISTER = ("SIMX0006E", "模擬：該当する資格がないため、照会番号を登録できません。")
    UNKNOWN_RECEPTION = ("SIMX0007E", "模擬：受付番号に該当する一括照会がありません。")
    NO_CONSENT = ("SIMX0008E", "模擬：閲覧の同意がないか、閲覧できる期限が過ぎています。")
    XML_ONLY = ("SIMX0009E", "模擬環境ではXML形式の情報のみ提供します。")
    NAME_USED = ("SIMX0010E", "同じ名前の結果ファイルが既にあります。別の名前で要求してください。")
    PROVOKED = ("SIMX0011E", "模擬：指定により異常終了としました。")
    SERVICE_SILENT = ("SIMX0013E", "資格確認サービスが応答しません。しばらくしてからもう一度要求してください。")
    NO_CARE_CONSENT = ("SIMX0014E", "模擬：この診療区分（訪問・オンライン・救急）での閲覧の同意がありません。")
    OTHER_CARE = ("SIMX0015E", "診療区分がこの照会と異なります（訪問診療等は2、オンライン診療等は3）。")
    NO_PERIOD = ("SIMX0016E", "同意日または診療日の開始日と終了日を指定してください。")
    WRONG_PERIOD = ("SIMX0012E", "開始日が終了日より後です。")

    @property
    def code(self) -> str:
        return self.value[0]

    @property
    def sentence(self) -> str:
        return self.value[1]
