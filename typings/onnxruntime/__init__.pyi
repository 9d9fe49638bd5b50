from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

class SessionOptions:
    intra_op_num_threads: int
    def add_session_config_entry(self, key: str, value: str) -> None: ...

class ModelMetadata:
    custom_metadata_map: Mapping[str, str]

class NodeArg:
    name: str

class InferenceSession:
    def __init__(self, path: str, options: SessionOptions, *, providers: Sequence[str]) -> None: ...
    def get_modelmeta(self) -> ModelMetadata: ...
    def get_inputs(self) -> Sequence[NodeArg]: ...
    def run(self, outputs: None, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]: ...

def disable_telemetry_events() -> None: ...
