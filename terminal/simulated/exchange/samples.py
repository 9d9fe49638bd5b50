"""Fictitious drug and health check-up data. The names show that the drugs and institutions do not exist.

Check-up codes have the format of real ones (JLAC10, 17 characters), to test the limits of receipt computers. Two values
are out of range.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from terminal.handover.messages.data import (
    Checkup,
    CheckupValue,
    DispensedDay,
    DispensingDay,
    DispensingDrug,
    DispensingMonth,
    Dispensings,
    Drug,
    DrugBody,
    DrugMonth,
    PrescribedDay,
    PrescribedDrug,
    PrescriptionMonth,
    Prescriptions,
    Treatment,
)

_OTHER_CLINIC = ("1318888888", "模擬第二医院（架空）")
_PHARMACY = ("1349999999", "模擬薬局（架空）")
_OWN, _OTHER = "1", "2"
"""PrIsOrg, as open-source programs interpret it: prescribed by the requesting or a different institution [inferred]."""
_ORAL, _EXTERNAL = "21", "23"
"""MeTrIdCl: 診療識別, as in claims [inferred]."""

_TABLET = {
    "code": "999999901",
    "name": "模擬薬アルファ錠１０ｍｇ（架空）",
    "ingredient": "架空成分アルファ",
    "quantity": "1",
    "unit": "錠",
    "usage": "１日１回朝食後（模擬）",
    "times": "28",
    "usage_class": _ORAL,
}
_OINTMENT = {
    "code": "999999902",
    "name": "模擬薬ベータ軟膏（架空）",
    "ingredient": "架空成分ベータ",
    "quantity": "25",
    "unit": "ｇ",
    "usage": "１日２回塗布（模擬）",
    "times": "1",
    "usage_class": _EXTERNAL,
}
_TREATMENTS = (
    Treatment(name="模擬再診料（架空）", code="999999801", usage_class="12", quantity="1", times="1", unit="回"),
    Treatment(name="模擬血液検査（架空）", code="999999802", usage_class="60", quantity="1", times="1", unit="回"),
)


@dataclass(frozen=True, slots=True)
class DrugQuery:
    """The period and kinds of drug data to return."""

    start: date
    end: date
    """Today at the latest."""
    institution: str
    e_prescriptions: bool
    """Whether to include prescriptions and dispensings without a claim."""
    treatments: bool
    """Whether to include treatments, which requires a consent for past care."""


def drug_data(query: DrugQuery) -> DrugBody:
    """Return claims up to the month before `end`, and e-prescriptions from the month of `end`."""
    days = _tenths(query.start, query.end)
    claimed = [day for day in days if (day.year, day.month) != (query.end.year, query.end.month)]
    recent = [day for day in days if day not in claimed] if query.e_prescriptions else []
    return DrugBody(
        months=tuple(_claim(day, query) for day in claimed),
        prescriptions=Prescriptions(months=tuple(map(_prescription, recent))) if recent else None,
        dispensings=Dispensings(months=tuple(map(_dispensing, recent))) if recent else None,
    )


def _tenths(start: date, end: date) -> list[date]:
    """Return the 10th of each month in the period, for the last three months at most."""
    days: list[date] = []
    day = end.replace(day=10)
    while day >= start and len(days) < 3:
        if day <= end:
            days.append(day)
        if day.year == 1 and day.month == 1:
            break
        day = (day.replace(day=1) - timedelta(days=1)).replace(day=10)
    return days[::-1]


def _month(day: date) -> str:
    return f"{day.year:04}{day.month:02}"


def _claim(day: date, query: DrugQuery) -> DrugMonth:
    """Return a claim, alternating between two institutions because some programs hide their own claims."""
    own = day.month % 2 == 0
    code, name = (query.institution, "模擬診療所（架空）") if own else _OTHER_CLINIC
    return DrugMonth(
        dispenser_kind="4",
        dispenser_code=_PHARMACY[0],
        dispenser_name=_PHARMACY[1],
        prescriber_code=code,
        prescriber_name=name,
        prescriber_kind=_OWN if own else _OTHER,
        in_or_out="2",
        month=_month(day),
        days=(
            DispensedDay(
                dispensed=day,
                prescribed=day,
                drugs=(Drug(**_TABLET), Drug(**_OINTMENT)),
                treatments=_TREATMENTS if query.treatments else (),
            ),
        ),
    )


def _prescription(day: date) -> PrescriptionMonth:
    return PrescriptionMonth(
        prescriber_kind=_OTHER,
        prescriber_code=_OTHER_CLINIC[0],
        prescriber_name=_OTHER_CLINIC[1],
        in_or_out="2",
        month=_month(day),
        days=(PrescribedDay(prescribed=day, drugs=(PrescribedDrug(**_TABLET),)),),
    )


def _dispensing(day: date) -> DispensingMonth:
    return DispensingMonth(
        dispenser_kind="4",
        dispenser_code=_PHARMACY[0],
        dispenser_name=_PHARMACY[1],
        prescriber_kind=_OTHER,
        prescriber_code=_OTHER_CLINIC[0],
        prescriber_name=_OTHER_CLINIC[1],
        in_or_out="2",
        month=_month(day),
        days=(DispensingDay(dispensed=day, prescribed=day, drugs=(DispensingDrug(**_TABLET),)),),
    )


def checkups(day: date) -> tuple[Checkup, ...]:
    """Return the check-ups of the last two years, each on 1 June."""
    years = (max(day.year - 2, 1), max(day.year - 1, 1))
    return tuple(
        Checkup(effective=date(year, 6, 1), values=values)
        for year, values in zip(dict.fromkeys(years), (_BEFORE, _LAST), strict=False)
    )


def _value(
    code: str, name: str, value: str, unit: str | None, kind: str = "PQ", value_name: str | None = None
) -> CheckupValue:
    return CheckupValue(item_code=code, item_name=name, data_type=kind, value=value, unit=unit, value_name=value_name)


_BEFORE = (
    _value("9N001000000000001", "模擬身長（架空）", "160.2", "cm"),
    _value("9N006000000000001", "模擬体重（架空）", "54.0", "kg"),
    _value("9A755000000000001", "模擬収縮期血圧（架空）", "128", "mmHg"),
    _value("3F015000002327101", "模擬中性脂肪（架空）", "140", "mg/dl"),
)
_LAST = (
    _value("9N001000000000001", "模擬身長（架空）", "160.0", "cm"),
    _value("9N006000000000001", "模擬体重（架空）", "55.0", "kg"),
    _value("9A755000000000001", "模擬収縮期血圧（架空）", "168", "mmHg"),
    _value("3F015000002327101", "模擬中性脂肪（架空）", "420", "mg/dl"),
    _value("9N501000000000011", "模擬メタボリック判定（架空）", "1", None, "CD", "基準該当（模擬）"),
)
