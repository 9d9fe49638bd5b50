"""`uketsuke face`: listing, adding and calibrating models, and refusing models without a calibration."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from config.settings import Settings
from terminal.assembly import NotReady, anti_spoofing, face_engine
from terminal.cli import face
from terminal.cli.main import app
from terminal.doctor import devices
from terminal.doctor.finding import Grade
from tests.vision.antispoofing.conftest import small_network
from vision.antispoofing.graph import anti_spoofing_network
from vision.calibration import adding, bench
from vision.calibration.people import EncodedPerson
from vision.engines.engine import Engine
from vision.engines.models.known import KNOWN
from vision.engines.models.weights import PACKAGED_FILES, SFACE
from vision.engines.open import calibration_for
from vision.engines.sface import SFace
from vision.frame import Frame
from vision.synthetic.source import SyntheticSource

Uketsuke = Callable[..., tuple[int, str]]


def call(state: Path, *arguments: str, model: str = "") -> tuple[int, str]:
    environment = {"UKETSUKE_STATE_DIR": str(state), "UKETSUKE_VISION__MODEL": model}
    result = CliRunner().invoke(app, list(arguments), env=environment)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def random_people(count: int) -> list[EncodedPerson]:
    """Return random encodings for `count` people in two groups. Encoding rendered faces would take a minute."""
    generator = np.random.default_rng(4)
    people = []
    for number in range(count):
        images = generator.normal(0, 0.1, 128) + generator.normal(0, 0.02, (7, 128))
        people.append(EncodedPerson(f"{'ab'[number % 2]}_{number}", images[0], list(images[1:])))
    return people


def write_people(folder: Path, names: list[str], images: int = 8) -> Path:
    """Write a folder of images for each synthetic person, alternating between groups a and b. Return `folder`."""
    for number, name in enumerate(names):
        person = folder / f"{'ab'[number % 2]}_{name}"
        person.mkdir(parents=True)
        source = SyntheticSource(name, realtime=False)
        for image_number in range(images):
            frame = source.read()
            assert isinstance(frame, Frame)
            cv2.imwrite(str(person / f"{image_number}.png"), frame.rgb[:, :, ::-1])
            for _ in range(12):
                source.skip()
    return folder


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("people")
    for number in range(60):
        (folder / str(number)).mkdir()
    return folder


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SFace under another file name, like a network supplied by a clinic."""
    return Path(shutil.copy(PACKAGED_FILES / SFACE.name, tmp_path_factory.mktemp("networks") / "supplied.onnx"))


@pytest.fixture(scope="module")
def added_model(tmp_path_factory: pytest.TempPathFactory, network: Path, people: Path) -> tuple[Path, str]:
    """State folder with an added network, and the output of the command."""
    state = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(face, "_PROGRESS_SECONDS", 0.0)
        monkeypatch.setattr(adding, "encoded_people", lambda folder, engine: iter(random_people(60)))
        code, output = call(state, "face", "add", str(network), "--people", str(people), "--name", "mine")
    assert code == 0, output
    return state, output


@pytest.fixture
def state(tmp_path: Path, added_model: tuple[Path, str]) -> Path:
    """Writable copy of the state folder with the added network."""
    return Path(shutil.copytree(added_model[0], tmp_path / "copied"))


def settings(state: Path, model: str = "mine") -> Settings:
    return Settings.model_validate({"state_dir": state, "vision": {"model": model}})


def test_known_models_are_listed_with_licence_home_page_and_hash(tmp_path: Path) -> None:
    code, output = call(tmp_path, "face", "models")
    assert code == 0
    for model in KNOWN:
        assert model.name in output
        assert model.licence in output
        assert model.home_page in output
        assert model.sha256 is None or model.sha256 in output
    assert "(included, in use)" in output
    assert output.rstrip().endswith("none")


def test_add_reports_origin_accuracy_and_setting(added_model: tuple[Path, str]) -> None:
    output = added_model[1]
    assert "60 of 60 people" in output
    assert "hash of face_recognition_sface_2021dec_int8bq, Apache-2.0" in output
    assert "upper 95% confidence limit" in output
    shares = [float(share) for share in re.findall(r"^(?:all|a|b) +[135] +[0-9]+ +([0-9.]+)%", output, re.MULTILINE)]
    assert len(shares) == 9
    assert shares == sorted(shares, reverse=True)
    assert 'vision.model = "mine"' in output


