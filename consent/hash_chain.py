"""Hash chain of the ledger: each record is hashed together with the hash of its predecessor."""

import hashlib
import json
from datetime import datetime

from consent.records import RecordBody


def genesis_hash(terminal_id: str) -> str:
    """Return the hash preceding the first record, which binds the chain to its terminal."""
    return hashlib.sha256(b"uketsuke ledger 1 genesis\n" + terminal_id.encode()).hexdigest()


def record_hash(previous: str, body: str) -> str:
    """Return the SHA-256 over `"uketsuke ledger 1 record\\n" + previous + "\\n" + body`, UTF-8, hexadecimal."""
    return hashlib.sha256(f"uketsuke ledger 1 record\n{previous}\n{body}".encode()).hexdigest()


def record_body(sequence: int, at: datetime, previous: str, event: RecordBody) -> str:
    """Return the record as canonical JSON: sorted keys, no spaces, non-ASCII characters unescaped."""
    content = {
        "sequence": sequence,
        "at": at.isoformat(),
        "previous": previous,
        "event": event.model_dump(mode="json"),
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
