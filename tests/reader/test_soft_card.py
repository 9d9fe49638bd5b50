"""Compare the software card's responses with OpenSC's driver and published probes of real cards."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reader.apdu import parse_response
from reader.profile import File, Password
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardImage

JPKI = "00A4040C0AD392F000260100000001"
SURFACE = "00A4040C0AD3921000310001010402"
TEXT = "00A4040C0AD3921000310001010408"
COMMON = "00A4040C0AD3921000310001010100"
RESIDENTS = "00A4040C0AD3921000310001010401"


@pytest.fixture
def card(image: CardImage) -> SoftCard:
    return SoftCard(image)


def play(card: SoftCard, *script: tuple[str, int]) -> bytes:
    """Send each command and compare its status word. Return the data of the last response."""
    data = b""
    for command, sw in script:
        response = parse_response(card.transmit(bytes.fromhex(command)))
        assert f"{command}: {response.sw:04X}" == f"{command}: {sw:04X}"
        data = response.data
    return data


def ascii_hex(text: str) -> str:
    return text.encode("ascii").hex()


def test_only_known_applications_and_files_are_selected(card: SoftCard) -> None:
    play(
        card,
        ("00A4040C0AD392F000260100000002", 0x6A82),
        ("00A4020C02000A", 0x6A82),
        (JPKI, 0x9000),
        ("00A4020C02000A", 0x9000),
        ("00A4020C020005", 0x6A82),
        ("00A4020C0100", 0x6700),
        ("00A4000002000A", 0x6A86),
        ("00A40000023F00", 0x6A82),
        ("00A40000", 0x9000),
        ("00A4090C02000A", 0x6A86),
    )


def test_all_five_applications_can_be_selected(card: SoftCard) -> None:
    for aid in (JPKI, SURFACE, TEXT, COMMON, RESIDENTS):
        play(card, (aid, 0x9000))
    play(card, ("0020009C", 0x63C3), (COMMON, 0x9000), ("0020009C", 0x63C3))


def test_card_files_without_residents_application_are_supported(image: CardImage) -> None:
    del image.passwords[Password.RESIDENTS_PIN], image.passwords[Password.COMMON_PIN]
    play(SoftCard(image), (RESIDENTS, 0x9000), ("0020009C", 0x6A82), (JPKI, 0x9000), ("00200098", 0x63C3))


def test_master_file_cannot_be_selected(card: SoftCard) -> None:
    play(card, ("00A40000", 0x6A86), (JPKI, 0x9000), ("00A4020C02000A", 0x9000), ("00A40000", 0x9000))
    play(card, ("00B0000000", 0x9000))


def test_card_that_refuses_its_first_command(image: CardImage) -> None:
    card = SoftCard(image, refuses_first_command=True)
    for _ in range(2):
        play(card, (JPKI, 0x6F00), (JPKI, 0x9000))
        card.power_off()
        card.power_on()


def test_pin_is_changed_after_old_pin_was_verified(card: SoftCard, image: CardImage) -> None:
    new = ascii_hex("5678")
    play(card, (JPKI, 0x9000), ("0024018004" + new, 0x6986), ("0024019804" + new, 0x6982))
    play(card, ("0020009804" + ascii_hex("1234"), 0x9000), ("0024009804" + new, 0x6A86))
    play(card, ("0024019803" + ascii_hex("567"), 0x6700), ("00240198", 0x6700), ("0024019804" + "20202020", 0x6A80))
    play(card, ("0024019804" + new, 0x9000))
    card.power_off()
    play(card, (JPKI, 0x9000), ("0020009804" + ascii_hex("1234"), 0x63C2), ("0020009804" + new, 0x9000))
    play(card, ("00200098", 0x63C3))
    assert image.passwords[Password.USER_PIN].reference == "5678"


def test_signature_password_has_6_to_16_characters(card: SoftCard) -> None:
    old = "0020009B08" + ascii_hex("TEST2026")
    play(card, (JPKI, 0x9000), (old, 0x9000), ("0024019B05" + ascii_hex("ABC12"), 0x6700))
    play(card, ("0024019B11" + ascii_hex("A" * 17), 0x6700), ("0024019B10" + ascii_hex("A1" * 8), 0x9000))
    play(card, (old, 0x63C4), ("0020009B10" + ascii_hex("A1" * 8), 0x9000))


def test_locked_pins_and_printed_codes_cannot_be_changed(card: SoftCard, image: CardImage) -> None:
    image.passwords[Password.USER_PIN].left = 0
    play(card, (JPKI, 0x9000), ("0024019804" + ascii_hex("5678"), 0x6984))
    play(card, (SURFACE, 0x9000), ("002000920E" + ascii_hex(image.printed_code), 0x9000))
    play(card, ("002401920E" + ascii_hex("0" * 14), 0x6985))


def test_other_applications_change_their_pin_with_older_command(card: SoftCard) -> None:
    new = ascii_hex("4711")
    play(card, (RESIDENTS, 0x9000), ("0020009C04" + ascii_hex("0000"), 0x9000), ("8032009C04" + new, 0x9000))
    play(card, ("0020009C04" + new, 0x9000), ("8032019C04" + new, 0x6A86))


def test_card_data_before_application_is_selected(card: SoftCard) -> None:
    assert play(card, ("00CA00F200", 0x9000)) == b"20340615"
    assert play(card, ("00CA00F000", 0x9000)) == b"99131"
    assert len(play(card, ("00CA004500", 0x9000))) == 15
    assert play(card, ("00CA5F5100", 0x9000)) == card.atr
    play(card, ("00CA7F2100", 0x6A88), ("00CA00F2", 0x6700), (JPKI, 0x9000), ("00CA00F200", 0x6A88))


def test_secure_messaging_is_refused(card: SoftCard) -> None:
    play(card, (SURFACE, 0x9000), ("80AE0000", 0x66F1))


def test_unknown_instructions_classes_and_channels(card: SoftCard) -> None:
    play(
        card,
        ("00FF0000", 0x6D00),
        ("802000 80".replace(" ", ""), 0x6D00),
        ("FFCA000000", 0x6E00),
        ("01B0000000", 0x6881),
        ("00A4", 0x6700),
        ("00A4040C0A00", 0x6700),
    )


def test_empty_verify_reads_counter_even_after_verification(card: SoftCard) -> None:
    play(
        card,
        (JPKI, 0x9000),
        ("00200080", 0x6986),
        ("00A4020C020018", 0x9000),
        ("00200080", 0x63C3),
        ("0020008004" + ascii_hex("1234"), 0x9000),
        ("00200080", 0x63C3),
        ("0020008004" + ascii_hex("4321"), 0x63C2),
        ("0020009B", 0x63C5),
    )


def test_third_wrong_pin_returns_63c0_and_later_ones_6984(card: SoftCard) -> None:
    wrong, correct = "0020009804" + ascii_hex("0000"), "0020009804" + ascii_hex("1234")
    play(card, (JPKI, 0x9000), (wrong, 0x63C2), (wrong, 0x63C1), (wrong, 0x63C0), (wrong, 0x6984), (correct, 0x6984))
    play(card, ("00200098", 0x63C0))


def test_wrong_pin_cancels_earlier_verification(card: SoftCard, image: CardImage) -> None:
    sign = "802A009704" + "01020304" + "00"
    play(
        card,
        (JPKI, 0x9000),
        (sign, 0x6982),
        ("0020009804" + ascii_hex("1234"), 0x9000),
        (sign, 0x9000),
        ("0020009804" + ascii_hex("9999"), 0x63C2),
        (sign, 0x6982),
    )
    assert image.passwords[Password.USER_PIN].left == 2


def test_verification_survives_warm_reset_but_not_power_off(card: SoftCard) -> None:
    sign = "802A00970401020304" + "00"
    play(card, (JPKI, 0x9000), ("0020009804" + ascii_hex("1234"), 0x9000))
    card.reset()
    play(card, ("00B0000000", 0x6986), (JPKI, 0x9000), (sign, 0x9000))
    card.power_off()
    card.power_on()
    play(card, (JPKI, 0x9000), (sign, 0x6982))


def test_reading_selected_files_and_by_short_identifier(card: SoftCard, image: CardImage) -> None:
    certificate = image.files[File.USER_CERTIFICATE]
    assert play(card, (JPKI, 0x9000), ("00B08A0000", 0x9000)) == certificate[:256]
    assert play(card, ("00B0010000", 0x9000)) == certificate[256:512], "the short identifier also selects the file"
    assert play(card, ("00B00000000000", 0x9000)) == certificate
    assert play(card, ("00B08AFF10", 0x9000)) == certificate[255:271]
    play(card, ("00B0700000", 0x6B00), ("00B00000", 0x6700), ("00B0980000", 0x6981), ("00B09F0000", 0x6A82))


def test_file_access_rules(card: SoftCard, image: CardImage) -> None:
    code = ascii_hex(image.printed_code)
    play(card, (JPKI, 0x9000), ("00B0810000", 0x6982), ("00B0820000", 0x9000))
    play(card, ("002000 9B08".replace(" ", "") + ascii_hex("TEST2026"), 0x9000), ("00B0810000", 0x9000))
    play(card, (SURFACE, 0x9000), ("00B0820000", 0x6982), ("00B0840000", 0x9000), ("00B0830000", 0x9000))
    play(card, ("002000920E" + code, 0x9000), ("00B0820000", 0x9000), ("00B0850000", 0x6982))
    play(card, ("00B0810000", 0x6982), ("0020009106" + code[:12], 0x9000), ("00B0810000", 0x9000))
    play(card, (TEXT, 0x9000), ("00B0820000", 0x6982), ("002000950E" + code, 0x9000))
    play(card, ("00B0820000", 0x9000), ("00B0830000", 0x9000), ("00B0810000", 0x6982))


def test_expiry_record_is_unprotected(card: SoftCard) -> None:
    record = play(card, (COMMON, 0x9000), ("00B2010C00", 0x9000))
    assert (len(record), record[:2], record[-8:]) == (30, b"\x01\x1c", b"20340615")
    play(card, ("00B2020C00", 0x6A83), ("00B2010000", 0x6A86), ("00B0810000", 0x6981))


def test_challenges_differ_and_have_requested_length(card: SoftCard) -> None:
    first, second = (play(card, ("0084000010", 0x9000)) for _ in range(2))
    assert (len(first), len(second)) == (16, 16)
    assert first != second
    play(card, ("00840000000101", 0x6985), ("0084010010", 0x6A86), ("00840000", 0x6700))


def test_all_compute_signature_variants(card: SoftCard, image: CardImage) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
    from cryptography.hazmat.primitives.hashes import SHA256, Hash

    key = x509.load_der_x509_certificate(image.files[File.USER_CERTIFICATE]).public_key()
    assert isinstance(key, RSAPublicKey)
    digest = Hash(SHA256())
    digest.update(b"abc")
    sha256 = digest.finalize()
    play(card, (JPKI, 0x9000), ("0020009804" + ascii_hex("1234"), 0x9000))

    def sign(p1: int, data: bytes) -> bytes:
        return play(card, (f"802A{p1:02X}97{len(data):02X}{data.hex()}00", 0x9000))

    assert key.recover_data_from_signature(sign(0x00, b"anything"), PKCS1v15(), None) == b"anything"
    assert key.recover_data_from_signature(sign(0x01, b"abc"), PKCS1v15(), None) == sha256
    key.verify(sign(0x02, sha256), b"abc", PKCS1v15(), SHA256())
    key.verify(sign(0x03, b"abc"), b"abc", PKCS1v15(), SHA256())
    key.verify(sign(0x04, sha256), sha256, PSS(MGF1(SHA256()), PSS.AUTO), Prehashed(SHA256()))
    key.verify(sign(0x05, b"abc"), b"abc", PSS(MGF1(SHA256()), PSS.AUTO), SHA256())
    play(card, ("802A06970101" + "00", 0x6A86), ("802A02970101" + "00", 0x6700), ("802A009700", 0x6700))
    play(card, ("802A0097F6" + "01" * 246 + "00", 0x6700), ("802A00980101" + "00", 0x6981))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=24), max_size=8))
def test_no_command_breaks_card(card: SoftCard, commands: list[bytes]) -> None:
    for command in [bytes.fromhex(JPKI), *commands, *(b"\x00" + command for command in commands)]:
        assert len(card.transmit(command)) >= 2
