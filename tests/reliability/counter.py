"""The soak test's terminal: the real conductor and handover with simulated card, face check and reader."""

import asyncio
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace

from config.japan import JAPAN
from config.settings import ConsentSettings, HandoverSettings, PrescriptionPolicy, ServiceSettings, Settings
from consent.store import LedgerStore, LedgerUnwritable, Row
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardImage
from terminal.assembly import Devices, open_terminal, session_rules
from terminal.conductor import card_watch
from terminal.conductor import conductor as conducting
from terminal.conductor.clock import Clock
from terminal.conductor.conductor import Conductor
from terminal.conductor.wiped_patient_data import Patient
from terminal.handover import process as helper_process
from terminal.session import events as ev
from terminal.session.effects import CheckFace
from terminal.session.rules import Now
from terminal.simulated.demo.readers import SimulatedReaders
from terminal.simulated.personas.cast import BY_NAME
from terminal.simulated.personas.props import Props
from terminal.simulated.service.enrolment import enrol_locally, registry_path
from terminal.simulated.service.registry import RegistryFile
from tests.reliability import faulty_share
from tests.reliability.service_process import ServiceProcess
from vision.photo import card_jp2
from vision.sources.protocol import SourceKind
from vision.verdict import CameraLost, FaceCheckProgress, Guidance

PERSONAS = (
    "pin-right",
    "pin-locked-face-ok",
    "pinless-card",
    "unregistered-card",
    "aged-75",
    "child-with-guardian",
    "infant-no-photo-pin",
    "pin-one-try-left",
    "not-valid",
    "specific-disease",
    "subsidy-used",
)
UNUSABLE = ("suspended", "no-certificate-card", "suica")
"""Cards that cannot open a check."""
SILENCE_SECONDS = 0.4
SHARE_SECONDS = 0.4


class SoakClock(Clock):
    """A clock that can skip time and whose wall time can be wrong."""

    def __init__(self) -> None:
        super().__init__()
        self._skipped = 0.0
        self.error = timedelta()

    def now(self) -> Now:
        seconds = time.monotonic() - self._zero + self._skipped
        return Now(seconds, datetime.now(JAPAN) + self.error)

    def skip(self, seconds: float) -> None:
        self._skipped += max(seconds, 0.0)


class FakeCamera:
    """A camera that returns no frames and can be unplugged."""

    name = "fake camera"

    def __init__(self) -> None:
        self.unplugged = False
        self.source = self
        self.kind = SourceKind.CAMERA

    def start(self) -> None: ...

    def lost(self) -> CameraLost | None:
        return CameraLost("fake camera") if self.unplugged else None

    def stop(self) -> None: ...


class FakeFace:
    """A fake face check. Most photos are usable; verdicts are random."""

    def __init__(self, camera: FakeCamera, rng: random.Random) -> None:
        self._camera, self._rng = camera, rng
        self._stops = 0

    async def encode_photo(self, patient: Patient, photo: bytearray) -> bool:
        photo[:] = bytes(len(photo))
        return not patient.wiped and self._rng.random() < 0.97

    async def check(self, effect: CheckFace, patient: Patient, post: Callable[[ev.Event], None]) -> ev.Event | None:
        ids, stops = (effect.reception, effect.effect), self._stops
        for frames in range(self._rng.randint(0, 2)):
            post(ev.FaceProgress(*ids, FaceCheckProgress(Guidance.HOLD_STILL, frames, 5)))
            await asyncio.sleep(0)
        if self._stops != stops or patient.wiped:
            return None
        if self._camera.unplugged:
            return ev.CameraFailed(*ids)
        if self._rng.random() < 0.7:
            return ev.FaceMatched(*ids, 0.2)
        return ev.FaceRefused(*ids, self._rng.choice(("not-matched", "not-seen", "photo-suspected")))

    def stop(self) -> None:
        self._stops += 1


