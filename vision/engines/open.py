"""Open face engines by name, with their calibration. Do not create engines directly."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vision.engines.models.weights import (
    ADD_FACE_RECOGNITION,
    ENCODER,
    KNOWN_SHA256,
    SFACE,
    YUNET,
    packaged_file,
    require_library,
    weights,
)

if TYPE_CHECKING:
    from vision.decision import Calibration
    from vision.engines.engine import Encoder, FaceEngine

DEFAULT = "sface"
DATA = Path(__file__).parents[1] / "data" / "calibration"
_RECALIBRATE = "Create it again with `uketsuke face calibrate`, or remove it to use the included calibration."
_REINSTALL = "Reinstall the program."


@dataclass(frozen=True, slots=True)
class _BuiltIn:
    """Engine included in the package."""

    sha256: str
    """Published SHA-256 of the encoder's weights."""
    open: "Callable[[Path], Encoder]"
    """Open the encoder, given the cache folder. Raises NotBuilt, WeightsMissing and OSError."""
    calibration: str = ""
    """Name of the included calibration. If empty, `uketsuke face calibrate` is required first."""
    synthetic_calibration: str = ""
    """Name of the included calibration for synthetic faces. If empty, the engine cannot compare synthetic faces."""


def _sface(cache: Path) -> "Encoder":
    from vision.engines.sface import SFace

    return SFace(packaged_file(SFACE))


def _dlib(cache: Path) -> "Encoder":
    from vision.engines.network import identify_network

    return identify_network(weights(ENCODER)).open(cache)


def _face_recognition(cache: Path) -> "Encoder":
    from vision.engines.dlib_library import DlibLibrary

    for module in ("dlib", "face_recognition", "pkg_resources"):
        require_library(module, ADD_FACE_RECOGNITION)
    weights(ENCODER)
    return DlibLibrary()


_BUILT_IN = {
    "sface": _BuiltIn(SFACE.published_sha256, _sface, "sface", "sface-synthetic"),
    "dlib": _BuiltIn(KNOWN_SHA256[ENCODER], _dlib, "dlib", "dlib-synthetic"),
    # the same network as dlib, run by the library
    "face_recognition": _BuiltIn(KNOWN_SHA256[ENCODER], _face_recognition, "dlib", "dlib-synthetic"),
}
BUILT_IN_ENGINES = tuple(_BUILT_IN)
"""Names of the included engines, default first."""


def user_cache() -> Path:
    """Return the cache folder for converted networks outside a terminal."""
    from platformdirs import user_cache_path

    return user_cache_path("uketsuke")


def user_calibration(face_dir: Path, name: str = "") -> Path:
    """Return the path of the calibration written by `uketsuke face calibrate` in the terminal's face folder."""
    from vision.engines.added import CALIBRATION

    name = name or DEFAULT
    return face_dir / f"{name}.json" if name in _BUILT_IN else model_folder(face_dir, name) / CALIBRATION


def model_store(face_dir: Path) -> Path:
    return face_dir / "models"


def model_folder(face_dir: Path, name: str) -> Path:
    """Return the folder of an added network."""
    return model_store(face_dir) / name


def calibration_for(name: str = "", face_dir: Path | None = None) -> "Calibration":
    """Return the calibration used by `open_engine` with the same arguments, without loading a network.

    Raises NotCalibrated, WeightsMissing.
    """
    from vision.decision import NotCalibrated
    from vision.engines.added import matching_calibration, model_calibration

    name = name or DEFAULT
    built_in = _BUILT_IN.get(name)
    if built_in is None:
        return model_calibration(_added(face_dir, name))
    if face_dir is not None and user_calibration(face_dir, name).exists():
        return matching_calibration(user_calibration(face_dir, name), identity(name), _RECALIBRATE)
    if not built_in.calibration:
        raise NotCalibrated(f"no calibration for {name} is included. Create one with `uketsuke face calibrate`.")
    return matching_calibration(DATA / f"{built_in.calibration}.json", identity(name), _REINSTALL)


def synthetic_calibration_for(name: str = "") -> "Calibration | None":
    """Return the calibration for synthetic faces from a simulated camera, or None. Raises NotCalibrated."""
    from vision.engines.added import matching_calibration

    built_in = _BUILT_IN.get(name or DEFAULT)
    if built_in is None or not built_in.synthetic_calibration:
        return None
    return matching_calibration(DATA / f"{built_in.synthetic_calibration}.json", identity(name), _REINSTALL)


def identity(name: str = "", face_dir: Path | None = None) -> str:
    """Return the identity recorded in an engine's calibrations. Raises NotCalibrated and OSError."""
    from vision.engines.network import identity_for

    built_in = _BUILT_IN.get(name or DEFAULT)
    if built_in is not None:
        return identity_for(built_in.sha256)
    from vision.engines.added import model_network

    return model_network(_added(face_dir, name)).identity


def open_engine(cache: Path, name: str = "", face_dir: Path | None = None) -> "FaceEngine":
    """Open a face engine. Raises NotCalibrated, NotBuilt and WeightsMissing.

    `name`: one of `BUILT_IN_ENGINES` or an added network; empty for the default. `face_dir`: the terminal's face
    folder. Opening takes about 0.1 s. The first call for dlib takes longer, because it converts the network and stores
    it in `cache`.
    """
    from vision.engines.engine import Engine
    from vision.engines.yunet import YuNet

    calibration, synthetic = calibration_for(name, face_dir), synthetic_calibration_for(name)
    return Engine(YuNet(packaged_file(YUNET)), _encoder(cache, name, face_dir), calibration, synthetic)


def open_uncalibrated(cache: Path, name: str = "", face_dir: Path | None = None) -> "FaceEngine":
    """Open an engine without its calibration, for measuring or calibrating it.

    Raises the same exceptions as `open_engine`.
    """
    from vision.engines.engine import Engine
    from vision.engines.yunet import YuNet

    return Engine(YuNet(packaged_file(YUNET)), _encoder(cache, name, face_dir))


def _encoder(cache: Path, name: str, face_dir: Path | None) -> "Encoder":
    built_in = _BUILT_IN.get(name or DEFAULT)
    if built_in is not None:
        return built_in.open(cache)
    from vision.engines.added import model_network

    return model_network(_added(face_dir, name)).open(cache)


def _added(face_dir: Path | None, name: str) -> Path:
    from vision.decision import NotCalibrated

    if face_dir is None:
        raise NotCalibrated(f"unknown face network {name!r}. Known: {', '.join(BUILT_IN_ENGINES)}.")
    return model_folder(face_dir, name)
