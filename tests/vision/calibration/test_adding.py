"""Tests for adding networks with their own calibration."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from vision.calibration import adding
from vision.calibration.adding import add_model
from vision.calibration.calibrate import TooFewPeople
from vision.calibration.people import EncodedPerson
from vision.decision import Calibration, NotCalibrated, save_calibration
from vision.engines import added, network
from vision.engines import open as engines
from vision.engines.added import added_models, model_calibration
from vision.engines.engine import Encoder, Engine
from vision.engines.models.known import KNOWN, model_with
from vision.engines.models.weights import PACKAGED_FILES, SFACE, NotBuilt
from vision.engines.network import NetworkKind
from vision.engines.open import BUILT_IN_ENGINES, calibration_for, identity, open_engine, user_calibration
from vision.face import Encoding, Face
from vision.frame import Image

FILE = PACKAGED_FILES / SFACE.name
"""The packaged network, which the tests add under a different name."""


def random_people(count: int, values: int = 128, live: int = 6) -> list[EncodedPerson]:
    generator = np.random.default_rng(4)
    people = []
    for number in range(count):
        images = generator.normal(0, 0.1, values) + generator.normal(0, 0.02, (live + 1, values))
        people.append(EncodedPerson(f"p_{number}", images[0], list(images[1:])))
    return people


@pytest.fixture
def seventy_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adding, "encoded_people", lambda folder, engine: iter(random_people(70)))


@pytest.fixture(scope="module")
def with_added_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a terminal's face folder with an added network."""
    face_folder = tmp_path_factory.mktemp("face")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(adding, "encoded_people", lambda folder, engine: iter(random_people(70)))
        add_model(FILE, face_folder, face_folder / "models", face_folder, name="mine", reserved=BUILT_IN_ENGINES)
    return face_folder


@pytest.fixture
def face_folder(tmp_path: Path, with_added_model: Path) -> Path:
    """Return a copy of the face folder that a test can damage."""
    return Path(shutil.copytree(with_added_model, tmp_path / "face"))


def test_added_model_is_opened_with_its_own_calibration(face_folder: Path) -> None:
    engine = open_engine(face_folder, "mine", face_folder)
    assert engine.calibration == model_calibration(face_folder / "models" / "mine")
    assert engine.calibration != calibration_for("sface")
    assert set(engine.calibration.thresholds) == {1, 3, 5}
    # the distance between two images of a random person
    assert 0.1 < engine.calibration.other_person < 0.4
    assert engine.synthetic_calibration is None


def test_model_folder_contains_no_personal_data(face_folder: Path) -> None:
    model = face_folder / "models" / "mine"
    assert {path.name for path in model.iterdir()} == {"weights.onnx", "calibration.json"}
    assert [path.name for path in model.parent.iterdir()] == ["mine"]
    assert len((model / "calibration.json").read_bytes()) < 400


@pytest.mark.parametrize("content", [b"something else", b"", b"[1]", b"{}"])
@pytest.mark.parametrize("name", ["weights.onnx", "calibration.json"])
def test_model_with_damaged_files_is_not_used(face_folder: Path, name: str, content: bytes) -> None:
    (face_folder / "models" / "mine" / name).write_bytes(content)
    with pytest.raises(NotCalibrated, match="uketsuke face add"):
        open_engine(face_folder, "mine", face_folder)


@pytest.mark.parametrize(
    "change",
    [
        {"thresholds": {"5": float("inf")}},
        {"thresholds": {}},
        {"thresholds": [1, 2]},
        {"fmr_upper": None},
        {"other_person": float("nan")},
        {"other_person": "wide"},
        {"engine": ""},
    ],
)
def test_invalid_calibration_is_not_used(face_folder: Path, change: dict[str, object]) -> None:
    file = face_folder / "models" / "mine" / "calibration.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(NotCalibrated, match=r"calibration\.json"):
        model_calibration(file.parent)


def test_existing_name_accepts_only_the_same_weights(face_folder: Path, seventy_people: None) -> None:
    store = face_folder / "models"
    (store / "mine" / "calibration.json").unlink()
    add_model(FILE, face_folder, store, face_folder, name="mine")
    assert model_calibration(store / "mine").fmr == 1e-3
    (store / "mine" / "weights.onnx").write_bytes(b"different network")
    with pytest.raises(NotCalibrated, match="different name"):
        add_model(FILE, face_folder, store, face_folder, name="mine")
    other = add_model(FILE, face_folder, store, face_folder, name="other")
    assert added_models(store) == ["mine", "other"]
    assert model_calibration(other.folder)


@pytest.mark.parametrize("name", ["../x", ".x", "a b", "x" * 81, "sface"])
def test_unusable_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotCalibrated, match="invalid model name"):
        add_model(FILE, tmp_path, tmp_path / "models", tmp_path, name=name, reserved=BUILT_IN_ENGINES)


