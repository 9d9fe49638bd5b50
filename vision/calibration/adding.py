"""Add a recognition network to the terminal, with hash check and calibration."""

import logging
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vision.calibration.calibrate import calibrate, is_held_out
from vision.calibration.measure import Figure, figures
from vision.calibration.people import OnProgress, counted, encoded_people
from vision.decision import Calibration, NotCalibrated, save_calibration
from vision.engines.added import CALIBRATION, WEIGHTS, is_model_name, model_calibration, model_network
from vision.engines.engine import Engine
from vision.engines.models.known import model_named
from vision.engines.models.weights import YUNET, packaged_file, sha256_of
from vision.engines.network import identify_network
from vision.engines.yunet import YuNet

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AddedModel:
    folder: Path
    calibration: Calibration
    figures: list[Figure]
    """Error rates for the held-out half of the people."""


def add_model(
    file: Path,
    people: Path,
    store: Path,
    cache: Path,
    *,
    sha256: str | None = None,
    name: str | None = None,
    reserved: Sequence[str] = (),
    on_progress: OnProgress | None = None,
) -> AddedModel:
    """Calibrate a network and add it to `store` as `name`, by default the file name.

    Replaces a model with the same name and weights.

    `people`: folder with a subfolder per person. Half of them are used to set the thresholds. No personal data is
    stored. `sha256`: published hash, if known. `reserved`: names that are not allowed. Raises NotBuilt if the file is
    not a recognition network, NotCalibrated for a wrong hash or an unavailable name, TooFewPeople, WeightsMissing if
    the detector is missing, and OSError.
    """
    name = name or file.stem
    if not is_model_name(name) or name in reserved:
        raise NotCalibrated(
            f"invalid model name {name!r}. Use letters, digits, dots, - and _. Reserved names: {', '.join(reserved)}."
        )
    network = identify_network(file)
    check_hash(file, sha256)
    target = store / name
    if target.exists() and _stored_identity(target) != network.identity:
        raise NotCalibrated(f"{target} contains a different model. Choose a different name or remove this folder.")
    engine = Engine(YuNet(packaged_file(YUNET)), network.open(cache))
    encoded = list(counted(encoded_people(people, engine), people, on_progress))
    calibration = calibrate([person for person in encoded if not is_held_out(person)], network.identity)
    store.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=store, prefix=".") as work:
        folder = Path(work) / "new"
        folder.mkdir()
        shutil.copyfile(file, folder / f"{WEIGHTS}{network.kind.ending}")
        save_calibration(folder / CALIBRATION, calibration)
        model_calibration(folder)
        if target.exists():
            target.rename(Path(work) / "old")
        folder.rename(target)
    log.info("added model %s with thresholds %s", target.name, calibration.thresholds)
    return AddedModel(target, calibration, figures([person for person in encoded if is_held_out(person)], calibration))


def check_hash(file: Path, sha256: str | None) -> None:
    """Compare the hash of a file with `sha256`, if given, and with the published hash of a known file of the same name.

    Raises NotCalibrated and OSError.
    """
    actual = sha256_of(file)
    if sha256 is not None and actual != sha256.lower():
        expected = f"{sha256.lower()} as specified"
        raise NotCalibrated(f"{file.name} has the hash {actual} instead of {expected}. Download the file again.")
    known = model_named(file.stem)
    if known is not None and known.sha256 is not None and actual not in (known.sha256, known.packaged_sha256):
        expected = f"{known.sha256} as published"
        raise NotCalibrated(f"{file.name} has the hash {actual} instead of {expected}. Download the file again.")


def _stored_identity(folder: Path) -> str | None:
    try:
        return model_network(folder).identity
    except (NotCalibrated, OSError):
        return None
