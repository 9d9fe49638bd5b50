"""Another network is used with a calibration of its own, or not at all."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from vision.calibration.calibrate import TooFewPersons
from vision.calibration.persons import Person
from vision.decision import NotCalibrated, judge_of, shipped_judge
from vision.engines.engine import unit
from vision.engines.models import dropin
from vision.engines.models.build import NotBuilt
from vision.engines.models.dropin import add_model, added_in, judge_in
from vision.engines.models.known import KNOWN, model_with
from vision.engines.models.weights import ENCODER, KNOWN_SHA256, weights
from vision.engines.open import open_engine


def invented(count: int) -> list[Person]:
    generator = np.random.default_rng(4)
    persons = []
    for number in range(count):
        pictures = generator.normal(0, 0.1, 128) + generator.normal(0, 0.02, (7, 128))
        persons.append(Person(f"p_{number}", pictures[0], list(pictures[1:])))
    return persons


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The network is built once for all tests."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def seventy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dropin, "encoded_persons", lambda folder, engine: iter(invented(70)))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(dropin, "encoded_persons", lambda folder, engine: iter(invented(70)))
        store = tmp_path_factory.mktemp("models")
        return add_model(weights(ENCODER), store, store, cache).folder


@pytest.fixture
def added(tmp_path: Path, whole: Path) -> Path:
    """A copy to be spoilt."""
    return Path(shutil.copytree(whole, tmp_path / "models" / whole.name))


def test_an_added_model_is_opened_with_its_own_calibration(added: Path, cache: Path) -> None:
    engine = open_engine(cache, added)
    judge = judge_of(engine)
    assert judge is not shipped_judge()
    assert judge.calibration.engine == KNOWN_SHA256[ENCODER]
    assert set(judge.calibration.thresholds) == {1, 3, 5}


def test_its_largest_distances_are_measured_and_not_those_of_the_settings(added: Path) -> None:
    judge = judge_in(added)
    # strangers are 1.6 apart here, and two photographs of one person 0.32
    assert 1.0 < judge.cap(0.45) < 1.6
    assert 0.3 < judge.swap < 0.4
    reference = np.full(128, 0.1)
    for away, accepted in ((-0.01, True), (0.01, False)):  # in the same direction: the score alone would let it pass
        live = reference + (judge.cap(0.45) + away) * unit(reference)
        assert judge.matches(live, reference, 5, 9.0) is accepted


def test_the_delivered_engine_keeps_the_distance_of_the_settings() -> None:
    assert shipped_judge().cap(0.41) == 0.41
    assert shipped_judge().swap == 0.45


def test_nothing_of_a_person_is_in_its_folder(added: Path) -> None:
    assert {path.name for path in added.iterdir()} == {"weights.dat", "crowd.npz", "calibration.json"}
    assert [path.name for path in added.parent.iterdir()] == [added.name]
    content = (added / "crowd.npz").read_bytes() + (added / "calibration.json").read_bytes()
    for person in invented(70):
        assert person.reference is not None
        assert person.reference.tobytes()[:16] not in content
        assert person.reference.astype(np.float32).tobytes()[:16] not in content


@pytest.mark.parametrize("content", [b"something else", b"", b"[1]", b"{}"])
@pytest.mark.parametrize("name", ["weights.dat", "crowd.npz", "calibration.json"])
def test_without_a_calibration_that_fits_it_is_not_used(added: Path, name: str, content: bytes, cache: Path) -> None:
    (added / name).write_bytes(content)
    with pytest.raises(NotCalibrated, match="uketsuke face add"):
        open_engine(cache, added)


@pytest.mark.parametrize(
    "change",
    [
        {"thresholds": {"5": float("inf")}},
        {"thresholds": {}},
        {"thresholds": [1, 2]},
        {"cap": None},
        {"cap": float("nan")},
        {"swap": "wide"},
        {"crowd": ""},
    ],
)
def test_a_calibration_that_was_changed_is_not_used(added: Path, change: dict[str, object]) -> None:
    file = added / "calibration.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(NotCalibrated, match=r"calibration\.json"):
        judge_in(added)


def test_the_same_weights_are_added_again_and_others_need_another_name(added: Path, seventy: None, cache: Path) -> None:
    (added / "calibration.json").unlink()
    add_model(weights(ENCODER), added, added.parent, cache)
    assert judge_in(added).calibration.fmr == 1e-3
    (added / "weights.dat").write_bytes(b"another network")
    with pytest.raises(NotCalibrated, match="another name"):
        add_model(weights(ENCODER), added, added.parent, cache)
    other = add_model(weights(ENCODER), added, added.parent, cache, name="mine")
    assert added_in(added.parent) == [added.name, "mine"]
    assert judge_in(other.folder)


@pytest.mark.parametrize("name", ["../x", ".x", "a b", "x" * 81])
def test_a_name_that_is_no_folder_s(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotCalibrated, match="no name for a model"):
        add_model(weights(ENCODER), tmp_path, tmp_path / "models", tmp_path, name=name)


def test_another_hash_than_published_is_refused(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(NotCalibrated, match="not 00"):
        add_model(weights(ENCODER), tmp_path, tmp_path / "models", cache, sha256="00" * 32)
    assert not (tmp_path / "models").exists()


def test_a_file_that_is_no_network_is_refused(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "other.dat").write_bytes(b"weights of something else" * 100)
    with pytest.raises(NotBuilt, match="0 tensors"):
        add_model(tmp_path / "other.dat", tmp_path, tmp_path / "models", cache)


@pytest.mark.parametrize(("persons", "problem"), [(30, "statistics"), (0, "0 of 0"), (43, "impostor trials")])
def test_few_persons_calibrate_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, persons: int, problem: str, cache: Path
) -> None:
    people = [Person(one.name, one.reference, one.live[: 6 if persons != 43 else 2]) for one in invented(persons)]
    monkeypatch.setattr(dropin, "encoded_persons", lambda folder, engine: iter(people))
    with pytest.raises(TooFewPersons, match=problem):
        add_model(weights(ENCODER), tmp_path, tmp_path / "models", cache)
    assert not (tmp_path / "models").exists()


def test_engines_without_a_calibration_of_their_own_have_the_delivered_one() -> None:
    assert judge_of(object()) is shipped_judge()


def test_the_list_of_known_models() -> None:
    assert [model.delivered for model in KNOWN].count(True) == 1
    assert all(model.licence and model.home_page.startswith("https://") for model in KNOWN)
    delivered = model_with(KNOWN_SHA256[ENCODER])
    assert delivered is not None
    assert delivered.delivered
    assert model_with("00") is None
    assert all(model.sha256 is None or len(bytes.fromhex(model.sha256)) == 32 for model in KNOWN)


@pytest.mark.parametrize("name", ["face_recognition_sface_2021dec", "dlib_face_recognition_resnet_model_v1"])
def test_a_known_name_with_another_content_is_refused(tmp_path: Path, name: str, cache: Path) -> None:
    file = tmp_path / f"{name}.dat"
    file.write_bytes(b"not it")
    with pytest.raises(NotCalibrated, match="as published"):
        add_model(file, tmp_path, tmp_path / "models", cache)


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (b"BZh91AY", "bunzip2"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"PK\x03\x04", "unzip"),
    ],
)
def test_a_file_that_has_not_arrived_yet_says_what_to_do(tmp_path: Path, head: bytes, told: str, cache: Path) -> None:
    (tmp_path / "x.dat").write_bytes(head)
    with pytest.raises(NotBuilt, match=told):
        add_model(tmp_path / "x.dat", tmp_path, tmp_path / "models", cache)
