"""Conformance cases for result files from the card reader. Each records its observations on a `CaseRunner`."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from lxml import etree

from config.japan import JAPAN
from terminal.qualification.contract import CertificateStatus
from terminal.simulated.conformance.bench import CaseRunner

Play = Callable[[CaseRunner], None]
FACE_PLAYS: Final[dict[str, Play]] = {}
VIEWING = ("PharmacistsInfo", "DiagnosisInfo", "OperationInfo", "SpecificHealthCheckupsInfo")


def play(key: str) -> Callable[[Play], Play]:
    def register(function: Play) -> Play:
        FACE_PLAYS[key] = function
        return function

    return register


def flags(**values: str) -> dict[str, str]:
    return values


@play("everything-shared")
def everything_shared(bench: CaseRunner) -> None:
    name, data = bench.sample("adult")
    consents = dict.fromkeys((*VIEWING, "LimitApplicationCertificateRelated"), "1")
    bench.read_as(
        bench.place(name, data),
        name="模擬　花子",
        insurer_number="138999",
        number="0001234",
        branch="01",
        validity="1",
        billable=True,
        consents=consents,
        limit="A03",
    )


@play("two-readers")
def two_readers(bench: CaseRunner) -> None:
    at = bench.now
    names = bench.place_together(bench.sample("adult", at=at), bench.sample("young", at=at))
    first = bench.read_as(names[0], name="模擬　花子", number="0001234")
    second = bench.read_as(names[1], name="模擬　若葉", number="12")
    if first and second and first.patient is not None:
        separate = first.patient != second.patient
        ja = "別々の患者として記録" if separate else "同じ患者として記録"
        bench.judge(separate, ja, f"recorded as {'separate patients' if separate else 'the same patient'}")


@play("same-name")
def same_name(bench: CaseRunner) -> None:
    first = bench.read_as(bench.place(*bench.sample("adult")), number="0001234")
    second = bench.read_as(bench.place(*bench.sample("namesake")), number="0009321")
    if first and second and first.patient is not None and second.patient is not None:
        separate = first.patient != second.patient
        ja = "別人として記録" if separate else "同じ患者にまとめた"
        bench.judge(separate, ja, "recorded as different patients" if separate else "merged into one patient")


@play("late-file")
def late_file(bench: CaseRunner) -> None:
    name, data = bench.sample("elder", "medicines=yes")
    path = bench.folders.face / name
    half = len(data) // 2
    with path.open("wb") as file:
        file.write(data[:half])
        file.flush()
        bench.note(f"途中まで書いた：{name}", f"half written: {name}")
        removed = bench.wait_for(lambda: not path.exists(), min(3.0, bench.pace.slow))
        if not bench.judge(not removed, "書き終わるまで残した", "left in place until complete"):
            return
        file.write(data[half:])
    bench.read_as(name, name="見本　太郎", consents=flags(PharmacistsInfo="1"))


@play("black-circle")
def black_circle(bench: CaseRunner) -> None:
    bench.read_as(bench.place(*bench.sample("black-circle")), name="模擬　●美", ask_staff=True)


@play("refusal-stays")
def refusal_stays(bench: CaseRunner) -> None:
    consents = dict.fromkeys((*VIEWING, "LimitApplicationCertificateRelated"), "0")
    bench.read_as(bench.place(*bench.sample("adult", "none")), consents=consents)


@play("absent-stays")
def absent_stays(bench: CaseRunner) -> None:
    bench.read_as(bench.place(*bench.sample("adult", "medicines=yes")), consents=flags(PharmacistsInfo="1"))


@play("medicines-alone")
def medicines_alone(bench: CaseRunner) -> None:
    answers = flags(PharmacistsInfo="1", DiagnosisInfo="0")
    bench.read_as(bench.place(*bench.sample("adult", "medicines=yes,diagnosis=no")), consents=answers)


@play("limit-by-law")
def limit_by_law(bench: CaseRunner) -> None:
    bench.read_as(bench.place(*bench.sample("adult", "high-cost-limit=by-law")), limit="A03")


@play("limit-refused")
def limit_refused(bench: CaseRunner) -> None:
    bench.read_as(bench.place(*bench.sample("adult", "high-cost-limit=no")), limit="")


@play("subsidy-used")
def subsidy_used(bench: CaseRunner) -> None:
    name = bench.place(*bench.sample("subsidy-rare-disease", "subsidies=yes"))
    bench.read_as(name, subsidy="use", subsidy_numbers=["54139999/7000033"])


@play("subsidy-refused")
def subsidy_refused(bench: CaseRunner) -> None:
    bench.read_as(bench.place(*bench.sample("subsidy-rare-disease", "subsidies=no")), subsidy="keep")


@play("subsidy-none")
def subsidy_none(bench: CaseRunner) -> None:
    name, data = bench.sample("subsidy-ended", "medicines=yes")
    data = data.replace(b"<MedicalSubsidyStatus>4<", b"<MedicalSubsidyStatus>3<")
    bench.read_as(bench.place(name, data), subsidy="none")


@play("subsidy-ended")
def subsidy_ended(bench: CaseRunner) -> None:
    bench.read_as(bench.place(*bench.sample("subsidy-ended", "medicines=yes")), subsidy="close")


@play("subsidy-not-connected")
def subsidy_not_connected(bench: CaseRunner) -> None:
    bench.read_as(bench.place(*bench.sample("subsidy-not-connected", "medicines=yes")), subsidy="ask")


@play("subsidy-two")
def subsidy_two(bench: CaseRunner) -> None:
    name = bench.place(*bench.sample("subsidy-two", "subsidies=yes"))
    bench.read_as(name, subsidy="use", subsidy_numbers=["54139999/7000055", "80139999/ﾓｷﾞ-7000056"])


@play("shift-jis")
def shift_jis(bench: CaseRunner) -> None:
    name = bench.place(*bench.sample("tall-bridge", "medicines=yes", encoding="Shift_JIS"))
    bench.read_as(name, name="見本　髙﨑", insurer_number="138999")


@play("lost")
def lost(bench: CaseRunner) -> None:
    bench.read_as(bench.place(*bench.sample("lost-qualification", "none")), validity="2", billable=False)


@play("no-qualification")
def no_qualification(bench: CaseRunner) -> None:
    bench.read_as(bench.place(*bench.sample("no-qualification", "none")), validity="4", billable=False)


@play("ticket-not-yet")
def ticket_not_yet(bench: CaseRunner) -> None:
    bench.read_as(bench.place(*bench.sample("public-assistance-not-yet", "")), validity="6")


@play("again-after-a-kill")
def again_after_a_kill(bench: CaseRunner) -> None:
    name, data = bench.sample("adult")
    if bench.read_as(bench.place(name, data), booked=1) is None:
        return
    bench.place(name, data)
    bench.picked_up(name)
    time.sleep(min(0.3, bench.pace.patience))
    export = bench.export(name)
    if export is not None:
        bench.compare(export, booked=1)


@play("years-end")
def years_end(bench: CaseRunner) -> None:
    at = datetime(2026, 12, 31, 23, 59, 0, tzinfo=JAPAN)
    name = bench.place(*bench.sample("adult", "medicines=yes", at=at))
    bench.read_as(name, until={"PharmacistsInfo": "20270101235900"})


@play("leading-zeros")
def leading_zeros(bench: CaseRunner) -> None:
    bench.read_as(bench.place(*bench.sample("elder")), number="00009876", insurer_number="39139999")
    bench.read_as(bench.place(*bench.sample("adult")), number="0001234", insurer_number="138999", branch="01")


@play("two-in-force")
def two_in_force(bench: CaseRunner) -> None:
    bench.read_as(bench.place(*bench.sample("two-in-force")), ask_staff=True, billable=False)


@play("other-name")
def other_name(bench: CaseRunner) -> None:
    name = bench.place(*bench.sample("foreign-resident"))
    bench.read_as(name, name="SHIKEN　JANE MIHON", name_of_other="試験　ジェーン")


@play("unknown-element")
def unknown_element(bench: CaseRunner) -> None:
    name, data = bench.sample("young", "medicines=yes", standing=CertificateStatus.EXPIRING)
    data = data.replace(b"<Sex1>", b"<ElementOfNextYear><Part>1</Part></ElementOfNextYear><Sex1>")
    bench.read_as(bench.place(name, data), name="模擬　若葉", consents=flags(PharmacistsInfo="1"))


@play("any-order")
def any_order(bench: CaseRunner) -> None:
    name, data = bench.sample("adult", "medicines=yes")
    root = etree.fromstring(data)
    for element in list(root.iter("MessageBody", "MessageHeader", "ResultOfQualificationConfirmation")):
        element[:] = list(reversed(list(element)))
    reversed_data = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=False)
    bench.read_as(bench.place(name, reversed_data), number="0001234", consents=flags(PharmacistsInfo="1"), validity="1")


@play("foreign-files")
def foreign_files(bench: CaseRunner) -> None:
    others = ("memo.txt", "YZKsiquc01res_1.xml", "OQSsiquc01res_face_1_20261126000000.xml.tmp")
    for other in others:
        (bench.folders.face / other).write_bytes(b"<XmlMsg/>")
    bench.read_as(bench.place(*bench.sample("adult")), number="0001234")
    bench.wait_for(lambda: not all((bench.folders.face / other).exists() for other in others), bench.pace.slow)
    remaining = [other for other in others if (bench.folders.face / other).exists()]
    bench.judge(
        remaining == list(others),
        f"残っている：{', '.join(remaining)}",
        f"remaining: {', '.join(remaining) or 'nothing'}",
    )


@play("broken-file")
def broken_file(bench: CaseRunner) -> None:
    name, data = bench.sample("elder")
    bench.place(name, data[: len(data) // 3])
    bench.read_as(bench.place(*bench.sample("adult")), name="模擬　花子")


@play("burst")
def burst(bench: CaseRunner) -> None:
    people = ("adult", "elder", "young", "child", "seventies", "self-defence")
    names = [bench.place(*bench.sample(people[count % len(people)], "")) for count in range(30)]
    bench.outcome.observations.clear()
    bench.note("30件を置いた", "thirty files placed")
    emptied = bench.wait_for(lambda: not any((bench.folders.face / name).exists() for name in names))
    remaining = sum((bench.folders.face / name).exists() for name in names)
    bench.judge(emptied, f"残り{remaining}件", f"{remaining} not picked up")
    if bench.export(names[-1]) is None and bench.outcome.not_reported:
        return
    bench.wait_for(lambda: all(map(bench.is_exported, names)), 1.0)
    exported = sum(map(bench.is_exported, names))
    bench.judge(exported == len(names), f"記録{exported}件", f"{exported} of {len(names)} exported")
    exports = [bench.export(name) for name in names if bench.is_exported(name)]
    bookings = [export.booked for export in exports if export is not None and export.booked is not None]
    duplicates = sum(count > 1 for count in bookings)
    bench.judge(not duplicates, f"重複{duplicates}件", f"{duplicates} booked more than once")