def test_added_model_is_used_if_selected_in_settings(state: Path) -> None:
    assert "mine  (calibrated)" in call(state, "face", "models")[1]
    _, models_output = call(state, "face", "models", model="mine")
    assert "mine  (calibrated, in use)  face_recognition_sface_2021dec_int8bq, Apache-2.0" in models_output
    assert "(included)" in models_output
    engine = face_engine(settings(state))()
    assert isinstance(engine, Engine)
    assert isinstance(engine._encoder, SFace)
    assert engine.calibration != calibration_for("sface")
    finding = devices.face_engine(settings(state))
    assert finding.grade is Grade.OK
    assert "vision.model mine, calibrated locally" in finding.text


def test_model_without_calibration_is_refused(state: Path) -> None:
    (state / "face" / "models" / "mine" / "calibration.json").unlink()
    with pytest.raises(NotReady, match="uketsuke face add"):
        face_engine(settings(state))
    for command in (["run", "--headless"], ["demo", "--auto", "--persona", "pin-right"]):
        code, output = call(state, *command, model="mine")
        assert code == 1
        assert "has no calibration" in output
    assert "mine  (NOT USABLE, in use)" in call(state, "face", "models", model="mine")[1]
    finding = devices.face_engine(settings(state))
    assert finding.grade is Grade.BAD
    assert "uketsuke face add" in finding.remedy


def test_unknown_model_name_is_reported(tmp_path: Path) -> None:
    assert "other  (MISSING" in call(tmp_path, "face", "models", model="other")[1]
    assert devices.face_engine(settings(tmp_path, "other")).grade is Grade.BAD
    code, output = call(tmp_path, "run", "--headless", model="other")
    assert code == 1
    assert "contains no complete model" in output


def test_dry_run_and_failed_calibration_write_nothing(state: Path, tmp_path: Path) -> None:
    file = state / "face" / "models" / "mine" / "calibration.json"
    before = file.read_bytes()
    few = write_people(tmp_path / "few", ["hana", "ken", "ume"], 6)
    code, output = call(state, "face", "calibrate", str(few), "--dry-run", model="mine")
    assert code == 0, output
    assert "mine with current thresholds, 3 people, faces in 3 card photos and 15 of 15 live" in output
    assert re.search(r"^all +5 +3 ", output, re.MULTILINE), output
    code, output = call(state, "face", "calibrate", str(few), model="mine")
    assert code == 1
    assert "do not yield 400 impostor trials" in output
    assert file.read_bytes() == before


def test_calibrate_writes_thresholds_and_evaluates_them_on_other_people(
    state: Path, people: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "encoded_people", lambda folder, engine: iter(random_people(60)))
    file = state / "face" / "models" / "mine" / "calibration.json"
    before = json.loads(file.read_bytes())
    file.unlink()
    code, output = call(state, "face", "calibrate", str(people), model="mine")
    assert code == 0, output
    assert "Evaluated on the other half of the people" in output
    match = re.search(r"^all +5 +([0-9]+) ", output, re.MULTILINE)
    assert match is not None, output
    assert 15 <= int(match[1]) <= 45
    # `add` derived the thresholds from the same people
    assert json.loads(file.read_bytes()) == before
    assert face_engine(settings(state))().calibration.thresholds


# --- built-in network -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shared_calibrated_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """State folder with a calibration of the built-in network from random encodings."""
    state = tmp_path_factory.mktemp("delivered")
    (state / "people" / "one").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(bench, "encoded_people", lambda folder, engine: iter(random_people(60)))
        code, output = call(state, "face", "calibrate", str(state / "people"))
    assert code == 0, output
    assert str(state / "face" / "sface.json") in output
    return state


@pytest.fixture
def calibrated_state(tmp_path: Path, shared_calibrated_state: Path) -> Path:
    """Writable copy of the state folder with the calibration."""
    return Path(shutil.copytree(shared_calibrated_state, tmp_path / "copied"))


