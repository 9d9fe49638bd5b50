"""Tests for the read limits stored per reader model."""

from pathlib import Path

import pytest

from reader.apdu import EXTENDED_LE_MAX
from reader.facts import CardFacts
from reader.reader_models import ReaderModels, known_model
from reader.reading import CardOpener
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardImage

from .behaviours import is_long
from .test_reading_at_the_limit import Wire

FIRST, SECOND = "Chokes on Long Ones (0001) 00 00", "Chokes on Long Ones (0002) 01 00"


def receptions(reading: CardOpener, image: CardImage, reader: str, times: int) -> list[int]:
    """Return the number of long commands sent per reception to a reader that refuses them."""
    sent = []
    soft_card = SoftCard(image)
    for _ in range(times):
        wire = Wire(image, lambda apdu: b"\x67\x00" if is_long(apdu) else soft_card.transmit(apdu))
        card = reading.open(wire, reader)
        assert isinstance(card.read_facts(), CardFacts)
        reading.record_longest_read(card, reader)
        sent.append(sum(is_long(apdu) for apdu in wire.sent))
    return sent


def test_long_reads_are_disabled_for_model_after_two_failures(tmp_path: Path, image: CardImage) -> None:
    path = tmp_path / "state" / "readers.json"
    reading = CardOpener.from_settings("rsa-2048", "auto", ReaderModels(path, "0.2.0"))
    assert receptions(reading, image, FIRST, 3) == [2, 2, 0]

    reopened = CardOpener.from_settings("rsa-2048", "auto", ReaderModels(path, "0.2.0"))
    assert receptions(reopened, image, SECOND, 1) == [0], "saved, and applied to all readers of the model"
    assert receptions(reopened, image, "Another Reader 00 00", 1) == [2]

    newer = CardOpener.from_settings("rsa-2048", "auto", ReaderModels(path, "0.3.0"))
    assert receptions(newer, image, FIRST, 1) == [2], "a newer version tries long reads again"


def test_successful_long_read_clears_earlier_failure(image: CardImage) -> None:
    models = ReaderModels(None, "0.2.0")
    models.record_read(FIRST, 256)
    models.record_read(FIRST, EXTENDED_LE_MAX)
    models.record_read(FIRST, 256)
    assert models.longest_read(FIRST) == EXTENDED_LE_MAX


def test_settings_force_long_or_short_reads(tmp_path: Path, image: CardImage) -> None:
    models = ReaderModels(tmp_path / "readers.json", "0.2.0")
    models.record_read(FIRST, 256)
    models.record_read(FIRST, 256)
    assert receptions(CardOpener.from_settings("rsa-2048", "always", models), image, FIRST, 1) == [2]
    assert receptions(CardOpener.from_settings("rsa-2048", "never", models), image, FIRST, 1) == [0]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": "0.2.0", "models": 3}', "\udcff"])
def test_damaged_file_is_replaced(tmp_path: Path, content: str) -> None:
    path = tmp_path / "readers.json"
    path.write_text(content, "utf-8", "surrogateescape")
    models = ReaderModels(path, "0.2.0")
    assert models.longest_read(FIRST) == EXTENDED_LE_MAX
    models.record_read(FIRST, 256)
    models.record_read(FIRST, 256)
    assert ReaderModels(path, "0.2.0").longest_read(FIRST) == 256


def test_known_models() -> None:
    limited = known_model("ACS ACR122U PICC Interface 00 00")
    assert limited is not None
    assert limited.longest_response < 256
    sam = known_model("ACS ACR1252 Dual Reader [ACR1252 Dual Reader SAM] 02 01")
    assert sam is not None
    assert "not for cards" in sam.note
    assert known_model("SONY FeliCa RC-S300/S (0000001) 00 00") is None
