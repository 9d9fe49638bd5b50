"""The interface's code values, by public number (OQSCD...)."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Codes:
    number: str
    """Public number, as in `OQSCD006`; empty if there is none."""
    values: tuple[tuple[str, str], ...]
    """Pairs of value and meaning."""

    def __contains__(self, value: str) -> bool:
        return any(value == code for code, _ in self.values)

    def meaning(self, value: str) -> str | None:
        return dict(self.values).get(value)

    def __str__(self) -> str:
        choices = ", ".join(value for value, _ in self.values)
        return f"one of {choices} (OQSCD{self.number})" if self.number else f"one of {choices}"


ORAL_CONSENT: Final = Codes("001", (("0", "未同意"), ("1", "同意")))
REFERENCE: Final = Codes("002", (("1", "マイナンバーカード"), ("2", "被保険者証情報（資格確認書）")))
VENDOR_REFERENCES: Final = ("7", "8")
"""Additional values that vendors' programs write to their own files for checks without a card reader."""
SEGMENT: Final = Codes("003", (("1", "正常終了"), ("2", "処理中"), ("9", "異常終了")))
STATUS: Final = Codes("004", (("1", "正常終了"), ("2", "エラー")))
CHARACTER_CODE: Final = Codes("005", (("0", "UTF-8"), ("1", "Shift_JIS")))
VALIDITY: Final = Codes(
    "006",
    (
        ("1", "有効"),
        ("2", "無効"),
        ("3", "無効（新しい資格あり）"),
        ("4", "該当資格なし"),
        ("5", "複数該当"),
        ("6", "有効（未登録）"),
    ),
)
SEX: Final = Codes("007", (("1", "男"), ("2", "女"), ("3", "未設定")))
LOSS_REASON: Final = Codes(
    "008", (("01", "死亡"), ("02", "生活保護受給開始"), ("03", "医療保険等の資格取得"), ("99", "その他"))
)
FAMILY: Final = Codes("009", (("1", "本人"), ("2", "家族")))
CARD: Final = Codes(
    "010",
    (
        ("01", "一般"),
        ("02", "退職"),
        ("03", "短期（一般）"),
        ("04", "短期（退職）"),
        ("05", "特別療養費支給対象者"),
        ("06", "特例退職"),
        ("07", "自衛官"),
        ("A1", "医療扶助"),
    ),
)
LIMIT_CARD: Final = Codes("011", (("01", "限度額適用"), ("02", "限度額適用・標準負担額減額"), ("03", "標準負担額減額")))
LIMIT: Final = Codes(
    "012",
    (
        ("A01", "ア"),
        ("A02", "イ"),
        ("A03", "ウ"),
        ("A04", "エ"),
        ("A05", "オ"),
        ("A06", "オ（境）"),
        ("B01", "現役並みⅢ"),
        ("B02", "現役並みⅡ"),
        ("B03", "現役並みⅠ"),
        ("B04", "一般（70～74歳）"),
        ("B05", "低所得Ⅱ"),
        ("B06", "低所得Ⅰ"),
        ("B07", "低所得Ⅰ（老福）"),
        ("B08", "低所得Ⅰ（境）"),
        ("B09", "一般Ⅱ（後期高齢者）"),
        ("B10", "一般Ⅰ（後期高齢者）"),
    ),
)
DISEASE: Final = Codes(
    "013", (("1", "人工透析を要する慢性腎不全"), ("2", "先天性血液凝固因子障害"), ("3", "血液製剤によるHIV感染"))
)
LIMIT_CHANGED: Final = Codes("014", (("0", "なし"), ("1", "あり、または判定不能")))
PRESCHOOL: Final = Codes("015", (("1", "未就学該当"),))
CONSENT: Final = Codes(
    "016",
    (
        ("0", "同意なし"),
        ("1", "同意あり"),
        ("2", "同意有効期限切れ（訪問・オンライン診療等）"),
        ("3", "同意取得困難（救急）"),
    ),
)
PRESCRIPTION: Final = Codes("017", (("1", "電子処方箋"), ("2", "紙の処方箋")))
TICKET: Final = Codes("018", (("01", "医療券"), ("02", "調剤券")))
TREATMENT: Final = Codes("019", (("01", "入院"), ("02", "入院外"), ("03", "歯科"), ("04", "調剤"), ("05", "訪問看護")))
SINGLE_OR_COMBINED: Final = Codes("020", (("01", "単独"), ("02", "併用")))
SOCIAL_INSURANCE: Final = Codes("021", (("01", "あり"), ("02", "なし")))
CONSISTENCY: Final = Codes("022", (("1", "不整合あり"),))
INFECTION: Final = Codes("023", (("01", "あり"), ("02", "なし")))
ELDERLY_CARE: Final = Codes("024", (("01", "あり"), ("02", "なし")))
PREFECTURAL: Final = Codes("025", (("01", "あり"), ("02", "なし")))
DESIGNATED: Final = Codes("026", (("0", "一致"), ("1", "不一致")))
CARE: Final = Codes("028", (("1", "外来"), ("2", "訪問診療等"), ("3", "オンライン診療等"), ("4", "救急時")))
RATIO: Final = Codes("", tuple((f"0{tenths}0", f"{tenths}割") for tenths in range(4)))
"""Percentage, three digits."""
YES_NO: Final = Codes("", (("0", "いいえ"), ("1", "はい")))
SUBSIDY_STATUS: Final = Codes(
    "",
    (
        ("1", "利用する（有効な受給者証あり）"),
        ("2", "利用しない（患者の選択）"),
        ("3", "受給者証なし"),
        ("4", "有効期間終了"),
        ("5", "自治体が未接続"),
    ),
)
FILE_CATEGORY: Final = Codes("", (("1", "PDF"), ("2", "XML")))
RESULT: Final = Codes("", (("1", "正常"), ("9", "エラー")))
