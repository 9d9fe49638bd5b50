"""OpenSC, which nobody here wrote, takes the card in software for a JPKI card."""

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reader.profile import File
from reader.softcard.card import SoftCard
from reader.softcard.image import CardImage

if TYPE_CHECKING:
    from .conftest import PcscdCounter

pytestmark = [
    pytest.mark.pcscd,
    pytest.mark.skipif(shutil.which("pkcs15-tool") is None, reason="OpenSC is not installed"),
]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*command, "--reader", "0"], capture_output=True, text=True, timeout=30, check=False)


def test_recognised_listed_signed_and_counted(real_counter: "PcscdCounter", image: CardImage, tmp_path: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA256, Hash

    real_counter.insert(SoftCard(image))
    assert run("opensc-tool", "--name").stdout.strip() == "jpki"
    listed = run("pkcs15-tool", "--dump").stdout
    assert listed.count("PIN [") == 2
    assert listed.count("Private RSA Key [") == 2
    assert listed.count("X.509 Certificate [") == 4
    assert listed.count("Tries left") == 2

    digest = Hash(SHA256())
    digest.update(b"statement")
    (tmp_path / "digest").write_bytes(digest.finalize())
    signing = ["pkcs15-crypt", "--sign", "--pkcs1", "--sha-256", "--key", "01", "--raw"]
    files = ["--input", str(tmp_path / "digest"), "--output", str(tmp_path / "signature")]
    assert run(*signing, *files, "--pin", "0000").returncode != 0
    assert "Tries left     : 2" in run("pkcs15-tool", "--dump").stdout
    assert run(*signing, *files, "--pin", "1234").returncode == 0
    key = x509.load_der_x509_certificate(image.files[File.USER_CERTIFICATE]).public_key()
    assert isinstance(key, RSAPublicKey)
    key.verify((tmp_path / "signature").read_bytes(), b"statement", PKCS1v15(), SHA256())
