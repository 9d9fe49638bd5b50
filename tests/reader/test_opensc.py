"""Test the software card with OpenSC, an independent implementation."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reader.card import MyNumberCard
from reader.facts import CardFacts, PinVerified, PinWrong
from reader.profile import File, Password
from reader.softcard.authority import TestAuthority
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardImage
from reader.softcard.kinds import issue_kind

if TYPE_CHECKING:
    from .conftest import PcscdCounter

pytestmark = [
    pytest.mark.pcscd,
    pytest.mark.skipif(shutil.which("pkcs15-tool") is None, reason="OpenSC is not installed (package opensc)"),
]


def run(*command: str, check: bool = False) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*command, "--reader", "0"], capture_output=True, timeout=90, check=check)


def openssl(*command: str) -> str:
    return subprocess.run(["openssl", *command], capture_output=True, text=True, timeout=90, check=False).stdout


def tries_left() -> list[int]:
    """Return the tries left for the authentication PIN and the signature password, read by pkcs15-tool."""
    listed = run("pkcs15-tool", "--list-pins", check=True).stdout.decode()
    return [int(left) for left in re.findall(r"Tries left\s*: (\d+)", listed)]


def read_tries(counter: "PcscdCounter") -> tuple[MyNumberCard, int]:
    card = MyNumberCard(counter.connect())
    facts = card.read_facts()
    assert isinstance(facts, CardFacts)
    return card, facts.pin_tries_left


def sign(key: str, pin: str, message: Path, signature: Path) -> int:
    """Sign with pkcs15-crypt, which adds DigestInfo and padding, and return its exit code."""
    digest = message.with_suffix(".digest")
    digest.write_bytes(
        subprocess.run(["openssl", "sha256", "-binary", message], capture_output=True, check=True).stdout
    )
    command = ["pkcs15-crypt", "--sign", "--pkcs1", "--sha-256", "--key", key, "--pin", pin, "--raw"]
    return run(*command, "--input", str(digest), "--output", str(signature)).returncode


def test_opensc_lists_pins_keys_and_certificates(real_counter: "PcscdCounter", image: CardImage) -> None:
    real_counter.insert(SoftCard(image))
    assert run("opensc-tool", "--name").stdout.strip() == b"jpki"
    assert run("opensc-tool", "--atr").stdout.strip().replace(b":", b"").lower() == SoftCard(image).atr.hex().encode()
    listed = run("pkcs15-tool", "--dump", check=True).stdout.decode()
    assert re.findall(r"PIN \[(.+)\]", listed) == ["User Authentication PIN", "Digital Signature PIN"]
    assert listed.count("Private RSA Key [") == 2
    assert listed.count("Public RSA Key [") == 2
    assert listed.count("X.509 Certificate [") == 4
    assert tries_left() == [3, 5]


def test_opensc_reads_certificates_as_issued(
    real_counter: "PcscdCounter", image: CardImage, authority: TestAuthority, tmp_path: Path
) -> None:
    """Excludes the signature certificate, because pkcs15-tool cannot enter its password."""
    real_counter.insert(SoftCard(image))
    for number, file in (("01", File.USER_CERTIFICATE), ("03", File.USER_CA_CERTIFICATE)):
        pem = tmp_path / f"{number}.pem"
        pem.write_bytes(run("pkcs15-tool", "--read-certificate", number, check=True).stdout)
        der = tmp_path / f"{number}.der"
        openssl("x509", "-in", str(pem), "-outform", "DER", "-out", str(der))
        assert der.read_bytes() == image.files[file]
    (tmp_path / "ca.pem").write_text(authority.user_ca.certificate_pem)
    verified = openssl("verify", "-no_check_time", "-CAfile", str(tmp_path / "ca.pem"), str(tmp_path / "01.pem"))
    assert verified.strip().endswith(": OK")


@pytest.mark.parametrize(
    ("key", "pin", "file"), [("01", "1234", File.USER_CERTIFICATE), ("02", "TEST2026", File.SIGNATURE_CERTIFICATE)]
)
def test_openssl_verifies_signatures_made_with_opensc(
    real_counter: "PcscdCounter", image: CardImage, tmp_path: Path, key: str, pin: str, file: File
) -> None:
    real_counter.insert(SoftCard(image))
    message, signature, certificate, public = (tmp_path / name for name in ("message", "signature", "der", "public"))
    message.write_bytes(b"statement")
    certificate.write_bytes(image.files[file])
    public.write_text(openssl("x509", "-inform", "DER", "-in", str(certificate), "-pubkey", "-noout"))
    assert sign(key, pin, message, signature) == 0
    verify = ("dgst", "-sha256", "-verify", str(public), "-signature", str(signature))
    assert openssl(*verify, str(message)).strip() == "Verified OK"
    message.write_bytes(b"another statement")
    assert openssl(*verify, str(message)).strip() != "Verified OK"


def test_opensc_and_uketsuke_read_same_counters(real_counter: "PcscdCounter", image: CardImage, tmp_path: Path) -> None:
    real_counter.insert(SoftCard(image))
    (tmp_path / "message").write_bytes(b"statement")

    def opensc_signs(pin: str) -> bool:
        return sign("01", pin, tmp_path / "message", tmp_path / "signature") == 0

    for left in (3, 2):
        card, tries = read_tries(real_counter)
        real_counter.end_reception()
        assert (tries_left(), tries) == ([left, 5], left)
        assert not opensc_signs("0000")
    # The correct PIN resets the counter. Then both programs use tries.
    card, tries = read_tries(real_counter)
    assert card.verify_pin(bytearray(b"1234"), tries) == PinVerified()
    real_counter.end_reception()
    assert tries_left() == [3, 5]
    card, tries = read_tries(real_counter)
    assert card.verify_pin(bytearray(b"0000"), tries) == PinWrong(2)
    real_counter.end_reception()
    assert not opensc_signs("0000")
    assert not opensc_signs("0000")
    card, tries = read_tries(real_counter)
    real_counter.end_reception()
    assert (tries_left(), tries) == ([0, 5], 0)
    assert not opensc_signs("1234"), "locked for OpenSC too"


@pytest.mark.parametrize(("kind", "left"), [("pinless", 0), ("pin-locked", 0), ("tries-left", 1)])
def test_opensc_reads_counters_of_special_cards(
    real_counter: "PcscdCounter", authority: TestAuthority, kind: str, left: int
) -> None:
    image = issue_kind(kind, authority)
    real_counter.insert(SoftCard(image))
    assert tries_left() == [left, 5]
    assert image.passwords[Password.USER_PIN].left == left
