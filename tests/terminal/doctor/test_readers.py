"""`doctor` and `stub adopt`: reports about the PC/SC service, readers and cards, with real and fake readers."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Settings
from reader import pcsc
from reader.facts import (
    CardUnreadable,
    ConnectProblem,
    NoCard,
    NotMyNumberCard,
    ReaderBusy,
    ReaderLost,
    ReaderStatus,
    TwoCards,
)
from reader.pcsc_slot import PcscSlot
from reader.softcard.authority import TestAuthority
from reader.softcard.card import SoftCard
from reader.softcard.kinds import issue_kind
from reader.softcard.pcscd import Pcscd, PcscdError
from reader.softcard.vpcd import VpcdConnection
from terminal.assembly import NotReady, reader_models
from terminal.cli.reader import certificate_on_reader
from terminal.cli.run import open_devices
from terminal.doctor import readers
from terminal.doctor.finding import Grade

SECURITY_VIOLATION = 0x8010006A
FIRST_READER, SECOND_READER = "Virtual PCD 00 00", "Virtual PCD 00 01"


def settings(tmp_path: Path, **reader: str) -> Settings:
    return Settings.model_validate({"state_dir": tmp_path, "reader": reader})


@pytest.fixture(autouse=True)
def hide_other_pcsc_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide other programs that use PC/SC, such as tests running in parallel."""
    monkeypatch.setattr("reader.competing_programs.likely_holders", lambda: ())


@pytest.fixture(scope="module")
def pcscd() -> Iterator[Pcscd]:
    try:
        with Pcscd() as daemon:
            yield daemon
    except PcscdError as error:
        pytest.skip(str(error))


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the connected readers. A test appends names to connect readers."""
    connected: list[str] = []
    monkeypatch.setattr(pcsc, "list_readers", lambda: list(connected))
    return connected


@pytest.mark.pcscd
def test_run_uses_virtual_reader_only_if_named(pcscd: Pcscd, tmp_path: Path) -> None:
    """Any program that connects to the virtual reader's port can insert a card."""
    virtual_reader = VpcdConnection(port=pcscd.port)
    virtual_reader.insert(SoftCard(issue_kind("ordinary", TestAuthority.create())))
    try:
        for name in ("", "0", "*", "00 00"):
            slot = open_devices(settings(tmp_path, name=name), None).slot
            assert isinstance(slot.connect(), ReaderLost), name
        slot = open_devices(settings(tmp_path, name=FIRST_READER), None).slot
        while isinstance(card := slot.connect(), NoCard):  # pcscd polls every 0.4 s
            time.sleep(0.05)
        assert hasattr(card, "transmit")
        card.close()  # type: ignore[union-attr]
        virtual_reader.remove()
        while not isinstance(slot.connect(), NoCard):  # leave an empty reader for the next test
            time.sleep(0.05)
    finally:
        virtual_reader.remove()
        # Without this wait, the next test's card would look like a swapped card.
        while not isinstance(PcscSlot(FIRST_READER).connect(), NoCard):
            time.sleep(0.05)


@pytest.mark.pcscd
def test_used_and_unused_readers_are_listed(pcscd: Pcscd, tmp_path: Path) -> None:
    assert readers.pcscd(settings(tmp_path)).text == "running, 2 readers"
    without_name = readers.reader(settings(tmp_path))
    assert without_name.grade is Grade.BAD, "an unnamed virtual reader was used"
    assert "only used if set in reader.name" in without_name.text
    with_name = readers.reader(settings(tmp_path, name="pcd ?? 01"))
    assert (with_name.grade, with_name.remedy) == (Grade.WARN, "Remove vsmartcard-vpcd.")
    assert with_name.text.startswith(f"{SECOND_READER}; not used: {FIRST_READER}; a virtual reader is installed")
    with_phone = readers.reader(settings(tmp_path, name="pcd ?? 01", phone="pcd ?? 00"))
    assert with_phone.text.startswith(f"{SECOND_READER}; {FIRST_READER}; ")


