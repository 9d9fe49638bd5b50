"""Our own receipt software for conformance tests, correct or with faults. It shares no reading code with the terminal.

It picks up results from `face` and answers from `res`, does the tasks, and exports what it read.
"""

import json
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from lxml import etree

from config.japan import JAPAN
from terminal.simulated.conformance.export import EXPORT_FOLDER
from terminal.simulated.conformance.faults import SoftwareFault
from terminal.simulated.conformance.reading import Incomplete, parsed, text_of, understood

TASK_FOLDER: Final = "tasks"
PATIENCE: Final = 30.0
"""Seconds to wait for an answer."""
IMPATIENT: Final = 0.5
"""Seconds an impatient client waits; it then gives up even if the answer has just arrived."""


@dataclass(slots=True)
class _Waiting:
    task: dict[str, Any]
    request: str
    identifier: str
    since: float = field(default_factory=time.monotonic)


class Client:
    def __init__(self, root: Path, faults: Collection[SoftwareFault] = ()) -> None:
        self.root, self.faults = root, frozenset(faults)
        self._patients: dict[str, str] = {}
        self._booked: dict[str, int] = {}
        self._done: set[str] = set()
        self._waiting: list[_Waiting] = []
        self._count = 0

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self._read_results()
            self._do_tasks()
            self._read_answers()
            stop.wait(0.03)

    # --- results of the card reader ------------------------------------------------------------------------------

    def _read_results(self) -> None:
        folder = self.root / "face"
        found = _results(folder)
        if found and SoftwareFault.FIRST_FILE_ONLY in self.faults:
            time.sleep(0.3)  # the fault shows only if several files are present
            found = _results(folder)
        for path in found:
            try:
                data = path.read_bytes()
                root = parsed(data, self.faults)
            except FileNotFoundError:
                continue
            except Incomplete:
                if SoftwareFault.READS_HALF in self.faults:
                    path.unlink(missing_ok=True)
                continue
            self._book(path.name, root)
            path.unlink(missing_ok=True)
            if SoftwareFault.FIRST_FILE_ONLY in self.faults:
                for other in found:
                    other.unlink(missing_ok=True)
                break
        if found and SoftwareFault.DELETES_EVERYTHING in self.faults:
            for path in folder.iterdir():
                if path.is_file():
                    path.unlink(missing_ok=True)

    def _book(self, name: str, root: etree._Element) -> None:
        """Book a file once, however often it appears."""
        known = self._booked.get(name, 0)
        self._booked[name] = known + 1 if SoftwareFault.BOOKS_TWICE in self.faults else 1
        self._export(
            name, understood(root, self.faults) | {"patient": self._patient(root), "booked": self._booked[name]}
        )

    def _patient(self, root: etree._Element) -> str | None:
        record = root.find(".//ResultOfQualificationConfirmation")
        if record is None:
            return None
        own = text_of(record, "ReferenceNumber")
        if own:
            return own
        parts = ("InsurerNumber", "InsuredCardSymbol", "InsuredIdentificationNumber", "InsuredBranchNumber")
        key = (
            text_of(record, "Name")
            if SoftwareFault.MERGES_BY_NAME in self.faults
            else "/".join(text_of(record, part) for part in parts)
        )
        return self._patients.setdefault(key, f"P-{len(self._patients) + 1:04}")

    # --- tasks ---------------------------------------------------------------------------------------------------

    def _do_tasks(self) -> None:
        for path in sorted((self.root / TASK_FOLDER).glob("*.json")):
            if path.name in self._done or path.name.startswith("."):
                continue
            try:
                task = json.loads(path.read_text(encoding="utf-8"))
            except (FileNotFoundError, ValueError):
                continue
            self._done.add(path.name)
            {"check": self._check, "bulk": self._bulk, "register": self._register}[task["do"]](task)

    def _check(self, task: dict[str, Any]) -> None:
        self._send(task, "OQSsiquc01req", _header(task, self._day(task)), [_search(task)])

    def _bulk(self, task: dict[str, Any]) -> None:
        searches = [_search(person) for person in task["people"]]
        self._send(task, "OQSmuquc01req", _header(task, self._day(task)), searches)

    def _register(self, task: dict[str, Any]) -> None:
        info = etree.Element("ReferenceNumberRegistrationInfo")
        _add(info, "ReferenceNumber", task["reference"])
        _numbers(info, task)
        self._send(task, "OQSsiimm01req", _header(task), [info])

    def _day(self, task: dict[str, Any]) -> str:
        today = f"{datetime.now(UTC).astimezone(JAPAN):%Y%m%d}"
        return today if SoftwareFault.ASKS_FOR_TODAY in self.faults else task.get("day", today)

    def _send(self, task: dict[str, Any], prefix: str, header: etree._Element, parts: list[etree._Element]) -> None:
        self._count += 1
        identifier = f"ID-{self._count:05}"
        _add(header, "ArbitraryFileIdentifier", identifier)
        root = etree.Element("XmlMsg")
        root.append(header)
        body = etree.SubElement(root, "MessageBody")
        body.extend(parts)
        name = f"{prefix}_{self._count:08}.xml"
        work = self.root / "req" / f"{name}.tmp"
        work.write_bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=False))
        work.rename(self.root / "req" / name)
        self._waiting.append(_Waiting(task, name, identifier))

    # --- answers -------------------------------------------------------------------------------------------------

    def _read_answers(self) -> None:
        folder = self.root / "res"
        for waiting in list(self._waiting):
            answer = folder / waiting.request.replace("req_", "res_")
            error = folder / waiting.request.replace(".xml", ".err")
            if SoftwareFault.TAKES_THE_NEXT_ANSWER in self.faults:
                answer = next(iter(sorted(folder.glob("*res_*.xml"))), answer)
            waited = time.monotonic() - waiting.since
            if SoftwareFault.IMPATIENT in self.faults and waited > IMPATIENT:
                self._waiting.remove(waiting)
            elif answer.exists():
                self._waiting.remove(waiting)
                self._answered(waiting, answer)
            elif error.exists() and SoftwareFault.IGNORES_ERR not in self.faults:
                self._waiting.remove(waiting)
                error.unlink(missing_ok=True)
                self._export(error.name, {"ask_staff": True, "billable": False})
            elif waited > PATIENCE:
                self._waiting.remove(waiting)

    def _answered(self, waiting: _Waiting, answer: Path) -> None:
        root = parsed(answer.read_bytes(), self.faults)
        answer.unlink(missing_ok=True)
        identifier = text_of(root, "MessageHeader/ArbitraryFileIdentifier")
        if identifier != waiting.identifier and SoftwareFault.TAKES_THE_NEXT_ANSWER not in self.faults:
            self._export(answer.name, {"ask_staff": True, "billable": False, "identifier": identifier})
            return
        number = text_of(root, "MessageBody/ReceptionNumber")
        if "01res_" in answer.name and number:
            self._fetch(waiting.task, number)
        elif answer.name.startswith("OQSmuquc02") and text_of(root, "MessageHeader/SegmentOfResult") == "2":
            if SoftwareFault.FETCHES_ONCE not in self.faults:
                time.sleep(0.3)
                self._fetch(waiting.task, text_of(root, "MessageHeader/ReceptionNumber"))
        else:
            units = root.findall("MessageBody/BulkConfirmUnit")
            export = understood(root, self.faults) | {"identifier": waiting.identifier, "units": len(units)}
            self._export(answer.name, export)

    def _fetch(self, task: dict[str, Any], number: str) -> None:
        reception = etree.Element("ReceptionNumber")
        reception.text = number
        self._send(task, "OQSmuquc02req", _header(task), [reception])

    def _export(self, name: str, export: dict[str, Any]) -> None:
        folder = self.root / EXPORT_FOLDER
        work = folder / f".{name}.part"
        work.write_text(json.dumps(export, ensure_ascii=False), encoding="utf-8")
        work.rename(folder / f"{name}.json")


def _results(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("OQSsiquc01res_face_*.xml") if path.is_file())


def _header(task: dict[str, Any], day: str = "") -> etree._Element:
    header = etree.Element("MessageHeader")
    if day:
        _add(header, "QualificationConfirmationDate", day)
    _add(header, "MedicalInstitutionCode", task["institution"])
    return header


def _search(person: dict[str, Any]) -> etree._Element:
    search = etree.Element("QualificationConfirmSearchInfo")
    _numbers(search, person)
    _add(search, "Birthdate", person["birth_date"])
    _add(search, "LimitApplicationCertificateRelatedConsFlg", "0")
    return search


def _numbers(element: etree._Element, person: dict[str, Any]) -> None:
    _add(element, "InsurerNumber", person["insurer_number"].rjust(8))
    _add(element, "InsuredCardSymbol", person["symbol"])
    _add(element, "InsuredIdentificationNumber", person["number"])
    _add(element, "InsuredBranchNumber", person["branch"])


def _add(element: etree._Element, name: str, text: str) -> None:
    if text:
        etree.SubElement(element, name).text = text
