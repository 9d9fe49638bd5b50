"""Reader for the tensors of legacy PyTorch checkpoints, without PyTorch.

The file contains three small pickles (magic, version, platform), a dictionary of tensor descriptions, the storage keys,
and the length and values of each storage. Pickles can run code, so only dictionaries and tensors are accepted.
"""

import io
import math
import pickle
import struct
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vision.engines.models.weights import NotBuilt

Tensors = dict[str, NDArray[np.float32]]

_MAGIC = 0x1950A86A20F9469CFC6C
_TYPES: dict[str, "np.dtype[Any]"] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}
_MAX_VALUES = 10**7


@dataclass(frozen=True, slots=True)
class _Storage:
    key: str
    dtype: "np.dtype[Any]"
    count: int


@dataclass(frozen=True, slots=True)
class _TensorHeader:
    """Tensor without values."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]


class _TensorsOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor_header
        if module == "torch" and name in _TYPES:
            return name
        raise pickle.UnpicklingError(f"{module}.{name} is neither a tensor nor a dictionary")

    def persistent_load(self, pid: Any) -> _Storage:
        kind, name, key, _, count, *_ = pid
        if kind != "storage" or name not in _TYPES or not 0 <= int(count) <= _MAX_VALUES:
            raise pickle.UnpicklingError("not a tensor storage")
        return _Storage(str(key), _TYPES[name], int(count))


def _tensor_header(storage: _Storage, offset: int, shape: tuple[int, ...], strides: Any, *_: Any) -> _TensorHeader:
    expected = tuple(math.prod(shape[index + 1 :]) for index in range(len(shape)))
    if tuple(strides) != expected or offset + math.prod(shape) > storage.count:
        raise pickle.UnpicklingError("tensor is not in row-major order")
    return _TensorHeader(storage, offset, tuple(shape))


def tensors_in(file: Path) -> Tensors:
    """Return all floating-point tensors by name, without the prefix `module.`. Raises NotBuilt and OSError."""
    stream = io.BytesIO(file.read_bytes())
    try:
        head = [_TensorsOnly(stream).load() for _ in range(3)]
        if head[0] != _MAGIC or not head[2].get("little_endian"):
            raise NotBuilt(f"{file.name} is not a legacy PyTorch checkpoint")
        described, keys = _TensorsOnly(stream).load(), _TensorsOnly(stream).load()
        storages = {tensor.storage.key: tensor.storage for tensor in described.values()}
        values = {}
        for key in keys:
            storage = storages[key]
            (count,) = struct.unpack("<q", stream.read(8))
            if count != storage.count:
                raise NotBuilt(f"{file.name} is damaged: a storage has the wrong length")
            values[key] = np.frombuffer(stream.read(count * storage.dtype.itemsize), storage.dtype, count)
    except (pickle.UnpicklingError, EOFError, ValueError, KeyError, AttributeError, IndexError, struct.error) as error:
        raise NotBuilt(f"{file.name} is not a tensor checkpoint ({error})") from error
    return {
        name.removeprefix("module."): _values(values[tensor.storage.key], tensor)
        for name, tensor in described.items()
        if tensor.storage.dtype.kind == "f"
    }


def _values(values: NDArray[Any], tensor: _TensorHeader) -> NDArray[np.float32]:
    end = tensor.offset + math.prod(tensor.shape)
    return np.asarray(values[tensor.offset : end].reshape(tensor.shape), np.float32)
