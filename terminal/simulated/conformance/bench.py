"""Run conformance cases: place files, set tasks, answer requests and judge the software under test."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from lxml import etree

from config.japan import JAPAN
from terminal.handover.check import check_bytes
from terminal.handover.folder import WORK_FOLDER, ResultFolder
from terminal.handover.values import Severity
from terminal.handover.xml import Encoding, ParsedFile, parse
from terminal.simulated.conformance.export import EXPORT_FOLDER, ConformanceExport, NotAnExport, read_export
from terminal.simulated.conformance.model import CaseOutcome, Observation, Text
from terminal.simulated.exchange.answers.common import AnswerContext
from terminal.simulated.exchange.checks import LocalChecks
from terminal.simulated.exchange.insured import LocalInsured
from terminal.simulated.exchange.names import RequestName, request_name
from terminal.simulated.exchange.requests import AnswerFile, Rejected, Silent, handle
from terminal.simulated.exchange.sample_files import Sample, face_file
from terminal.simulated.exchange.service import Folders
from terminal.simulated.exchange.store import ExchangeStore
from terminal.simulated.service.people import People

TASK_FOLDER = "tasks"
INSTITUTION = "1319999999"
BULK_DURATION, NOW = timedelta(hours=1), timedelta()


@dataclass(frozen=True, slots=True)
class CasePace:
    """Time limits and delays of a conformance run."""

    patience: float
    """Seconds to wait for any action of the software under test."""
    export: float
    """Seconds to wait for a file's export after it was picked up. Some software exports nothing."""
    slow: float
    """Delay of slow answers in seconds."""
    settled: float
    """How many seconds a request file must stay unchanged before it is read."""


REAL = CasePace(patience=120.0, export=60.0, slow=7.0, settled=0.5)
QUICK = CasePace(patience=6.0, export=3.0, slow=1.5, settled=0.05)


@dataclass(frozen=True, slots=True)
class Request:
    """A request file from the software under test."""

    name: RequestName
    data: bytes
    root: etree._Element

    def text(self, path: str) -> str:
        return (self.root.findtext(path) or "").strip()


def format_value(value: object) -> str:
    """Format an export field for the report."""
    if isinstance(value, dict):
        return ", ".join(f"{name}={entry}" for name, entry in sorted(value.items())) or "-"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value) or "-"


def create_folders(root: Path) -> Folders:
    """Create missing exchange folders and return all of them."""
    folders = Folders.below(root)
    for name in (TASK_FOLDER, EXPORT_FOLDER):
        (root / name).mkdir(exist_ok=True)
    return folders


