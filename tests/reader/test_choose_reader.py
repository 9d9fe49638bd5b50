"""Tests for choosing a reader by number, name, part of a name or wildcard."""

import pytest

from reader.reader_names import ReaderChoice, choose_reader, model_name, name_for_expression

ALCOR = "Alcor Micro AU9540 00 00"
SONY = "Sony FeliCa RC-S300/P (1033212) 01 00"
PICC = "ACS ACR1252 Dual Reader [ACR1252 Dual Reader PICC] 02 00"
SAM = "ACS ACR1252 Dual Reader [ACR1252 Dual Reader SAM] 02 01"
SCR = "SCM Microsystems Inc. SCR 3310 [CCID Interface] (21121034213056) 03 00"
TWIN = "Gemalto PC Twin Reader (2A5B) 04 00"
GERMAN = "REINER SCT cyberJack RFID komfort (1234567890) 05 00"
OMNIKEY = "HID Global OMNIKEY 5022 Smart Card Reader [OMNIKEY 5022 Smart Card Reader] 06 00"
YUBIKEY = "Yubico YubiKey OTP+FIDO+CCID 07 00"
K3000 = "Gemalto IDBridge K3000 ＠ 08 00"
JAPANESE = "窓口のカードリーダー 09 00"
NAMES = [ALCOR, SONY, PICC, SAM, SCR, TWIN, GERMAN, OMNIKEY, YUBIKEY, K3000, JAPANESE]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, ALCOR),
        (1, SONY),
        ("1", SONY),
        (11, None),
        (-1, None),
        ("", ALCOR),
        (PICC, PICC),
        # part of a name; brackets and parentheses are literal
        ("RC-S300/P (1033212)", SONY),
        ("rc-s300", SONY),
        ("[ACR1252 Dual Reader PICC]", PICC),
        ("PICC] 02", PICC),
        ("SCR 3310 [CCID Interface] (2112", SCR),
        ("Gemalto PC Twin Reader (2A5B)", TWIN),
        ("PC Twin", TWIN),
        ("Inc.", SCR),
        ("OTP+FIDO", YUBIKEY),
        ("omnikey 5022", OMNIKEY),
        ("5022 smart", OMNIKEY),
        # wildcards
        ("ACR1252*SAM", SAM),
        ("ACR1252 * 02 01", SAM),
        ("RC-S3?0", SONY),
        ("AU95??", ALCOR),
        ("AU95?", ALCOR),
        ("AU95?????????", None),
        # non-ASCII and full-width characters
        ("@", K3000),
        ("＠", K3000),
        ("窓口", JAPANESE),
        (JAPANESE, JAPANESE),
        # reconnected with a different number and the same slot
        ("Alcor Micro AU9540 03 00", ALCOR),
        ("ACS ACR1252 Dual Reader [ACR1252 Dual Reader PICC] 00 00", PICC),
        ("ACS ACR1252 Dual Reader [ACR1252 Dual Reader SAM] 00 01", SAM),
        ("ACS ACR1252 Dual Reader [ACR1252 Dual Reader PICC] 00 01", None),
        # no match, and regular expressions from earlier versions
        ("cherry", None),
        ("ACR1252.*PICC", None),
        ("[A-Z]", None),
    ],
)
def test_choosing_reader(choice: ReaderChoice, expected: str | None) -> None:
    assert choose_reader(NAMES, choice) == expected


@pytest.mark.parametrize("choice", [None, "", "*", "0", 0, "00 00"])
def test_virtual_reader_is_chosen_only_by_its_name_or_number(choice: ReaderChoice) -> None:
    """Anyone with access to its port can insert a card."""
    virtual = ["Virtual PCD 00 00", "Virtual PCD 00 01"]
    assert choose_reader(virtual, choice) is None
    assert choose_reader([*virtual, SONY], choice) in (SONY, None)
    assert choose_reader([*virtual, SONY], 2) == SONY
    assert choose_reader([*virtual, SONY], "pcd ?? 01") == virtual[1]


def test_reconnected_reader_on_windows_is_recognised() -> None:
    assert choose_reader(["ACS ACR122 1"], "ACS ACR122 0") == "ACS ACR122 1"


def test_no_reader_is_chosen_from_empty_list() -> None:
    assert choose_reader([], None) is None


@pytest.mark.parametrize(
    ("setting", "suggestion"),
    [
        ("ACR1252.*PICC", "ACR1252*PICC"),
        ("^Virtual PCD 00 01$", "Virtual PCD 00 01"),
        (r"RC-S300/P \(1033212\)", "RC-S300/P (1033212)"),
        ("Sony|ACS", "Sony"),
        (".*RC-S.+", "RC-S"),
        *((name, None) for name in NAMES),
        ("ACR1252*PICC", None),
        ("[CCID Interface]", None),
    ],
)
def test_regular_expression_gets_suggestion(setting: str, suggestion: str | None) -> None:
    assert name_for_expression(setting) == suggestion
    if suggestion is not None:
        assert name_for_expression(suggestion) is None


@pytest.mark.parametrize(
    ("name", "model"),
    [
        (SONY, "Sony FeliCa RC-S300/P"),
        ("Sony FeliCa RC-S300/P (0000001) 00 00", "Sony FeliCa RC-S300/P"),
        (PICC, "ACS ACR1252 Dual Reader [ACR1252 Dual Reader PICC]"),
        (SCR, "SCM Microsystems Inc. SCR 3310 [CCID Interface]"),
        (TWIN, "Gemalto PC Twin Reader"),
        ("ACS ACR122 0", "ACS ACR122"),
        ("Reader without numbers", "Reader without numbers"),
    ],
)
def test_reader_model(name: str, model: str) -> None:
    assert model_name(name) == model