def test_local_calibration_of_built_in_network_is_used(calibrated_state: Path) -> None:
    calibration = face_engine(settings(calibrated_state, ""))().calibration
    assert calibration.thresholds != calibration_for("sface").thresholds
    assert calibration_for("dlib", calibrated_state / "face") == calibration_for("dlib"), (
        "the calibration was applied to another engine"
    )
    finding = devices.face_engine(settings(calibrated_state, ""))
    assert (finding.grade, "the default network, calibrated locally" in finding.text) == (Grade.OK, True)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"engine": "00" * 32}, "different network"),
        ({"other_person": "much"}, "cannot read the calibration"),
        (None, "cannot read the calibration"),
    ],
)
def test_damaged_or_mismatched_calibration_is_refused(
    calibrated_state: Path, change: dict[str, str] | None, reason: str
) -> None:
    file = calibrated_state / "face" / "sface.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change) if change else "{")
    with pytest.raises(NotReady, match=reason):
        face_engine(settings(calibrated_state, ""))
    finding = devices.face_engine(settings(calibrated_state, ""))
    assert finding.grade is Grade.BAD
    assert reason in finding.remedy
    assert "uketsuke face calibrate" in finding.remedy
    code, output = call(calibrated_state, "run", "--headless")
    assert code == 1
    assert reason in output


# --- anti-spoofing networks -----------------------------------------------------------------------------------


def test_anti_spoofing_networks_are_added_listed_and_replaced(tmp_path: Path) -> None:
    assert "not included, not added" in call(tmp_path, "face", "models")[1]
    first, second = tmp_path / "2.7_80x80_one.onnx", tmp_path / "4_80x80_two.onnx"
    for seed, file in enumerate((first, second)):
        file.write_bytes(anti_spoofing_network(small_network(seed)))
    code, output = call(tmp_path, "face", "add-antispoof", str(first), str(second))
    assert code == 0, output
    assert "2.7_80x80_one.onnx: crop of 2.7 times the face size" in output
    assert "added: 2.7_80x80_one.onnx, 4_80x80_two.onnx" in call(tmp_path, "face", "models")[1]
    assert anti_spoofing(settings(tmp_path, ""))() is not None
    assert call(tmp_path, "face", "add-antispoof", str(second))[0] == 0
    assert "added: 4_80x80_two.onnx" in call(tmp_path, "face", "models")[1]
    (tmp_path / "3_80x80_other.onnx").write_bytes(b"not a network")
    code, output = call(tmp_path, "face", "add-antispoof", str(tmp_path / "3_80x80_other.onnx"))
    assert code == 1
    assert "cannot read the network" in output
    code, output = call(tmp_path, "face", "add-antispoof", str(tmp_path / "nothing.pth"))
    assert code == 1
    assert "does not exist" in output
    assert "added: 4_80x80_two.onnx" in call(tmp_path, "face", "models")[1], "a failed addition changed the networks"


# --- errors ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["add", "nothing.dat", "--people", "{people}"], "nothing.dat does not exist"),
        (["add", "{network}", "--people", "nowhere"], "nowhere does not exist"),
        (["add", "{network}", "--people", "{empty}"], "contains no folders"),
        (["add", "{network}", "--people", "{few}"], "400 impostor trials"),
        (["add", "{network}", "--people", "{few}", "--name", "../x"], "invalid model name"),
        (["add", "{network}", "--people", "{few}", "--name", "dlib"], "invalid model name"),
        (["add", "{network}", "--people", "{few}", "--sha256", "00"], "instead of 00 as specified"),
        (["calibrate", "nowhere"], "nowhere does not exist"),
        (["calibrate", "{few}", "--dry-run"], "0 card photos"),
        (["calibrate", "{pictureless}"], "contain no images"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_invalid_input_is_reported_without_traceback(
    tmp_path: Path, network: Path, people: Path, arguments: list[str], message: str
) -> None:
    paths = {"people": people, "network": network}
    for name in ("empty", "few", "pictureless"):
        paths[name] = tmp_path / name
        paths[name].mkdir()
    for name in ("few", "pictureless"):
        (paths[name] / "somebody").mkdir()
    for number in range(3):
        cv2.imwrite(str(paths["few"] / "somebody" / f"{number}.png"), np.full((300, 300, 3), 128, np.uint8))
    code, output = call(tmp_path / "state", "face", *(argument.format(**paths) for argument in arguments))
    assert code == 1
    assert message in output
    assert "Traceback" not in output
    assert not (tmp_path / "state" / "face").exists()