@pytest.mark.pcscd
def test_adopt_reports_missing_service_reader_or_card(pcscd: Pcscd, tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="No card on the reader"):
        certificate_on_reader(settings(tmp_path, name=FIRST_READER))
    with pytest.raises(NotReady, match=r"No reader matches reader\.name = 'Gemalto'"):
        certificate_on_reader(settings(tmp_path, name="Gemalto"))
    pcscd.stop()
    try:
        with pytest.raises(NotReady, match="not available: PC/SC service"):
            certificate_on_reader(settings(tmp_path))
    finally:
        pcscd.start()


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (NoCard(), "No card on the reader"),
        (
            ReaderBusy("R", ("scdaemon (process 4711)",)),
            r"Another program is using the card in R, most likely scdaemon",
        ),
        (ReaderLost("x"), "No card reader found"),
        (ReaderLost("Access denied", ReaderStatus.NO_SERVICE), "Access denied"),
        (NotMyNumberCard(), "Not a My Number Card"),
        (TwoCards(), "Two cards"),
        (CardUnreadable(None, "connect"), "does not respond"),
    ],
)
def test_adopt_reports_each_connection_problem(
    problem: ConnectProblem, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reader.pcsc_slot.PcscSlot.connect", lambda slot: problem)
    with pytest.raises(NotReady, match=message):
        certificate_on_reader(settings(tmp_path))


def test_access_denied_by_pcscd_is_reported_with_polkit_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcsc.scard, "SCardEstablishContext", lambda scope: (SECURITY_VIOLATION, 0))
    finding = readers.pcscd(settings(tmp_path))
    assert (finding.grade, "0x8010006A" in finding.text) == (Grade.BAD, True)
    assert "polkit" in finding.remedy
    assert "systemctl" not in finding.remedy


@pytest.mark.parametrize(
    ("pattern", "remedy"), [("ACR1252.*PICC", "'ACR1252*PICC'"), ("Gemalto", "part of one of these names")]
)
def test_unmatched_reader_name_is_reported(names: list[str], pattern: str, remedy: str, tmp_path: Path) -> None:
    names.append("ACS ACR1252 Dual Reader [ACR1252 Dual Reader PICC] 00 00")
    finding = readers.reader(settings(tmp_path, name=pattern))
    assert finding.grade is Grade.BAD
    assert repr(pattern) in finding.text
    assert names[0] in finding.text
    assert remedy in finding.remedy
    phone = readers.reader(settings(tmp_path, phone=pattern))
    assert "reader.phone" in phone.text


def test_unusable_readers_are_listed_with_reason(names: list[str], tmp_path: Path) -> None:
    names += ["ACS ACR1252 Dual Reader [ACR1252 Dual Reader SAM] 00 01", "窓口のリーダー 01 00"]
    report = readers.reader(settings(tmp_path)).text
    assert "not for cards" in report
    assert "窓口のリーダー 01 00 (non-ASCII name)" in report


def test_reader_that_cannot_transfer_signatures_is_reported(names: list[str], tmp_path: Path) -> None:
    names.append("ACS ACR122U PICC Interface 00 00")
    known_model = readers.reader(settings(tmp_path))
    assert (known_model.grade, "required to confirm patients" in known_model.text) == (Grade.BAD, True)

    names[:] = ["Weak Reader 00 00"]
    models = reader_models(settings(tmp_path))
    models.record_read(names[0], 240)
    models.record_read(names[0], 240)
    measured = readers.reader(settings(tmp_path))
    assert (measured.grade, "measured here: 240 bytes" in measured.text) == (Grade.BAD, True)

    names.append("SONY FeliCa RC-S300/S 01 00")
    assert readers.reader(settings(tmp_path)).grade is Grade.OK, "the usable reader was not accepted"
