"""The simulated card, compared with bytes from real cards. Each test states its source.

*Published bytes* are test vectors read from JPKI test cards (soltia48/myna-card). *Public code* means responses that
its author observed. `test_opensc.py` runs an independent client (OpenSC).
"""

from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from reader.chip_key import parse_key_object
from reader.face_record import Sex
from reader.profile import File, Password
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardImage
from reader.softcard.records import basic_four, token_info
from reader.tlv import parse_list, parse_one

from .test_soft_card import COMMON, JPKI, RESIDENTS, SURFACE, TEXT, ascii_hex, play

ISD = "00A4040C07A0000001510000"


@pytest.fixture
def card(image: CardImage) -> SoftCard:
    return SoftCard(image)


def test_basic_four_equal_published_test_card() -> None:
    """Published bytes: text application, EF 0002. The person on the test card is fictitious."""
    published = bytes.fromhex(
        "ff2065df2108000e002000590064df220fe9bb92e6a190e38080e5b9b9e4b99fdf2336e69db1e4baace983bde6b885e780ace5b882"
        "e8a6b3e5b883e5ad90e58d97efbc91efbc92efbc8defbc97efbc8defbc92efbc90efbc92df24083139383030323137df250131"
    )
    written = basic_four(
        name="黒桐　幹也",
        address="東京都清瀬市観布子南１２－７－２０２",
        birth_date=date(1980, 2, 17),
        sex=Sex.MALE,
    )
    assert written.hex() == published.hex()


@pytest.mark.parametrize("length", [40, 75, 76, 130, 131, 200])
def test_offsets_are_correct_for_every_length_field_size(length: int) -> None:
    """For records of 128 bytes or more, DER's shortest form is assumed."""
    file = basic_four(name="模擬", address="あ" * length, birth_date=date(1980, 2, 17), sex=Sex.MALE)
    record = parse_one(file)
    table, *objects = parse_list(record.value)
    header = len(file) - len(record.value)
    offsets = [int.from_bytes(table.value[at : at + 2], "big") for at in range(0, len(table.value), 2)]
    assert offsets == [header + item.offset for item in objects]


def test_text_application_information(image: CardImage) -> None:
    """Published structure: FF40, DF41 `01 03 0E 01`, DF42 of 16 bytes, DF43 of 32 bytes and 96 x FF. myna reads 256."""
    file = image.files[File.TEXT_INFO]
    assert len(file) >= 256
    assert file[:3].hex() == "ff4081"
    identification, key, opaque = parse_list(parse_one(file).value)
    assert (identification.tag, bytes(identification.value).hex()) == (0xDF41, "01030e01")
    assert (key.tag, len(key.value)) == (0xDF42, 16)
    assert (opaque.tag, len(opaque.value)) == (0xDF43, 128)
    assert opaque.encoded[:4].hex() == "df438180"
    assert bytes(opaque.value[32:]) == b"\xff" * 96


def test_token_information(image: CardImage) -> None:
    """Published bytes 0..79 and 96..159 of JPKI's EF 0006. The serial number is fictitious."""
    info = token_info("JPKIAPICCTOKEN2")
    assert image.files[File.TOKEN_INFO] == info
    assert len(info) == 160
    assert info[:32] == b"JPKIAPICCTOKEN2                 "
    assert info[32:64] == b"00000000000000000000000000000001"
    assert info[64:80] == b"E16R01NJ        "
    assert info[96:140].hex() == "0000040d" + "00000001" + "00000000" + "00000001" + "00000000" + (
        "00000010" + "00000006" + "ffffffff" * 4
    )
    assert info[140:] == b"03" + b"01" + b"9" * 16


def test_session_key_file(card: SoftCard, image: CardImage) -> None:
    """Public code: A1 with only an RSA-2048 key, readable after the PIN or either code."""
    play(card, (TEXT, 0x9000), ("00B0860000", 0x6982), ("0020009104" + ascii_hex("0000"), 0x9000))
    file = play(card, ("00B08600000000", 0x9000))
    record = parse_one(file)
    assert record.tag == 0xA1
    key = parse_key_object(record.value)
    assert isinstance(key, RSAPublicKey)
    assert key.key_size == 2048


def test_text_application_blocked_key(card: SoftCard) -> None:
    """Public code: on every card examined, 63C0 for the empty VERIFY and 6984 for any value."""
    play(
        card,
        (TEXT, 0x9000),
        ("00A4020C020012", 0x9000),
        ("00200080", 0x63C0),
        ("0020008004" + ascii_hex("0000"), 0x6984),
    )


def test_security_domain_can_be_selected_again(card: SoftCard) -> None:
    """Public code: SELECT of the ISD, and GET DATA afterwards."""
    play(card, (JPKI, 0x9000), ("00CA00F200", 0x6A88), (ISD, 0x9000))
    assert play(card, ("00CA00F200", 0x9000)) == b"20340615"
    play(card, ("00B0000000", 0x6986))


def test_protected_files_cannot_be_read(card: SoftCard, image: CardImage) -> None:
    """Public code: JPKI's EF 0009 and 0016 exist and are protected."""
    play(card, (JPKI, 0x9000), ("00A4020C020009", 0x9000), ("00B0000000", 0x6982))
    play(card, ("0020009804" + ascii_hex("1234"), 0x9000), ("00B0960000", 0x6982))
    assert image.passwords[Password.USER_PIN].left == 3


def test_key_references(card: SoftCard) -> None:
    """Public code: record 1 of EF 0002 has 16 bytes and is the same in both applications."""
    first = play(card, (COMMON, 0x9000), ("00B2011400", 0x9000))
    assert play(card, (RESIDENTS, 0x9000), ("00B2011400", 0x9000)) == first
    assert len(first) == 16


def test_status_words(card: SoftCard) -> None:
    """Public code: status words of other commands."""
    play(card, (SURFACE, 0x9000), ("80AE0000", 0x66F1), (COMMON, 0x9000), ("80AE0000", 0x66F1))
    play(card, (JPKI, 0x9000), ("80AE0000", 0x6982), (RESIDENTS, 0x9000), ("80AE0000", 0x6982))
    play(card, (TEXT, 0x9000), ("80AE0000", 0x6982))
    play(card, ("08A4040C0A" + JPKI[10:], 0x6882), ("0CB0000000", 0x69FC), ("08B0000000", 0x69FC))
    play(card, ("80A20000", 0x6A86), ("80FC0000", 0x6700))
    play(card, ("00840000000101", 0x6985), ("0084000000", 0x9000))
