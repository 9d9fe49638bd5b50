"""Anti-spoofing networks added to the terminal. None is included, because they are not in any package registry.

Accepts the two original checkpoints, identified by hash, and ONNX files whose names begin with the scale like theirs.
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
"""Scale and name by SHA-256, from the original repository at commit b6d5f04a."""
_SCALE = re.compile(r"([1-9][0-9]?(?:\.[0-9]+)?)[_x-]")


@dataclass(frozen=True, slots=True)
class AddedNetwork:
    name: str
    scale: float
    """Size of the crop relative to the face box."""


def folder_in(own: Path) -> Path:
    """Return the folder for anti-spoofing networks. `own`: the terminal's face folder."""
    return own / "anti-spoofing"


def networks_in(own: Path) -> list[tuple[float, Path]]:
    """Return scale and file of each added network, sorted by file name."""
    place = folder_in(own)
    files = sorted(place.glob("*.onnx")) if place.is_dir() else []
    return [(_scale_of(file.name), file) for file in files]


def open_anti_spoofing(own: Path) -> "MiniFasNets | None":
    """Open the added networks. Return None if there are none. Raises NotBuilt and OSError."""
    found = networks_in(own)
    if not found:
        return None
    from vision.antispoofing.minifasnet import MiniFasNets

    return MiniFasNets(found)


def add_anti_spoofing(files: Sequence[Path], own: Path) -> list[AddedNetwork]:
    """Replace the added networks with these. Raises NotBuilt if any file is not such a network, and OSError."""
    from vision.antispoofing.minifasnet import MiniFasNets

    own.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=own, prefix=".") as work:
        made = Path(work) / "made"
        made.mkdir()
        added = []
        for file in files:
            name, model = _ready(file)
            write_atomically(made / name, model)
            added.append(AddedNetwork(name, _scale_of(name)))
        MiniFasNets([(one.scale, made / one.name) for one in added])
        place = folder_in(own)
        if place.exists():
            shutil.move(place, Path(work) / "before")
        made.rename(place)
    return added


def _ready(file: Path) -> tuple[str, bytes]:
    """Return the name and content of an ONNX file. Raises NotBuilt and OSError."""
    known = CHECKPOINTS.get(sha256_of(file))
    if known is not None:
        from vision.antispoofing.graph import anti_spoofing_network
        from vision.antispoofing.pth import tensors_in

        scale, name = known
        return f"{scale:g}_80x80_{name}.onnx", anti_spoofing_network(tensors_in(file))
    if file.suffix != ".onnx":
        raise NotBuilt(
            f"{file.name} has the hash {sha256_of(file)}, which is not that of an original checkpoint. Get them "
            f"from {HOME_PAGE}, resources/anti_spoof_models, or provide ONNX files"
        )
    _scale_of(file.name)
    return file.name, file.read_bytes()


def _scale_of(name: str) -> float:
    found = _SCALE.match(name)
    if found is None:
        raise NotBuilt(
            f"{name} does not begin with the scale of the crop around the face. Rename it like the original files: "
            "2.7_80x80_NAME.onnx"
        )
    return float(found[1])