class CaseRunner:
    """Runs cases one at a time and calls `on_instruction` with each instruction for the user."""

    def __init__(self, root: Path, people: People, pace: CasePace, on_instruction: Callable[[Text], None]) -> None:
        self.folders = create_folders(root)
        self.tasks, self.exports = root / TASK_FOLDER, root / EXPORT_FOLDER
        self.people, self.pace = people, pace
        self._on_instruction = on_instruction
        self._face = ResultFolder(self.folders.face, owner="conform")
        self._res = ResultFolder(self.folders.res, owner="conform")
        self.store = ExchangeStore(None)
        self.outcome: CaseOutcome
        self._count = 0
        self._task_count = 0

    def close(self) -> None:
        self.store.close()

    def begin(self, outcome: CaseOutcome) -> None:
        self.outcome = outcome

    def end(self) -> None:
        """Delete this case's files."""
        for folder in (self.folders.face, self.folders.res, self.folders.req, self.tasks):
            for path in folder.iterdir():
                if path.is_file():
                    path.unlink(missing_ok=True)

    @property
    def now(self) -> datetime:
        """The current time plus one second per access, which makes every file name unique."""
        self._count += 1
        return datetime.now(JAPAN) + timedelta(seconds=self._count)

    # --- observations ----------------------------------------------------------------------------------------

    def note(self, ja: str, en: str) -> None:
        self.outcome.observations.append(Observation(Text(ja, en)))

    def judge(self, right: bool, ja: str, en: str) -> bool:
        self.outcome.observations.append(Observation(Text(ja, en), right))
        return right

    # --- face ------------------------------------------------------------------------------------------------

    def sample(
        self, person: str, answers: str = "all", *, at: datetime | None = None, **options: Any
    ) -> tuple[str, bytes]:
        """Return the name and content of a result file. Options: `encoding` and the fields of `Sample`."""
        encoding: Encoding = options.pop("encoding", "UTF-8")
        now = at or self.now
        sample = Sample(f"{self.outcome.case.key} {self._count}", person, answers, **options)
        file = face_file(sample, self.people, now, institution=INSTITUTION, encoding=encoding)
        return file.name, file.data

    def place(self, name: str, data: bytes) -> str:
        self._face.deliver(name, data)
        self.note(f"結果ファイルを置いた：{name}", f"result file placed: {name}")
        return name

    def place_together(self, *files: tuple[str, bytes]) -> list[str]:
        """Place files from two card readers at the same time."""
        work = self.folders.face / WORK_FOLDER
        work.mkdir(exist_ok=True)
        for name, data in files:
            (work / name).write_bytes(data)
        for name, _ in files:
            (work / name).rename(self.folders.face / name)
        for name, _ in files:
            self.note(f"結果ファイルを置いた：{name}", f"result file placed: {name}")
        return [name for name, _ in files]

    def picked_up(self, name: str) -> bool:
        """Return whether the software removes the file from the folder in time."""
        removed = self.wait_for(lambda: not (self.folders.face / name).exists())
        ja = f"{name} を" + ("取り込んだ" if removed else "取り込まなかった")
        return self.judge(removed, ja, f"{name} was {'picked up' if removed else 'not picked up'}")

    def export(self, name: str) -> ConformanceExport | None:
        """Return the export of a file. A missing export is an error only if other files were exported."""
        path = self.exports / f"{name}.json"
        self.wait_for(path.exists, self.pace.export)
        try:
            export = read_export(path)
        except NotAnExport as error:
            self.judge(False, f"エクスポートが読めない：{error}", f"cannot read the export: {error}")
            return None
        if export is None and any(self.exports.iterdir()):
            self.judge(False, f"{name} の記録がない", f"no export for {name}")
        elif export is None:
            self.outcome.not_reported = True
            self.note("エクスポートがないため内容は判定しない", "content not judged: the software exports nothing")
        return export

    def is_exported(self, name: str) -> bool:
        return (self.exports / f"{name}.json").exists()

    def read_as(self, file: str, **expected: Any) -> ConformanceExport | None:
        """Wait until the file is picked up and exported, then compare the export with `expected`."""
        if not self.picked_up(file):
            return None
        export = self.export(file)
        if export is not None:
            self.compare(export, **expected)
        return export

    def compare(self, export: ConformanceExport, **expected: Any) -> None:
        """Judge the exported fields. The case is not judged if the export contains none of the `expected` fields."""
        self.outcome.not_reported |= all(getattr(export, field) is None for field in expected)
        for field, value in expected.items():
            actual = getattr(export, field)
            if actual is None:
                self.note(f"{field}：記録なし", f"{field}: not exported")
                continue
            got, want = format_value(actual), format_value(value)
            self.judge(actual == value, f"{field}：{got}（期待：{want}）", f"{field}: {got} (expected {want})")

    # --- requests --------------------------------------------------------------------------------------------

    def task(self, kind: str, instruction: Text, **fields: Any) -> str:
        """Set a task as a file, instruct the user, and return the task id."""
        self._task_count += 1
        task = f"{self.outcome.case.key}-{self._task_count}"
        content = {"task": task, "do": kind, "institution": INSTITUTION, **fields}
        work = self.tasks / f".{task}.json"
        work.write_text(json.dumps(content | {"ja": instruction.ja, "en": instruction.en}, ensure_ascii=False))
        work.rename(self.tasks / f"{task}.json")
        self._on_instruction(instruction)
        self.note(f"依頼：{instruction.ja}", f"task: {instruction.en}")
        return task

    def request(self, prefix: str, *, seconds: float | None = None) -> Request | None:
        """Return the next complete request with this prefix, or None on timeout.

        Judges the request's format and deletes its file.
        """
        requests: list[Request] = []

        def find() -> bool:
            for path in sorted(self.folders.req.glob(f"{prefix}*")):
                request = self._complete(path)
                if request is not None:
                    requests.append(request)
                    path.unlink()
                    return True
            return False

        if not self.wait_for(find, seconds):
            self.judge(False, f"{prefix} の要求が出されなかった", f"no {prefix} request was sent")
            return None
        request = requests[0]
        errors = [
            finding
            for finding in check_bytes(request.name.text, request.data).findings
            if finding.severity is Severity.ERROR
        ]
        faults = "; ".join(f"{error.path}: {error.expected}" for error in errors[:3])
        self.judge(not errors, f"要求の形式：{faults or '正しい'}", f"request format: {faults or 'correct'}")
        return request

    def _complete(self, path: Path) -> Request | None:
        name = request_name(path.name)
        try:
            before = path.stat()
            time.sleep(self.pace.settled)
            if not isinstance(name, RequestName) or (before.st_size, before.st_mtime_ns) != _state(path):
                return None
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        parsed = parse(data)
        return Request(name, data, parsed.root) if isinstance(parsed, ParsedFile) else None

    def answer_context(
        self, fail: bool = False, encoding: Encoding = "UTF-8", *, later: timedelta = NOW
    ) -> AnswerContext:
        """Return the answer context that the simulated exchange would use. `later`: offset from the current time."""
        insured, checks = LocalInsured(self.people), LocalChecks(self.people)
        return AnswerContext(insured, checks, self.store, datetime.now(JAPAN) + later, encoding, None, fail)

    def answer(self, request: Request, *, fail: bool = False, later: timedelta = NOW) -> str:
        """Place the simulated exchange's answer and return its file name. `fail`: answer with an abnormal end."""

        abnormal_end = fail

        def make(fail: bool, encoding: Encoding = "UTF-8") -> AnswerContext:
            return self.answer_context(fail or abnormal_end, encoding, later=later)

        handled = handle(request.name, request.data, make, BULK_DURATION)
        assert not isinstance(handled, Silent), "no task provokes silence"
        return self.place_answer(handled)

    def place_answer(self, answer: AnswerFile | Rejected) -> str:
        """Place an answer file and return its name."""
        self._res.deliver(answer.name, answer.data)
        self.note(f"回答を置いた：{answer.name}", f"answer placed: {answer.name}")
        return answer.name

    # --- waiting ---------------------------------------------------------------------------------------------

    def wait_for(self, condition: Callable[[], bool], seconds: float | None = None) -> bool:
        """Wait for the condition, by default for `patience` seconds; return whether it became true."""
        end = time.monotonic() + (self.pace.patience if seconds is None else seconds)
        while not condition():
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True


def _state(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns
