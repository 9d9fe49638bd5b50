"""Invented drug and health-check data. No such drug, dispenser, code or value exists; the names say so."""

from datetime import date, timedelta

from terminal.handover.messages.data import Checkup, CheckupValue, DispensedDay, Drug, DrugMonth

_DRUGS = (
    Drug(
        code="999999901",
        name="模擬薬アルファ錠１０ｍｇ（架空）",
        ingredient="架空成分アルファ",
        quantity="1",
        unit="錠",
        usage="１日１回朝食後（模擬）",
        times="28",
        usage_class="1",
    ),
    Drug(
        code="999999902",
        name="模擬薬ベータ軟膏（架空）",
        ingredient="架空成分ベータ",
        quantity="25",
        unit="ｇ",
        usage="１日２回塗布（模擬）",
        times="1",
        usage_class="3",
    ),
)


def drug_months(start: date, end: date) -> tuple[DrugMonth, ...]:
    """One dispensing a month on the tenth, of at most three months, within the days asked for."""
    days: list[date] = []
    day = end.replace(day=10)
    while day >= start and len(days) < 3:
        if day <= end:
            days.append(day)
        if day.year == 1 and day.month == 1:
            break
        day = (day.replace(day=1) - timedelta(days=1)).replace(day=10)
    return tuple(_month(day) for day in reversed(days))


def _month(day: date) -> DrugMonth:
    return DrugMonth(
        dispenser_kind="4",
        dispenser_code="1349999999",
        dispenser_name="模擬薬局（架空）",
        prescriber_code="1319999999",
        prescriber_name="模擬診療所（架空）",
        prescriber_kind="1",
        in_or_out="2",
        month=f"{day.year:04}{day.month:02}",
        days=(DispensedDay(dispensed=day, prescribed=day, drugs=_DRUGS),),
    )


def checkups(day: date) -> tuple[Checkup, ...]:
    """Last year's, on the first of June."""
    last = date(max(day.year - 1, 1), 6, 1)
    return (
        Checkup(
            effective=last,
            values=(
                _value("9N00000000000001", "模擬身長（架空）", "PQ", "160.0", "cm"),
                _value("9N00000000000002", "模擬体重（架空）", "PQ", "55.0", "kg"),
                _value("9N00000000000003", "模擬判定（架空）", "CD", "1", None, "所見なし（模擬）"),
            ),
        ),
    )


def _value(
    code: str, name: str, data_type: str, value: str, unit: str | None, value_name: str | None = None
) -> CheckupValue:
    return CheckupValue(
        item_code=code, item_name=name, data_type=data_type, value=value, unit=unit, value_name=value_name
    )
