"""Sample receipt software for conformance tests, with or without faults.

Picks up results from `face` and answers from `res`, carries out tasks, and exports the fields it read. It shares no
parsing code with the terminal.
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
from terminal.simulated.conformance.reading import Incomplete, parse_root, read_fields, text_of

TASK_FOLDER: Final = "tasks"
PATIENCE: Final = 30.0
"""Seconds to wait for an answer."""
IMPATIENT: Final = 0.5
"""Seconds that a client with the fault `IMPATIENT` waits before it gives up, even if the answer has just arrived."""


@dataclass(slots=True)
class _Pending:
    """A request that has not been answered."""

    task: dict[str, Any]
    request: str
    identifier: str
    since: float = field(default_factory=time.monotonic)


class Client:
    """Receipt software that uses the exchange folders in `root`."""

    def __init__(self, root: Path, faults: Collection[SoftwareFault] = ()) -> None:
        self.root, self.faults = root, frozenset(faults)
        self._patients: dict[str, str] = {}
        self._booked: dict[str, int] = {}
        self._done: set[str] = set()
        self._pending: list[_Pending] = []
        self._count = 0

    def run(self, stop: threading.Event) -> None:
        """Process the folders repeatedly until `stop` is set."""
        while not stop.is_set():
            self._read_results()
            self._do_tasks()
            self._read_answers()
            stop.wait(0.03)

    # --- card reader results ------------------------------------------------------------------------------

    def _read_results(self) -> None:
        folder = self.root / "face"
        results = _results(folder)
        if results and SoftwareFault.FIRST_FILE_ONLY in self.faults:
            time.sleep(0.3)  # wait for a second file, without which the fault has no effect
            results = _results(folder)
        for path in results:
            try:
                data = path.read_bytes()
                root = parse_root(data, self.faults)
            except FileNotFoundError:
                continue
            except Incomplete:
                if SoftwareFault.READS_HALF in self.faults:
                    path.unlink(missing_ok=True)
                continue
            self._book(path.name, root)
            path.unlink(missing_ok=True)
            if SoftwareFault.FIRST_FILE_ONLY in self.faults:
                for other in results:
                    other.unlink(missing_ok=True)
                break
        if results and SoftwareFault.DELETES_EVERYTHING in self.faults:
            for path in folder.iterdir():
                if path.is_file():
                    path.unlink(missing_ok=True)

    def _book(self, name: str, root: etree._Element) -> None:
        """Book each file only once, even if it is delivered again."""
        bookings = self._booked.get(name, 0)
        self._booked[name] = bookings + 1 if SoftwareFault.BOOKS_TWICE in self.faults else 1
        self._export(
            name, read_fields(root, self.faults) | {"patient": self._patient(root), "booked": self._booked[name]}
        )

    def _patient(self, root: etree._Element) -> str | None:
        record = root.find(".//ResultOfQualificationConfirmation")
        if record is None:
            return None
        reference = text_of(record, "ReferenceNumber")
        if reference:
            return reference
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
        self._pending.append(_Pending(task, name, identifier))

    # --- answers -------------------------------------------------------------------------------------------------

    def _read_answers(self) -> None:
        folder = self.root / "res"
        for pending in list(self._pending):
            answer = folder / pending.request.replace("req_", "res_")
            error = folder / pending.request.replace(".xml", ".err")
            if SoftwareFault.TAKES_THE_NEXT_ANSWER in self.faults:
                answer = next(iter(sorted(folder.glob("*res_*.xml"))), answer)
            seconds = time.monotonic() - pending.since
            if SoftwareFault.IMPATIENT in self.faults and seconds > IMPATIENT:
                self._pending.remove(pending)
            elif answer.exists():
                self._pending.remove(pending)
                self._read_answer(pending, answer)
            elif error.exists() and SoftwareFault.IGNORES_ERR not in self.faults:
                self._pending.remove(pending)
                error.unlink(missing_ok=True)
                self._export(error.name, {"ask_staff": True, "billable": False})
            elif seconds > PATIENCE:
                self._pending.remove(pending)

    def _read_answer(self, pending: _Pending, answer: Path) -> None:
        root = parse_root(answer.read_bytes(), self.faults)
        answer.unlink(missing_ok=True)
        identifier = text_of(root, "MessageHeader/ArbitraryFileIdentifier")
        if identifier != pending.identifier and SoftwareFault.TAKES_THE_NEXT_ANSWER not in self.faults:
            self._export(answer.name, {"ask_staff": True, "billable": False, "identifier": identifier})
            return
        number = text_of(root, "MessageBody/ReceptionNumber")
        if "01res_" in answer.name and number:
            self._fetch(pending.task, number)
        elif answer.name.startswith("OQSmuquc02") and text_of(root, "MessageHeader/SegmentOfResult") == "2":
            if SoftwareFault.FETCHES_ONCE not in self.faults:
                time.sleep(0.3)
                self._fetch(pending.task, text_of(root, "MessageHeader/ReceptionNumber"))
        else:
            units = root.findall("MessageBody/BulkConfirmUnit")
            export = read_fields(root, self.faults) | {"identifier": pending.identifier, "units": len(units)}
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
