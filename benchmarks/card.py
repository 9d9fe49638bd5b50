"""Measure card access: reading at the speed of the radio link, and the overhead of PC/SC.

    python benchmarks/card.py --json card.json

Requires pcscd with the virtual reader (packages pcscd, vsmartcard-vpcd) and OpenSC, and skips measurements whose
programs are missing. The virtual reader listens on all interfaces meanwhile.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from reader import pcsc, pcsc_slot
from reader.card import MyNumberCard
from reader.face_record import FaceRecord, Sex
from reader.facts import CardFacts, CardInserted, CardRemoved, CodeVerified, NoCard, PinVerified, SlotEvent
from reader.link import CardLink
from reader.profile import RSA_2048, File
from reader.softcard.authority import TestAuthority
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardImage
from reader.softcard.issue import Holder, issue
from reader.softcard.paced import LinkPace, PacedLink, fewest_exchanges, wire_bound
from reader.softcard.photo import photo_of_size
from reader.softcard.slot import SimulatedSlot

Figures = dict[str, float]
SHORT, EXTENDED = 256, 65_536
RUNS = 20
_FILES_READ = (File.FACE_RECORD, File.USER_CERTIFICATE)
"""These files belong to different applications."""


def new_card() -> CardImage:
    """Issue a card with a 15 KB face record."""
    holder = Holder("試験　花子", "東京都模擬区１－２－３", date(1985, 6, 15), Sex.FEMALE)
    authority = TestAuthority.create()
    return issue(authority, RSA_2048, photo_of_size(None, 14.3), holder=holder, pin="1234", issued_on=date(2025, 4, 1))


def connect(slot: SimulatedSlot | pcsc_slot.PcscSlot) -> CardLink:
    link = slot.connect()
    if not hasattr(link, "transmit"):
        raise SystemExit(f"cannot connect to the card: {link}")
    return link  # type: ignore[return-value]


def read_once(image: CardImage, pace: LinkPace, longest_read: int) -> float:
    """Read face record and certificate after code verification. Return the duration in seconds, including parsing."""
    slot = SimulatedSlot()
    slot.insert(SoftCard(image))
    link = PacedLink(connect(slot), LinkPace(10**12, 0, 0))
    card = MyNumberCard(link, longest_read=longest_read)
    assert isinstance(card.read_facts(), CardFacts)
    assert card.verify_printed_code(bytearray(image.printed_code, "ascii"), 10) == CodeVerified()
    # a new object has no cached certificate, but the face record remains unlocked on the chip
    uncached_card = MyNumberCard(PacedLink(link, pace), longest_read=longest_read)
    started = time.perf_counter()
    certificate, record = uncached_card.read_user_certificate(), uncached_card.read_face_record()
    seconds = time.perf_counter() - started
    assert isinstance(certificate, bytes)
    assert isinstance(record, FaceRecord)
    return seconds


def signed_decision(image: CardImage, pace: LinkPace, *, by_pin: bool) -> float:
    """Sign a decision with an unlocked key of the card. Return the duration in seconds."""
    slot = SimulatedSlot()
    slot.insert(SoftCard(image))
    card = MyNumberCard(PacedLink(connect(slot), pace))
    assert isinstance(card.read_facts(), CardFacts)
    if by_pin:
        assert card.verify_pin(bytearray(b"1234"), 3) == PinVerified()
        assert isinstance(card.sign(b"challenge"), bytes)
    else:
        assert isinstance(card.prove_chip(b"challenge"), bytes)
    started = time.perf_counter()
    signature = card.sign(b"decision") if by_pin else card.prove_chip(b"decision")
    seconds = time.perf_counter() - started
    assert isinstance(signature, bytes)
    return seconds


def decisions(image: CardImage, runs: int) -> Figures:
    figures: Figures = {}
    for rate in (106, 424):
        for by_pin, name in ((True, "pin"), (False, "chip")):
            times = [signed_decision(image, LinkPace(rate * 1000), by_pin=by_pin) for _ in range(runs)]
            figures[f"decision_{name}_{rate}_ms"] = statistics.median(times) * 1000
    return figures


def paced(image: CardImage, runs: int) -> Figures:
    files = [len(image.files[file]) for file in _FILES_READ]
    figures: Figures = {"face_record_bytes": files[0], "certificate_bytes": files[1]}
    for rate in (106, 212, 424, 848):
        pace = LinkPace(rate * 1000)
        bound = wire_bound(pace, files)
        figures[f"paced_{rate}_wire_ms"] = bound * 1000
        for longest_read, name in ((EXTENDED, ""), (SHORT, "_short")):
            seconds = statistics.median(read_once(image, pace, longest_read) for _ in range(runs))
            figures[f"paced_{rate}{name}_ms"] = seconds * 1000
            figures[f"paced_{rate}{name}_ratio"] = seconds / bound
            figures[f"paced_{rate}{name}_link_ratio"] = seconds / fewest_exchanges(pace, files, longest_read)
            fewest = fewest_exchanges(pace, files, longest_read, applications=len(files))
            figures[f"paced_{rate}{name}_fewest_ratio"] = seconds / fewest
    return figures


def inprocess(image: CardImage) -> Figures:
    slot = SimulatedSlot()
    slot.insert(SoftCard(image))
    return {"inprocess_apdu_us": median_of(counter_query(connect(slot)), 5000) * 1e6}


def counter_query(link: CardLink) -> Callable[[], bytes]:
    link.transmit(bytes.fromhex("00A4040C0AD392F000260100000001"))
    return lambda: link.transmit(b"\x00\x20\x00\x98")


def median_of(action: Callable[[], object], times: int) -> float:
    durations = []
    for _ in range(times):
        started = time.perf_counter()
        action()
        durations.append(time.perf_counter() - started)
    return statistics.median(durations)


def through_pcscd(image: CardImage, insertions: int) -> Figures:
    from reader.softcard.pcscd import Pcscd
    from reader.softcard.vpcd import VpcdConnection

    with Pcscd() as daemon:
        reader = VpcdConnection(port=daemon.port)
        slot = pcsc_slot.PcscSlot(reader.reader)
        try:
            figures = insertion(reader, slot, image, insertions)
            reader.insert(SoftCard(image))
            link = first_link(slot)
            figures["pcscd_apdu_ms"] = median_of(counter_query(link), 1000) * 1000
            link.close()
            figures |= certificate_reads(slot)
        finally:
            slot.close()
            reader.remove()
    return figures


def certificate_reads(slot: pcsc_slot.PcscSlot) -> Figures:
    def read_certificate() -> None:
        link = connect(slot)
        assert isinstance(MyNumberCard(link).read_user_certificate(), bytes)
        link.close()

    figures = {"pcscd_read_ms": median_of(read_certificate, RUNS) * 1000}
    tool = shutil.which("pkcs15-tool")
    if tool is not None:
        command = [tool, "--reader", "0", "--read-certificate", "01"]

        def run_opensc() -> None:
            subprocess.run(command, check=True, capture_output=True)

        figures["opensc_read_ms"] = median_of(run_opensc, RUNS) * 1000
        figures["opensc_start_ms"] = (
            median_of(lambda: subprocess.run([tool, "--version"], capture_output=True), 5) * 1e3
        )
    return figures


def insertion(reader: object, slot: pcsc_slot.PcscSlot, image: CardImage, times: int) -> Figures:
    """Measure the time to the first response, from insertion and from its event."""
    from reader.softcard.vpcd import VpcdConnection

    assert isinstance(reader, VpcdConnection)
    total, after_event = [], []
    inserted, removed = threading.Event(), threading.Event()

    def on_event(event: SlotEvent) -> None:
        if isinstance(event, CardInserted):
            inserted.set()
        elif isinstance(event, CardRemoved):
            removed.set()

    slot.watch(on_event)
    for _ in range(times):
        inserted.clear()
        removed.clear()
        reader.insert(SoftCard(image))
        inserted_at = time.perf_counter()
        assert inserted.wait(5)
        notified_at = time.perf_counter()
        link = connect(slot)
        link.transmit(bytes.fromhex("00A4040C0AD392F000260100000001"))
        answered_at = time.perf_counter()
        total.append(answered_at - inserted_at)
        after_event.append(answered_at - notified_at)
        link.close()
        reader.remove()
        assert removed.wait(5)
    return {
        "insertion_to_first_apdu_ms": statistics.median(total) * 1000,
        "event_to_first_apdu_ms": statistics.median(after_event) * 1000,
    }


def first_link(slot: pcsc_slot.PcscSlot) -> CardLink:
    """Connect to the card. pcscd takes up to 0.4 s to detect it."""
    deadline = time.monotonic() + 5
    while isinstance(link := slot.connect(), NoCard) and time.monotonic() < deadline:
        time.sleep(0.01)
    if not hasattr(link, "transmit"):
        raise SystemExit(f"cannot connect to the card: {link}")
    return link  # type: ignore[return-value]


class ScriptedService:
    """Stand-in for the PC/SC service that inserts and removes a card as fast as the monitor polls."""

    def __init__(self, insertions: int) -> None:
        self._states = 2 * insertions
        self._count = 0
        self.ended = threading.Event()

    def wait(
        self, context: int, timeout: int, states: list[tuple[str, int]]
    ) -> tuple[int, list[tuple[str, int, list[int]]]]:
        if self._count >= self._states:
            self.ended.set()
            time.sleep(0.01)
            return 0x8010000A, []
        self._count += 1
        state = (self._count % 0x10000) << 16 | (0x20 if self._count % 2 else 0x10)
        return 0, [(states[0][0], states[0][1], []), (states[1][0], state, [])]

    def install(self) -> None:
        scard = pcsc.scard
        scard.SCardEstablishContext = lambda scope: (0, 7)
        scard.SCardReleaseContext = lambda context: 0
        scard.SCardListReaders = lambda context, groups: (0, ["reader"])
        scard.SCardGetStatusChange = self.wait
        scard.SCardCancel = lambda context: 0


def monitor_growth(insertions: int) -> Figures:
    """Return by how much the monitor's resident memory grows during `insertions` by a scripted PC/SC service."""
    reported = 0

    def on_event(event: SlotEvent) -> None:
        nonlocal reported
        reported += isinstance(event, CardInserted)

    def run(times: int) -> None:
        service = ScriptedService(times)
        service.install()
        slot = pcsc_slot.PcscSlot("reader")
        slot.watch(on_event)
        service.ended.wait()
        slot.close()

    run(200)
    reported, before = 0, resident_mb()
    run(insertions)
    assert reported == insertions, f"{reported} of {insertions} insertions were reported"
    return {"monitor_growth_mb": resident_mb() - before, "monitor_insertions": insertions}


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    parser.add_argument(
        "--runs", type=int, default=RUNS, help="number of paced reads per figure (default: %(default)s)"
    )
    parser.add_argument(
        "--insertions", type=int, default=10_000, help="number of insertions for the memory measurement"
    )
    options = parser.parse_args()
    image = new_card()
    figures = inprocess(image) | paced(image, options.runs) | decisions(image, options.runs)
    try:
        figures |= through_pcscd(image, insertions=10)
    except RuntimeError as error:
        print(f"skipped: {error}")
    figures |= monitor_growth(options.insertions)
    figures = {name: round(figure, 4) for name, figure in figures.items()}
    for name, figure in figures.items():
        print(f"{name:32} {figure:>12,.3f}")
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
