"""Anti-spoofing networks added to the terminal. None are included, because no package registry distributes them.

Accepts the two original checkpoints, identified by hash, and ONNX files whose names start with a crop scale.
"""

import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from config.files import write_atomically
from vision.engines.models.weights import NotBuilt, sha256_of

if TYPE_CHECKING:
    from vision.antispoofing.minifasnet import MiniFasNets

HOME_PAGE = "https://github.com/minivision-ai/Silent-Face-Anti-Spoofing"
LICENCE = "Apache-2.0"
CHECKPOINTS = {
    "a5eb02e1843f19b5386b953cc4c9f011c3f985d0ee2bb9819eea9a142099bec0": (2.7, "MiniFASNetV2"),
    "84ee1d37d96894d5e82de5a57df044ef80a58be2b218b5ed7cdfd875ec2f5990": (4.0, "MiniFASNetV1SE"),
}
"""Crop scale and name by SHA-256, from the original repository at commit b6d5f04a."""
_SCALE = re.compile(r"([1-9][0-9]?(?:\.[0-9]+)?)[_x-]")


@dataclass(frozen=True, slots=True)
class AddedNetwork:
    name: str
    scale: float
    """Size of the crop relative to the face box."""


def folder_in(face_folder: Path) -> Path:
    """Return the folder of anti-spoofing networks in the terminal's face folder."""
    return face_folder / "anti-spoofing"


def networks_in(face_folder: Path) -> list[tuple[float, Path]]:
    """Return the crop scale and file of each added network, sorted by file name."""
    folder = folder_in(face_folder)
    files = sorted(folder.glob("*.onnx")) if folder.is_dir() else []
    return [(_scale_from(file.name), file) for file in files]


def open_anti_spoofing(face_folder: Path) -> "MiniFasNets | None":
    """Open the added networks. Returns None if there are none. Raises NotBuilt and OSError."""
    networks = networks_in(face_folder)
    if not networks:
        return None
    from vision.antispoofing.minifasnet import MiniFasNets

    return MiniFasNets(networks)


def add_anti_spoofing(files: Sequence[Path], face_folder: Path) -> list[AddedNetwork]:
    """Replace the added networks. Raises NotBuilt if a file is not an anti-spoofing network, and OSError."""
    from vision.antispoofing.minifasnet import MiniFasNets

    face_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=face_folder, prefix=".") as work:
        new = Path(work) / "new"
        new.mkdir()
        added = []
        for file in files:
            name, model = _converted(file)
            write_atomically(new / name, model)
            added.append(AddedNetwork(name, _scale_from(name)))
        MiniFasNets([(network.scale, new / network.name) for network in added])
        folder = folder_in(face_folder)
        if folder.exists():
            shutil.move(folder, Path(work) / "old")
        new.rename(folder)
    return added


def _converted(file: Path) -> tuple[str, bytes]:
    """Return the name and content of the ONNX file to store. Raises NotBuilt and OSError."""
    known = CHECKPOINTS.get(sha256_of(file))
    if known is not None:
        from vision.antispoofing.graph import anti_spoofing_network
        from vision.antispoofing.pth import tensors_in

        scale, name = known
        return f"{scale:g}_80x80_{name}.onnx", anti_spoofing_network(tensors_in(file))
    if file.suffix != ".onnx":
        raise NotBuilt(
            f"{file.name} is not an original checkpoint: unknown hash {sha256_of(file)}. Download the checkpoints "
            f"from {HOME_PAGE}, resources/anti_spoof_models, or use ONNX files."
        )
    _scale_from(file.name)
    return file.name, file.read_bytes()


def _scale_from(name: str) -> float:
    match = _SCALE.match(name)
    if match is None:
        raise NotBuilt(
            f"the file name {name} does not start with the crop scale. Rename the file like the original ones: "
            "2.7_80x80_NAME.onnx"
        )
    return float(match[1])
