"""Print what a My Number Card discloses without PIN or printed code. This contains no personal data.

python examples/card_facts.py              # card in a PC/SC reader
python examples/card_facts.py my-card.json # simulated card, created by: uketsuke card issue my-card.json
"""

import sys
from contextlib import closing
from pathlib import Path

from reader.facts import CardFacts, ConnectProblem
from reader.pcsc_slot import PcscSlot
from reader.reading import DEFAULT_OPENER
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardFile
from reader.softcard.slot import SimulatedSlot


def main(arguments: list[str]) -> int:
    slot: PcscSlot | SimulatedSlot
    if arguments:
        slot = SimulatedSlot()
        slot.insert(SoftCard(CardFile(Path(arguments[0])).load()))
    else:
        slot = PcscSlot()

    link = slot.connect()
    if isinstance(link, ConnectProblem):
        print(f"cannot connect to a card: {link}", file=sys.stderr)
        return 1
    with closing(link):
        facts = DEFAULT_OPENER.open(link).read_facts()
    if not isinstance(facts, CardFacts):
        print(f"cannot read the card: {facts}", file=sys.stderr)
        return 1

    print(f"certificate valid until  {facts.certificate_not_after}")
    print(f"card expires on          {facts.card_expiry}")
    print(f"PIN tries left           {facts.pin_tries_left}")
    print(f"printed code tries left  {facts.code_tries_left}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
