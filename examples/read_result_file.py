"""Read a result file like a receipt computer: print whether the insurance is valid and which data may be viewed.

    uketsuke handover sample adult > OQSsiquc01res_face_sample.xml
    python examples/read_result_file.py OQSsiquc01res_face_sample.xml

A consent is 1 (shared), 0 (refused) or absent (not asked). docs/vendors.md describes all elements.
"""

import sys
from pathlib import Path

from terminal.handover.messages.kinds import read_message
from terminal.handover.messages.qualification import QualificationAnswer
from terminal.handover.parts import ConsentPart
from terminal.handover.xml import UnreadableFile, parse

CONSENTS = {"medicines": "medicines", "diagnosis": "past care", "surgery": "surgery", "checkups": "health check-up"}


def describe(consent: ConsentPart | None) -> str:
    if consent is None:
        return "not asked"
    return f"shared until {consent.available_time}" if consent.flag == "1" else "refused"


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    parsed = parse(Path(arguments[0]).read_bytes())
    if isinstance(parsed, UnreadableFile):
        print(f"cannot read the file: expected {parsed.expected} (line {parsed.line})", file=sys.stderr)
        return 1
    read = read_message(parsed, QualificationAnswer)
    answer = read.message
    if not isinstance(answer, QualificationAnswer) or answer.body is None:
        print("the file contains no result", *read.problems, sep="\n  ", file=sys.stderr)
        return 1

    print("valid" if answer.body.validity == "1" else f"not valid (QualificationValidity {answer.body.validity})")
    for insured in answer.body.results:
        for name, label in CONSENTS.items():
            print(f"{label:16} {describe(getattr(insured, name))}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