def test_network_with_512_values_can_be_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Engine) -> None:
    class WideEncoder:
        """A fake network with 512 outputs."""

        crops_by_landmarks = False

        def __init__(self, file: Path) -> None:
            self._matrix = np.random.default_rng(file.stat().st_size).normal(0, 1, (512, 64))

        def encode(self, grey: Image, face: Face) -> Encoding:
            return self._matrix @ grey[:8, :8].ravel().astype(np.float64)

    def open_wide(file: Path, cache: Path) -> Encoder:
        return WideEncoder(file)

    kind = NetworkKind("wide", ".wide", lambda file: file.read_bytes()[:4] == b"WIDE", open_wide)
    monkeypatch.setattr(network, "KINDS", (kind, *network.KINDS))
    monkeypatch.setattr(added, "KINDS", (kind, *network.KINDS))
    monkeypatch.setattr(adding, "encoded_people", lambda folder, engine: iter(random_people(70, 512)))
    (tmp_path / "net.wide").write_bytes(b"WIDE weights")
    wide = add_model(tmp_path / "net.wide", tmp_path, tmp_path / "models", tmp_path)
    assert (wide.folder / "weights.wide").is_file()
    reopened = open_engine(tmp_path, "net", tmp_path)
    person = random_people(1, 512)[0]
    assert person.reference is not None
    assert reopened.calibration.matches(np.mean(person.live, axis=0), person.reference, 5)
    assert reopened.encode(np.zeros((480, 640), np.uint8), None).shape == (512,)  # type: ignore[arg-type]


def test_wrong_hash_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotCalibrated, match="instead of 00"):
        add_model(FILE, tmp_path, tmp_path / "models", tmp_path, sha256="00" * 32, name="mine")
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("other.dat", b"weights of something else" * 100, "0 tensors"),
        ("other.onnx", b"\x08\x07rubbish", "as an SFace network"),
        ("packed.dat", b"BZh91AY", "bunzip2"),
        ("packed.dat", b"PK\x03\x04", "unzip"),
        ("pointer.dat", b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    ],
)
def test_error_for_unrecognised_file_says_what_to_do(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(NotBuilt, match=message):
        add_model(tmp_path / name, tmp_path, tmp_path / "models", tmp_path)


@pytest.mark.parametrize("people", [0, 12])
def test_too_few_people_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, people: int) -> None:
    monkeypatch.setattr(adding, "encoded_people", lambda folder, engine: iter(random_people(people)))
    with pytest.raises(TooFewPeople, match="400 impostor trials"):
        add_model(FILE, tmp_path, tmp_path / "models", tmp_path, name="mine")
    assert not (tmp_path / "models").exists()


def test_known_models_have_licence_source_and_hash() -> None:
    assert {model.engine for model in KNOWN} == {"sface", "dlib", "every engine", ""}
    assert all(model.licence and model.home_page.startswith("https://") for model in KNOWN)
    packaged = model_with(SFACE.published_sha256)
    assert packaged is not None
    assert packaged.engine == "sface"
    assert model_with("00") is None
    assert all(model.sha256 is None or len(bytes.fromhex(model.sha256)) == 32 for model in KNOWN)


@pytest.mark.parametrize("name", ["face_recognition_sface_2021dec", "dlib_face_recognition_resnet_model_v1"])
def test_known_name_with_different_content_is_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / f"{name}.dat"
    file.write_bytes(b"other content")
    with pytest.raises(NotCalibrated, match="as published"):
        add_model(file, tmp_path, tmp_path / "models", tmp_path)


class TinyEngine:
    """An engine with a different encoding size. The encoding is the face scaled to 8x8 pixels."""

    crops_by_landmarks = False

    def encode(self, grey: Image, face: Face) -> Encoding:
        box = face.box
        face_pixels = grey[max(box.top, 0) : box.top + box.height, max(box.left, 0) : box.left + box.width]
        small = cv2.resize(face_pixels, (8, 8), interpolation=cv2.INTER_AREA).astype(np.float64).ravel()
        return small / float(np.linalg.norm(small))


def test_built_in_engine_requires_calibration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(engines._BUILT_IN, "tiny", engines._BuiltIn("0" * 64, lambda cache: TinyEngine()))
    with pytest.raises(NotCalibrated, match="no calibration for"):
        open_engine(tmp_path, "tiny", tmp_path)
    face_folder = user_calibration(tmp_path, "tiny")
    save_calibration(face_folder, Calibration(identity("tiny"), {1: 0.2, 5: 0.1}, 0.001, 0.004, 0.3))
    engine = open_engine(tmp_path, "tiny", tmp_path)
    assert engine.calibration.threshold(5) == 0.1
    assert engine.synthetic_calibration is None
    save_calibration(face_folder, Calibration(identity("sface"), {1: 0.2}, 0.001, 0.004, 0.3))
    with pytest.raises(NotCalibrated, match="different network"):
        open_engine(tmp_path, "tiny", tmp_path)
