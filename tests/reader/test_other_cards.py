"""Tests for cards other than My Number Cards."""

from datetime import date
from pathlib import Path

import pytest

from reader.atr import other_card_kind
from reader.card import MyNumberCard
from reader.facts import NoCertificate, NotMyNumberCard
from reader.softcard.authority import TestAuthority
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardFile
from reader.softcard.kinds import issue_kind
from reader.softcard.other_profiles import OTHER_PROFILES, storage_card_atr
from reader.softcard.others import OTHER_KINDS
from reader.softcard.slot import SimulatedSlot

TODAY = date(2026, 11, 26)


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_other_cards_are_not_my_number_cards(kind: str, authority: TestAuthority, tmp_path: Path) -> None:
    CardFile(tmp_path / "card").save(issue_kind(kind, authority, today=TODAY))
    slot = SimulatedSlot()
    slot.insert(SoftCard.from_file(tmp_path / "card"))
    assert slot.scanner.scan() is None
    outcome = MyNumberCard(slot.connect()).read_facts()  # type: ignore[arg-type]
    assert outcome == (NoCertificate() if kind == "blank-test-card" else NotMyNumberCard())


def test_simulated_atrs_equal_published_ones() -> None:
    """Compare with reader manuals (FeliCa, Mifare Classic 1K) and the pcsc-tools list (residents' card)."""
    assert storage_card_atr(0x11, 0x003B).hex().upper() == "3B8F8001804F0CA00000030611003B0000000042"
    assert storage_card_atr(0x03, 0x0001).hex().upper() == "3B8F8001804F0CA0000003060300010000000 06A".replace(" ", "")
    assert OTHER_PROFILES["residents-card"].atr.hex().upper() == "3B888001000014E0B38191005E"


@pytest.mark.parametrize(
    ("atr", "kind"),
    [
        ("3B8F8001804F0CA00000030611003B0000000042", "FeliCa"),
        ("3B8F8001804F0CA000000306110000000000", "FeliCa"),
        ("3B8F8001804F0CA0000003060300010000000 06A".replace(" ", ""), "Mifare Classic 1K"),
        ("3B8F8001804F0CA000000306070099", "storage card"),
        ("3B8F8001804F0CA000000306", "storage card"),
        ("3B888001000014E0B38191005E", "residents' card (before 2016)"),
        # My Number Cards: OpenSC, pcsc-tools
        ("3BE000FF8131FE4514", None),
        ("3B888001000041E0B381A1003B", None),
        ("3B888001000005E0B381A1007F", None),
        ("3BDA13FF8131FB4680123932F3173C601C03B".ljust(38, "0"), None),
        ("3BC5FF8131FB458073C6010000", None),
        ("", None),
    ],
)
def test_card_kind_by_atr(atr: str, kind: str | None) -> None:
    assert other_card_kind(bytes.fromhex(atr)) == kind
