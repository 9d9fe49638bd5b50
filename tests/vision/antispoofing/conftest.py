"""A small MiniFASNet with random weights, as tensors and as a checkpoint in the published format."""

import math
import pickle
import sys
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

Tensors = dict[str, NDArray[np.float32]]
Checkpoint = Callable[..., Path]


def small_network(seed: int = 1, *, attention: bool = False) -> Tensors:
    """Return all layers of the architecture, with four channels."""
    rng = np.random.default_rng(seed)
    tensors: Tensors = {}

    def add(name: str, *shape: int) -> None:
        tensors[name] = rng.normal(0, math.prod(shape[1:]) ** -0.5, shape).astype(np.float32)

    def normalised(name: str, channels: int) -> None:
        for part, value in (("weight", 1.0), ("bias", 0.1), ("running_mean", 0.05), ("running_var", 0.9)):
            tensors[f"{name}.{part}"] = np.full(channels, value, np.float32)

    def block(name: str, channels: int, kernel: int, *, per_channel: bool = False, slope: bool = True) -> None:
        add(f"{name}.conv.weight", 4, 1 if per_channel else channels, kernel, kernel)
        normalised(f"{name}.bn", 4)
        if slope:
            add(f"{name}.prelu.weight", 4)

    def depthwise(name: str) -> None:
        block(f"{name}.conv", 4, 1)
        block(f"{name}.conv_dw", 4, 3, per_channel=True)
        block(f"{name}.project", 4, 1, slope=False)

    block("conv1", 3, 3)
    tensors["conv1.conv.weight"] /= 255
    block("conv2_dw", 4, 3, per_channel=True)
    for downsampling, stage in (("conv_23", "conv_3"), ("conv_34", "conv_4"), ("conv_45", "conv_5")):
        depthwise(downsampling)
        depthwise(f"{stage}.model.0")
        if attention:
            for number in (1, 2):
                add(f"{stage}.model.0.se_module.fc{number}.weight", 4, 4, 1, 1)
                normalised(f"{stage}.model.0.se_module.bn{number}", 4)
    block("conv_6_sep", 4, 1)
    block("conv_6_dw", 4, 5, per_channel=True, slope=False)
    add("linear.weight", 8, 4)
    normalised("bn", 8)
    add("prob.weight", 3, 8)
    return tensors


class _Storage:
    def __init__(self, values: NDArray[Any], key: str) -> None:
        self.values, self.key = values, key


class _PickledTensor:
    """Pickled like a PyTorch tensor."""

    def __init__(self, storage: _Storage, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
        self._parts: tuple[Any, ...] = (storage, 0, shape, strides, False, OrderedDict())

    def __reduce__(self) -> Any:
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self._parts


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkpoint:
    """Return a function that writes a file in PyTorch's old format, byte for byte, without PyTorch."""

    def _rebuild_tensor_v2() -> None: ...

    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    torch, utils = ModuleType("torch"), ModuleType("torch._utils")
    kind = type("FloatStorage", (), {"__module__": "torch"})
    torch.FloatStorage, utils._rebuild_tensor_v2 = kind, _rebuild_tensor_v2  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)

    class Pickler(pickle.Pickler):
        def persistent_id(self, obj: Any) -> Any:
            if isinstance(obj, _Storage):
                return ("storage", kind, obj.key, "cpu", obj.values.size, None)
            return None

    def write(
        tensors: Tensors, *, strides: tuple[int, ...] | None = None, extra: dict[str, Any] | None = None, cut: int = 0
    ) -> Path:
        path = tmp_path / "network.pth"
        storages = {name: _Storage(values, str(number)) for number, (name, values) in enumerate(tensors.items())}
        pickled: OrderedDict[str, Any] = OrderedDict(
            (
                f"module.{name}",
                _PickledTensor(
                    storages[name], values.shape, strides or tuple(step // values.itemsize for step in values.strides)
                ),
            )
            for name, values in tensors.items()
        )
        pickled.update(extra or {})
        with path.open("wb") as file:
            for header in (0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True}):
                Pickler(file, 2).dump(header)
            Pickler(file, 2).dump(pickled)
            Pickler(file, 2).dump([storage.key for storage in storages.values()])
            for storage in storages.values():
                file.write(storage.values.size.to_bytes(8, "little") + storage.values.astype("<f4").tobytes())
        if cut:
            path.write_bytes(path.read_bytes()[:-cut])
        return path

    return write
