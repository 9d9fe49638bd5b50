"""Search a terminal process's memory for patient data, from another process.

The card is in the virtual reader of a real pcscd and the service runs in a third process. Secrets enter the searched
process only during a reception.
"""

import asyncio
import multiprocessing
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from msgspec.structs import replace

from config.platform.current import system
from config.settings import AntiPhoto, ServiceSettings, Settings, VisionSettings
from reader.authenticity import TrustAnchors
from reader.softcard.pcscd import SOCKET_NAME
from terminal.session import events as ev
from terminal.session import states as st

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MASK = 0x5A
"""Masks secrets in the pipe, so that the search does not find them there."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """Parameters of the terminal process, as plain values that can be pickled."""

    state_dir: str
    url: str
    socket: str
    reader: str
    anchors: dict[bytes, bytes]
    """Public keys (DER) by id."""
    face: int | None
    """Seed for `encoding_for`, or None for the real engine with the synthetic person `hana`."""


def encoding_for(seed: int) -> "NDArray[np.float64]":
    """Return the encoding (128,) for `seed`. Processes send the seed instead of the encoding."""
    return np.random.default_rng(seed).normal(size=128)


class FakeEngine:
    """An engine that finds one face with the same encoding in each image."""

    calibration = synthetic_calibration = None

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def faces(self, grey: Any, *, thorough: bool = False) -> list[str]:
        return ["face"]

    def encode(self, grey: Any, face: Any) -> "NDArray[np.float64]":
        return encoding_for(self._seed)

    encode_photo = encode


def masked(secret: bytes) -> bytes:
    return bytes(byte ^ _MASK for byte in secret)


def run_terminal(terminal: Terminal, pipe: Connection) -> None:
    """Run a reception for each masked PIN (4 bytes) or printed code (14 bytes) received. None ends the process."""
    os.environ[SOCKET_NAME] = terminal.socket
    system.overwrite_freed_memory()  # like all commands
    asyncio.run(_run_receptions(terminal, pipe))
    os._exit(0)


async def _run_receptions(terminal: Terminal, pipe: Connection) -> None:
    conductor = _open_conductor(terminal)
    running = asyncio.create_task(conductor.run())
    while conductor.reader_name is None:
        await asyncio.sleep(0.02)
    pipe.send("ready")
    loop = asyncio.get_running_loop()
    while (secret := await loop.run_in_executor(None, pipe.recv)) is not None:
        await _wait_for_state(conductor, lambda state: not isinstance(state, st.Idle))
        await _run_reception(conductor, bytearray(byte ^ _MASK for byte in secret))
        pipe.send("complete")
        await _wait_for_state(conductor, lambda state: isinstance(state, st.Idle))
        pipe.send("idle")
    conductor.stop()
    await running


def _open_conductor(terminal: Terminal) -> Any:
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    from reader.pcsc_slot import PcscSlot
    from terminal.assembly import Devices, open_terminal, session_rules

    settings = Settings(
        state_dir=Path(terminal.state_dir),
        service=ServiceSettings(url=terminal.url, timeout_seconds=30),
        vision=VisionSettings(simulated_camera=True, anti_photo=AntiPhoto.OFF),
    )
    keys: Any = {key_id: load_der_public_key(der) for key_id, der in terminal.anchors.items()}
    anchors = TrustAnchors(keys)
    camera, engine = _synthetic_devices(settings) if terminal.face is None else _fake_devices(terminal.face)
    conductor = open_terminal(
        settings,
        Devices(PcscSlot(terminal.reader), None, camera, engine),
        rules=replace(session_rules(settings), show_answers=0.05),
        anchors=lambda: anchors,
    )
    if terminal.face is not None:
        conductor.camera.check = _always_match  # type: ignore[method-assign]
    return conductor


def _synthetic_devices(settings: Settings) -> tuple[Any, Any]:
    from terminal.assembly import face_engine
    from vision.camera import Camera
    from vision.synthetic.source import SyntheticSource

    return Camera(SyntheticSource("hana")), face_engine(settings)


def _fake_devices(seed: int) -> tuple[Any, Any]:
    from tests.reliability.counter import FakeCamera

    return FakeCamera(), lambda: FakeEngine(seed)


async def _always_match(effect: Any, patient: Any, post: Any) -> ev.Event:
    return ev.FaceMatched(effect.reception, effect.effect, 0.2)


async def _run_reception(conductor: Any, secret: bytearray) -> None:
    """Run a reception by PIN or by face, sharing everything, and overwrite `secret`."""
    by_pin, handled = len(secret) == 4, None
    while not isinstance(conductor.state, st.Complete):
        state = conductor.state
        assert not isinstance(state, st.Problem), state.problem
        if state != handled and state.waiting is None and not isinstance(state, st.Idle):
            handled = state
            _act(conductor, state, secret, by_pin=by_pin)
        await asyncio.sleep(0.01)
    secret[:] = bytes(len(secret))


def _act(conductor: Any, state: Any, secret: bytearray, *, by_pin: bool) -> None:
    reception = state.reception.id
    match state:
        case st.ChoosingMethod():
            conductor.post(ev.PinChosen(reception) if by_pin else ev.FaceChosen(reception))
        case st.PinEntry():
            for digit in secret:
                conductor.patient.pin.push(digit - ord("0"))
            conductor.enter_pin()
        case st.PrintedCodeEntry():
            conductor.enter_code(bytearray(secret))
        case st.Consent():
            conductor.post(ev.ShareAll(reception))
        case st.Limit(question=question):
            conductor.post(ev.QuestionAnswered(reception, question.id, granted=True))


async def _wait_for_state(conductor: Any, condition: Any) -> None:
    async with asyncio.timeout(60):
        while not condition(conductor.state):
            await asyncio.sleep(0.01)


# --- searching process ------------------------------------------------------------------------------------------


@contextmanager
def terminal_process(terminal: Terminal) -> Iterator[tuple[int, Connection]]:
    """Yield the process id and a pipe. Unlike `uketsuke`, this process does not protect its memory."""
    context = multiprocessing.get_context("spawn")  # a fork would inherit this process's memory
    pipe, child_pipe = context.Pipe()
    process = context.Process(target=run_terminal, args=(terminal, child_pipe), daemon=True)
    with pytest.MonkeyPatch.context() as environment:
        for name, value in system.WIPING_ENVIRONMENT.items():
            environment.setenv(name, value)
        process.start()
    try:
        assert pipe.poll(60), "the terminal did not start"
        assert pipe.recv() == "ready"
        assert process.pid is not None
        yield process.pid, pipe
        pipe.send(None)
        process.join(10)
    finally:
        process.kill()
        process.join()


_MAP = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S+) ")


def copies(pid: int, needles: dict[str, bytes]) -> dict[str, int]:
    """Count each needle's occurrences in the writable memory of the process and its child processes.

    Only root can read the memory of the handover process.
    """
    counts = dict.fromkeys(needles, 0)
    for content in _memory(pid):
        for name, needle in needles.items():
            counts[name] += content.count(needle)
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in (thread / "children").read_text().split():
            with suppress(PermissionError):
                for name, number in copies(int(child), needles).items():
                    counts[name] += number
    return counts


def _memory(pid: int) -> Iterator[bytes]:
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            match = _MAP.match(line)
            if match is None or "rw" not in match[3] or "[v" in line:
                continue
            start, end = int(match[1], 16), int(match[2], 16)
            try:
                memory.seek(start)
                yield memory.read(end - start)
            except OSError:
                continue
