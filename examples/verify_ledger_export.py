"""Verify an exported ledger without uketsuke, using only Python's standard library.

    uketsuke ledger export ledger.jsonl        # prints terminal id, record count and last hash
    python examples/verify_ledger_export.py ledger.jsonl TERMINAL-ID

A chain that was rewritten from scratch also verifies as intact. To detect this, compare the record count and last hash
with a copy stored elsewhere.
"""

import hashlib
import json
import sys
from pathlib import Path


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    file, terminal_id = arguments
    previous = sha(f"uketsuke ledger 1 genesis\n{terminal_id}")
    count = 0
    for count, line in enumerate(Path(file).read_text(encoding="utf-8").splitlines(), start=1):
        record = json.loads(line)
        stored = record.pop("hash")
        body = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        if stored != sha(f"uketsuke ledger 1 record\n{previous}\n{body}"):
            print(f"record {count} was modified, or an earlier record is missing", file=sys.stderr)
            return 1
        previous = stored
    print(f"intact: {count} records, last hash {previous}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
