"""Another network is used with a calibration of its own, or not at all."""

from pathlib import Path

import numpy as np
import pytest

from vision.calibration.calibrate import TooFewPersons
from vision.calibration.persons import Person
from vision.decision import judge_of, shipped_judge
from vision.engines import open_engine
from vision.models import dropin
from vision.models.build import NotBuilt
from vision.models.dropin import NotCalibrated, add_model
from vision.models.known import KNOWN, model_with
from vision.models.weights import ENCODER, KNOWN_SHA256, weights


def invented(count: int) -> list[Person]:
    generator = np.random.default_rng(4)
    persons = []
    for number in range(count):
        pictures = generator.normal(0, 0.1, 128) + generator.normal(0, 0.02, (7, 128))
        persons.append(Person(f"p_{number}", pictures[0], list(pictures[1:])))
    return persons


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(dropin, "encoded_persons", lambda folder, engine: iter(invented(70)))
    return add_model(weights(ENCODER), tmp_path, tmp_path / "models", tmp_path / "cache")


def test_an_added_model_is_opened_with_its_own_calibration(added: Path) -> None:
    engine = open_engine(added.parent.parent / "cache", added)
    judge = judge_of(engine)
    assert judge is not shipped_judge()
    assert judge.calibration.engine == KNOWN_SHA256[ENCODER]
    assert set(judge.calibration.thresholds) == {1, 3, 5}


def test_nothing_of_a_person_is_in_its_folder(added: Path) -> None:
    assert {path.name for path in added.iterdir()} == {"weights.dat", "crowd.npz", "calibration.json"}
    assert [path.name for path in added.parent.iterdir()] == [added.name]
    content = (added / "crowd.npz").read_bytes() + (added / "calibration.json").read_bytes()
    for person in invented(70):
        assert person.reference is not None
        assert person.reference.tobytes()[:16] not in content
        assert person.reference.astype(np.float32).tobytes()[:16] not in content


@pytest.mark.parametrize("name", ["weights.dat", "crowd.npz", "calibration.json"])
def test_without_a_calibration_that_fits_it_is_not_used(added: Path, name: str) -> None:
    (added / name).write_bytes(b"something else")
    with pytest.raises(NotCalibrated):
        open_engine(added.parent.parent / "cache", added)


def test_another_hash_than_published_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotCalibrated, match="not 00"):
        add_model(weights(ENCODER), tmp_path, tmp_path / "models", tmp_path / "cache", sha256="00" * 32)
    assert not (tmp_path / "models").exists()


def test_a_file_that_is_no_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.dat").write_bytes(b"weights of something else" * 100)
    with pytest.raises(NotBuilt, match="0 tensors"):
        add_model(tmp_path / "other.dat", tmp_path, tmp_path / "models", tmp_path / "cache")


@pytest.mark.parametrize(("persons", "problem"), [(30, ValueError), (0, ValueError), (43, TooFewPersons)])
def test_few_persons_calibrate_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, persons: int, problem: type[Exception]
) -> None:
    people = [Person(one.name, one.reference, one.live[: 6 if persons != 43 else 2]) for one in invented(persons)]
    monkeypatch.setattr(dropin, "encoded_persons", lambda folder, engine: iter(people))
    with pytest.raises(problem):
        add_model(weights(ENCODER), tmp_path, tmp_path / "models", tmp_path / "cache")
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
