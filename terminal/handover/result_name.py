"""Name of a card reader result file."""

from datetime import datetime
from hashlib import sha256

from terminal.handover.values import format_timestamp

_READER_KIND = "001"


def result_file_stem(institution_code: str, check_id: str, decided_at: datetime) -> str:
    """Return `OQSsiquc01res_face_<id>_<yyyyMMddHHmmss>`, in Japan time.

    The id consists of the institution code, three digits for the kind, and seventeen digits derived from the check id.
    The same check always has the same name, and checks in the same second have different names.
    """
    number = int.from_bytes(sha256(check_id.encode()).digest(), "big") % 10**17
    return f"OQSsiquc01res_face_{institution_code}{_READER_KIND}{number:017}_{format_timestamp(decided_at)}"


def result_file_name(institution_code: str, check_id: str, decided_at: datetime) -> str:
    return f"{result_file_stem(institution_code, check_id, decided_at)}.xml"
