"""Test that PIN tries persist across restarts, even if the response is lost."""

import stat
from pathlib import Path

import pytest

from reader.card import MyNumberCard
from reader.facts import CardUnreadable, PinLocked, PinVerified, PinWrong
from reader.link import CardLink
from reader.profile import Password
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardFile, CardFileError, CardImage
from reader.softcard.slot import SimulatedSlot


def insert_and_connect(path: Path) -> MyNumberCard:
    """Load and insert the card file, connect and read the facts, like a new process."""
    slot = SimulatedSlot()
    slot.insert(SoftCard.from_file(path))
    link = slot.connect()
    assert not isinstance(link, CardUnreadable)
    card = MyNumberCard(link)  # type: ignore[arg-type]
    card.read_facts()
    return card


@pytest.fixture
def card_file(tmp_path: Path, image: CardImage) -> Path:
    path = tmp_path / "card.json"
    CardFile(path).save(image)
    return path


def test_three_wrong_pins_in_separate_processes_lock_pin(card_file: Path) -> None:
    assert insert_and_connect(card_file).verify_pin(bytearray(b"0000"), expected_left=3) == PinWrong(2)
    assert insert_and_connect(card_file).verify_pin(bytearray(b"0000"), expected_left=2) == PinWrong(1)
    assert insert_and_connect(card_file).verify_pin(bytearray(b"0000"), expected_left=1) == PinLocked()
    assert insert_and_connect(card_file).verify_pin(bytearray(b"1234"), expected_left=0) == PinLocked()
    locked = SoftCard.from_file(card_file)
    locked.transmit(bytes.fromhex("00A4040C0AD392F000260100000001"))
    locked.transmit(bytes.fromhex("00A4020C020018"))
    assert locked.transmit(bytes.fromhex("0020008004") + b"1234") == b"\x69\x84"


def test_correct_pin_resets_counter(card_file: Path) -> None:
    assert insert_and_connect(card_file).verify_pin(bytearray(b"0000"), expected_left=3) == PinWrong(2)
    assert insert_and_connect(card_file).verify_pin(bytearray(b"1234"), expected_left=2) == PinVerified()
    assert CardFile(card_file).load().passwords[Password.USER_PIN].left == 3


def test_try_is_saved_before_card_answers(card_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_disk: list[int] = []
    card = SoftCard.from_file(card_file)

    class RecordingLink(CardLink):
        atr = b""

        def transmit(self, apdu: bytes | bytearray) -> bytes:
            answer = card.transmit(apdu)
            if answer == b"\x63\xc2":
                on_disk.append(CardFile(card_file).load().passwords[Password.USER_PIN].left)
            return answer

        def close(self) -> None:
            return

    client = MyNumberCard(RecordingLink())
    client.read_facts()
    assert client.verify_pin(bytearray(b"0000"), expected_left=3) == PinWrong(2)
    assert on_disk == [2]


def test_try_is_used_even_if_saving_fails(image: CardImage) -> None:
    class FullDisk:
        def save(self, image: CardImage) -> None:
            raise OSError(28, "No space left on device")

    slot = SimulatedSlot()
    slot.insert(SoftCard(image, FullDisk()))
    card = MyNumberCard(slot.connect())  # type: ignore[arg-type]
    card.read_facts()
    assert card.verify_pin(bytearray(b"0000"), expected_left=3) == CardUnreadable(0x6581, "verify PIN")
    assert image.passwords[Password.USER_PIN].left == 2


def test_card_file_is_private_and_complete(card_file: Path, image: CardImage) -> None:
    assert stat.S_IMODE(card_file.stat().st_mode) == 0o600
    assert CardFile(card_file).load() == image
    assert [path.name for path in card_file.parent.iterdir()] == ["card.json"]


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"format": "uketsuke-card/9"}', '{"passwords": {"user-pin": {"reference": "1234"}}}']
)
def test_error_for_invalid_file_contains_its_name_but_not_its_content(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content)
    with pytest.raises(CardFileError, match=r"other\.json") as caught:
        CardFile(path).load()
    assert "1234" not in str(caught.value)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CardFileError, match="cannot be read"):
        CardFile(tmp_path / "nowhere.json").load()


def test_repr_of_card_has_no_pin_or_code(image: CardImage) -> None:
    text = repr(image) + repr(image.passwords[Password.USER_PIN]) + repr(image.public_facts())
    assert "1234" not in text.replace(image.card_id, "").replace(image.public_facts().certificate_sha256 or "", "")
    assert image.printed_code not in text