@dataclass
class SoakTerminal:
    """An open terminal with its devices, service and shared folder."""

    settings: Settings
    service: ServiceProcess
    conductor: Conductor
    clock: SoakClock
    reader: SimulatedReaders
    camera: FakeCamera
    cards: dict[str, CardImage]
    share: Path
    """Control file for share faults."""
    disk: "Disk"

    def card(self, persona: str) -> SoftCard:
        return SoftCard(self.cards[persona].model_copy(deep=True))

    def set_share_fault(self, fault: str) -> None:
        if fault:
            self.share.write_text(fault)
        else:
            self.share.unlink(missing_ok=True)


class Disk:
    """Simulates a full disk for the ledger."""

    def __init__(self) -> None:
        self.full = False

    def attach(self, store: LedgerStore) -> None:
        append = store.append

        def append_unless_full(row: Row) -> None:
            if self.full:
                raise LedgerUnwritable("ledger.db: disk full")
            append(row)

        store.append = append_unless_full  # type: ignore[method-assign]


@contextmanager
def open_soak_terminal(folder: Path, rng: random.Random, cards: Path | None = None) -> Iterator[SoakTerminal]:
    """Open a terminal. If `cards` is a state folder, reuse its authority and cards instead of generating keys."""
    state = folder / "state"
    props = _props(state, cards or state)
    images = {}
    enrol_locally(state, "terminal-1")
    registry = RegistryFile(registry_path(state))
    for name in (*PERSONAS, *UNUSABLE):
        images[name] = props.card_for(BY_NAME[name], _grey_portrait)
        registry.merge(props.registry_for(BY_NAME[name], _grey_portrait))
    camera, clock, reader, disk = FakeCamera(), SoakClock(), SimulatedReaders(), Disk()
    share = folder / "share-fault"
    with _patched(share), ServiceProcess(state) as service:
        settings = _settings(state, service.url)
        devices: Any = Devices(reader.slot, reader.scanner, camera, _no_engine)  # type: ignore[arg-type]
        rules = replace(session_rules(settings), staff_enabled=True)
        conductor = open_terminal(settings, devices, clock=clock, rules=rules, anchors=props.trust_anchors)
        face = FakeFace(camera, random.Random(rng.random()))
        for name, method in (("encode_photo", face.encode_photo), ("check", face.check), ("stop_check", face.stop)):
            setattr(conductor.camera, name, method)
        conductor.camera.warm_up = _no_warm_up  # type: ignore[method-assign]
        disk.attach(conductor.ledger.ledger._store)
        yield SoakTerminal(settings, service, conductor, clock, reader, camera, images, share, disk)


def _settings(state: Path, url: str) -> Settings:
    return Settings(
        state_dir=state,
        service=ServiceSettings(url=url, timeout_seconds=SILENCE_SECONDS),
        handover=HandoverSettings(step_seconds=SHARE_SECONDS, reception_waits_seconds=0.2),
        consent=ConsentSettings(subsidies=True, surgery=True, prescription=PrescriptionPolicy.ASK),
    )


def _props(state: Path, cards: Path) -> Props:
    state.mkdir(parents=True, exist_ok=True)
    return Props(cards)


def _grey_portrait(_: object) -> bytes:
    return card_jp2(np.full((80, 60), 128, np.uint8))


def _no_engine() -> Any:
    raise AssertionError("the face check is fake")


async def _no_warm_up() -> None: ...


@contextmanager
def _patched(share: Path) -> Iterator[None]:
    """Shorten polling intervals and use the helper process with share faults."""
    program, outbox, card = helper_process._PROGRAM, conducting.OUTBOX_INTERVAL, card_watch.LOCKED_CARD_INTERVAL
    helper_process._PROGRAM = faulty_share.PROGRAM
    conducting.OUTBOX_INTERVAL, card_watch.LOCKED_CARD_INTERVAL = 0.5, 0.02
    os.environ[faulty_share.CONTROL] = str(share)
    try:
        yield
    finally:
        helper_process._PROGRAM = program
        conducting.OUTBOX_INTERVAL, card_watch.LOCKED_CARD_INTERVAL = outbox, card
        with suppress(KeyError):
            del os.environ[faulty_share.CONTROL]
