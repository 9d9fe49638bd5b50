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
    delivered,
    need_library,
    weights,
)

if TYPE_CHECKING:
    from vision.decision import Calibration
    from vision.engines.engine import Encoder, FaceEngine

DEFAULT = "sface"
DATA = Path(__file__).parents[1] / "data" / "calibration"
_RECALIBRATE = "Create it again with `uketsuke face calibrate`, or remove it to use the included one."
_REINSTALL = "Reinstall the program."


@dataclass(frozen=True, slots=True)
class _Built:
    """Engine included in the package."""

    sha256: str
    """Published SHA-256 of the encoder's weights."""
    open: "Callable[[Path], Encoder]"
    """Open the encoder, given the cache folder. Raises NotBuilt, WeightsMissing and OSError."""
    calibration: str = ""
    """Name of the included calibration. If empty, `uketsuke face calibrate` is required first."""
    drawn: str = ""
    """Name of the included calibration for synthetic faces. If empty, the engine cannot compare synthetic faces."""


def _sface(cache: Path) -> "Encoder":
    from vision.engines.sface import SFace

    return SFace(delivered(SFACE))


def _dlib(cache: Path) -> "Encoder":
    from vision.engines.network import network_of

    return network_of(weights(ENCODER)).open(cache)


def _face_recognition(cache: Path) -> "Encoder":
    from vision.engines.dlib_library import DlibLibrary

    for module in ("dlib", "face_recognition", "pkg_resources"):
        need_library(module, ADD_FACE_RECOGNITION)
    weights(ENCODER)
    return DlibLibrary()


_BUILT = {
    "sface": _Built(SFACE.published_sha256, _sface, "sface", "sface-drawn"),
    "dlib": _Built(KNOWN_SHA256[ENCODER], _dlib, "dlib", "dlib-drawn"),
    # the same network as dlib, run by the library
    "face_recognition": _Built(KNOWN_SHA256[ENCODER], _face_recognition, "dlib", "dlib-drawn"),
}
BUILT = tuple(_BUILT)
"""Names of the included engines, beginning with the default."""


def user_cache() -> Path:
    """Return the cache folder for converted networks that is used outside a terminal."""
    from platformdirs import user_cache_path

    return user_cache_path("uketsuke")


def own_calibration(own: Path, name: str = "") -> Path:
    """Return the path of the calibration written by `uketsuke face calibrate`. `own`: the terminal's face folder."""
    from vision.engines.added import CALIBRATION

    name = name or DEFAULT
    return own / f"{name}.json" if name in _BUILT else model_folder(own, name) / CALIBRATION


def model_store(own: Path) -> Path:
    return own / "models"


def model_folder(own: Path, name: str) -> Path:
    """Return the folder of an added network."""
    return model_store(own) / name


def calibration_of(name: str = "", own: Path | None = None) -> "Calibration":
    """Return the calibration used by `open_engine` with the same arguments, without loading a network.

    Raises NotCalibrated, WeightsMissing.
    """
    from vision.decision import NotCalibrated
    from vision.engines.added import calibration_in, fitting_calibration

    name = name or DEFAULT
    built = _BUILT.get(name)
    if built is None:
        return calibration_in(_added(own, name))
    if own is not None and own_calibration(own, name).exists():
        return fitting_calibration(own_calibration(own, name), identity(name), _RECALIBRATE)
    if not built.calibration:
        raise NotCalibrated(f"no calibration for {name} is included. Create one with `uketsuke face calibrate`.")
    return fitting_calibration(DATA / f"{built.calibration}.json", identity(name), _REINSTALL)


def drawn_calibration_of(name: str = "") -> "Calibration | None":
    """Return the calibration for synthetic faces from a simulated camera, or None. Raises NotCalibrated."""
    from vision.engines.added import fitting_calibration

    built = _BUILT.get(name or DEFAULT)
    if built is None or not built.drawn:
        return None
    return fitting_calibration(DATA / f"{built.drawn}.json", identity(name), _REINSTALL)


def identity(name: str = "", own: Path | None = None) -> str:
    """Return the identity that calibrations of an engine refer to. Raises NotCalibrated and OSError."""
    from vision.engines.network import identity_of

    built = _BUILT.get(name or DEFAULT)
    if built is not None:
        return identity_of(built.sha256)
    from vision.engines.added import network_in

    return network_in(_added(own, name)).identity


def open_engine(cache: Path, name: str = "", own: Path | None = None) -> "FaceEngine":
    """Open a face engine. Raises NotCalibrated, NotBuilt and WeightsMissing.

    `name`: one of `BUILT` or an added network; empty for the default. `own`: the terminal's face folder. Takes about
    0.1 s. The first call for dlib takes longer, because it converts the network and stores it in `cache`.
    """
    from vision.engines.engine import Engine
    from vision.engines.yunet import YuNet

    calibration, drawn = calibration_of(name, own), drawn_calibration_of(name)
    return Engine(YuNet(delivered(YUNET)), _encoder(cache, name, own), calibration, drawn)


def open_uncalibrated(cache: Path, name: str = "", own: Path | None = None) -> "FaceEngine":
    """Open an engine without its calibration, for measuring or calibrating it.

    Raises the same exceptions as `open_engine`.
    """
    from vision.engines.engine import Engine
    from vision.engines.yunet import YuNet

    return Engine(YuNet(delivered(YUNET)), _encoder(cache, name, own))


def _encoder(cache: Path, name: str, own: Path | None) -> "Encoder":
    built = _BUILT.get(name or DEFAULT)
    if built is not None:
        return built.open(cache)
    from vision.engines.added import network_in

    return network_in(_added(own, name)).open(cache)


def _added(own: Path | None, name: str) -> Path:
    from vision.decision import NotCalibrated

    if own is None:
        raise NotCalibrated(f"unknown face network {name!r}. Known: {', '.join(BUILT)}.")
    return model_folder(own, name)
