"""File kinds and their message types, by file name prefix."""

import re
from dataclasses import dataclass
from typing import Final

from terminal.handover.messages.bulk import BulkAccepted, BulkFetch, BulkRequest, BulkResult
from terminal.handover.messages.data import CheckupAnswer, CheckupRequest, DrugAnswer, DrugRequest
from terminal.handover.messages.lists import (
    BulkRegistrationRequest,
    BulkRegistrationResult,
    ConsentListRequest,
    WelfareListRequest,
)
from terminal.handover.messages.qualification import QualificationAnswer, QualificationRequest
from terminal.handover.messages.reference import RegistrationAnswer, RegistrationRequest
from terminal.handover.parts import LayoutProblem, Part, Reader
from terminal.handover.xml import MAX_BULK_SIZE, MAX_SIZE, ROOT, ParsedFile

FACE_PREFIX: Final = "OQSsiquc01res_face_"
LONG_CONSENT_JOBS: Final = ("OQSmuhvq", "OQSmuonq")
"""Jobs with consents that remain valid after the visit."""


@dataclass(frozen=True, slots=True)
class FileKind:
    prefix: str
    message: type[Part]
    title: str
    max_size: int = MAX_SIZE

    @property
    def job(self) -> str:
        """System, `si` or `mu` (single or multiple), and job, as in `OQSmuquc`. Requests and answers share it."""
        return self.prefix[:8]


FILE_KINDS: Final = (
    FileKind(FACE_PREFIX, QualificationAnswer, "資格確認結果（顔認証付きカードリーダー）"),
    FileKind("OQSsiquc01req_", QualificationRequest, "資格確認要求"),
    FileKind("OQSsiquc01res_", QualificationAnswer, "資格確認結果"),
    FileKind("OQSsiimm01req_", RegistrationRequest, "照会番号登録要求"),
    FileKind("OQSsiimm01res_", RegistrationAnswer, "照会番号登録結果"),
    FileKind("OQSmuquc01req_", BulkRequest, "資格確認一括照会要求", MAX_BULK_SIZE),
    FileKind("OQSmuquc01res_", BulkAccepted, "資格確認一括照会アップロード結果"),
    FileKind("OQSmuquc02req_", BulkFetch, "資格確認一括照会ダウンロード要求"),
    FileKind("OQSmuquc02res_", BulkResult, "資格確認一括照会結果", MAX_BULK_SIZE),
    FileKind("OQSmutic01req_", WelfareListRequest, "医療扶助一括照会要求"),
    FileKind("OQSmutic01res_", BulkAccepted, "医療扶助一括照会アップロード結果"),
    FileKind("OQSmutic02req_", BulkFetch, "医療扶助一括照会ダウンロード要求"),
    FileKind("OQSmutic02res_", BulkResult, "医療扶助一括照会結果", MAX_BULK_SIZE),
    FileKind("OQSmuhvq01req_", ConsentListRequest, "訪問診療等一括照会要求"),
    FileKind("OQSmuhvq01res_", BulkAccepted, "訪問診療等一括照会アップロード結果"),
    FileKind("OQSmuhvq02req_", BulkFetch, "訪問診療等一括照会ダウンロード要求"),
    FileKind("OQSmuhvq02res_", BulkResult, "訪問診療等一括照会結果", MAX_BULK_SIZE),
    FileKind("OQSmuonq01req_", ConsentListRequest, "オンライン診療等一括照会要求"),
    FileKind("OQSmuonq01res_", BulkAccepted, "オンライン診療等一括照会アップロード結果"),
    FileKind("OQSmuonq02req_", BulkFetch, "オンライン診療等一括照会ダウンロード要求"),
    FileKind("OQSmuonq02res_", BulkResult, "オンライン診療等一括照会結果", MAX_BULK_SIZE),
    FileKind("OQSmuimm01req_", BulkRegistrationRequest, "照会番号一括登録要求", MAX_BULK_SIZE),
    FileKind("OQSmuimm01res_", BulkAccepted, "照会番号一括登録アップロード結果"),
    FileKind("OQSmuimm02req_", BulkFetch, "照会番号一括登録ダウンロード要求"),
    FileKind("OQSmuimm02res_", BulkRegistrationResult, "照会番号一括登録結果", MAX_BULK_SIZE),
    FileKind("YZKsiquc01req_", DrugRequest, "薬剤情報要求"),
    FileKind("YZKsiquc01res_", DrugAnswer, "薬剤情報", MAX_BULK_SIZE),
    FileKind("TKKsiquc01req_", CheckupRequest, "特定健診情報要求"),
    FileKind("TKKsiquc01res_", CheckupAnswer, "特定健診情報", MAX_BULK_SIZE),
)

UNSUPPORTED_KINDS: Final = re.compile(
    r"(OQSsihvq01|OQSsionq01|OQSsihvd01|OQSsiurl01|OQSsiinq01"
    r"|OQSsiupd01|CIPsiquc01|PMHsimsm01|EPS[A-Za-z]+[0-9]*)(req|res)_"
)
"""Kinds that exist but are not simulated."""


def kind_for_name(name: str, *, ignore_case: bool = False) -> FileKind | None:
    """Return the file kind for a file name, or None. `ignore_case` ignores case, like Windows."""
    if ignore_case:
        name = name.lower()
        return next((kind for kind in FILE_KINDS if name.startswith(kind.prefix.lower())), None)
    return next((kind for kind in FILE_KINDS if name.startswith(kind.prefix)), None)


@dataclass(frozen=True, slots=True)
class ReadMessage:
    message: Part | None
    """None if a required element is missing or invalid."""
    problems: tuple[LayoutProblem, ...]


def read_message(parsed: ParsedFile, message: type[Part]) -> ReadMessage:
    reader = Reader()
    content = reader.read(parsed.root, message, ROOT)
    return ReadMessage(content, tuple(sorted(reader.problems, key=lambda problem: problem.line)))
