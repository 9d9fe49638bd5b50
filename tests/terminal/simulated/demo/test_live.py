"""Tests for `uketsuke demo` in the terminal app, controlled with the dock's keys."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from config.settings import Settings
from consent.ledger import LedgerFile
from consent.records import Opened
from reader.softcard.authority import TestAuthority
from terminal.assembly import NotReady, ledger_path
from terminal.cli.main import app as command
from terminal.front.dock import ServiceMode
from terminal.screens.app import TerminalApp
from terminal.session import events as ev
from terminal.session.states import Complete, Outcome, Problem
from terminal.simulated.demo import hands
from terminal.simulated.demo import stage as demo_stage
from terminal.simulated.demo.hands import DemoDock
from terminal.simulated.demo.live import LiveDemo
from terminal.simulated.demo.stage import CameraStage, for_stage, open_stage, take_portrait
from terminal.simulated.personas.cast import BY_NAME
from terminal.simulated.personas.props import photo_on
from terminal.talk.parts import Talk
from tests.terminal.conftest import DISCONNECT
from tests.terminal.screens.stage import async_test, press, wait_until_drawn
from vision.camera import Camera
from vision.engines.open import open_engine
from vision.frame import Frame
from vision.sources.opencv import OpenCvSource
from vision.synthetic.source import SyntheticSource
from vision.verdict import Guidance

PATIENCE = 60.0
CARD, CAMERA, SERVICE = "f9", "f10", "f11"


@pytest.fixture
def settings(tmp_path: Path, authority_files: Path) -> Settings:
    """Settings with a state folder that links to shared authority keys and a shared face network."""
    if not (authority_files / "test-authority").exists():
        TestAuthority.load_or_create(authority_files / "test-authority")
    (authority_files / "cache").mkdir(exist_ok=True)
    state = tmp_path / "state"
    state.mkdir()
    for name in ("test-authority", "cache"):
        (state / name).symlink_to(authority_files / name)
    return Settings(state_dir=state)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Path of a video of a patient in front of a webcam."""
    source, path = SyntheticSource("hana", realtime=False), tmp_path_factory.mktemp("clip") / "hana.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (640, 480))
    for _ in range(150):
        frame = source.read()
        assert isinstance(frame, Frame)
        writer.write(cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR))
    writer.release()
    return str(path)


class Visitor:
    """Operates the demo's screen with the keyboard."""

    def __init__(self, app: TerminalApp) -> None:
        self.app = app

    @property
    def dock(self) -> DemoDock:
        assert isinstance(self.app.dock, DemoDock)
        return self.app.dock

    async def until(self, *states: str, where: Callable[[Talk], bool] = lambda _: True) -> Talk:
        """Wait for one of these screens and return its contents."""
        try:
            async with asyncio.timeout(PATIENCE):
                while (talk := self.app.desk.talk) is None or talk.state not in states or not where(talk):
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"{states} did not appear; the screen shows {self.app.desk.talk}") from None
        await wait_until_drawn(self.app)
        return talk

    async def key(self, *keys: str) -> None:
        for key in keys:
            await press(self.app, key)

    async def answer(self, *events: type[ev.Event]) -> None:
        """Press the key of the first answer that posts one of these events."""
        talk = self.app.desk.talk
        assert talk is not None
        for answer in talk.body.buttons:
            if isinstance(answer.event, events) and getattr(answer.event, "granted", True):
                await self.key(answer.key)
                return
        raise AssertionError(f"{talk.state} offers {[answer.id for answer in talk.body.buttons]}")

    async def share_all(self) -> Complete:
        """Answer every question with yes, remove the card, and return the final state."""
        screens = "Consent", "SpecificDisease", "Limit", "Complete"
        while (await self.until(*screens)).state != "Complete":
            talk = self.app.desk.talk
            await self.answer(ev.ShareAll, ev.QuestionAnswered)
            await self.until(*screens, where=lambda view, before=talk: view != before)  # type: ignore[misc]
        assert self.app.counter is not None
        state = self.app.counter.state
        assert isinstance(state, Complete)
        await self.key(CARD)
        await self.until("Idle")
        return state


@asynccontextmanager
async def visiting(demo: LiveDemo) -> AsyncIterator[Visitor]:
    app = TerminalApp(demo.open, demo.settings, simulated=True, moving=False, settle_seconds=0.0)
    try:
        async with app.run_test(size=(120, 40)):
            visitor = Visitor(app)
            await visitor.until("Idle")
            yield visitor
    finally:
        await app.end()
        demo.close()


def ways(settings: Settings) -> list[str]:
    records = LedgerFile(ledger_path(settings)).records()
    return [record.event.way for record in records if isinstance(record.event, Opened)]


@async_test
async def _check_in_by_pin_after_a_silent_service(settings: Settings) -> None:
    async with visiting(LiveDemo(settings, timeout_seconds=20)) as visitor:
        for silent in (True, False):
            if silent:
                await visitor.key(SERVICE)
                assert visitor.dock.props.service is ServiceMode.SILENT
            await visitor.key(CARD)
            await visitor.until("ChoosingMethod")
            await visitor.answer(ev.PinChosen)
            await visitor.until("PinEntry")
            await visitor.key("1", "2", "3", "4", "enter")
            if not silent:
                assert (await visitor.share_all()).outcome is Outcome.DONE
                break
            talk = await visitor.until("Problem")
            assert talk.body.code == "U-301"
            assert isinstance(visitor.app.counter.state, Problem)  # type: ignore[union-attr]
            await visitor.key(SERVICE, CARD)
            await visitor.until("Idle")
            assert visitor.dock.props.service is ServiceMode.NORMAL
            assert not visitor.dock.props.card


def test_reception_by_pin_succeeds_after_the_service_was_silent(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = tuple((operation, DISCONNECT) for operation in hands._OPERATIONS)
    monkeypatch.setitem(hands._BEHAVIOUR, ServiceMode.SILENT, silent)
    _check_in_by_pin_after_a_silent_service(settings)
    assert ways(settings) == ["pin"]
    assert len(list(settings.results_dir.glob("*.xml"))) == 1


@async_test
async def _check_in_by_face_after_covering_the_camera(settings: Settings) -> None:
    async with visiting(LiveDemo(settings, timeout_seconds=20)) as visitor:
        await visitor.dock.choose("face-match")
        assert visitor.dock.current == "face-match"
        await visitor.key(CARD)
        await visitor.until("ChoosingMethod")
        await visitor.key(CAMERA)
        assert visitor.dock.props.camera_covered
        await visitor.answer(ev.FaceChosen)
        dark = {visitor.app.speak("ja")(f"guidance.{guidance}") for guidance in (Guidance.NO_FACE, Guidance.TOO_DARK)}
        await visitor.until("FaceCheck", where=lambda talk: talk.body.question in dark)
        await visitor.key(CAMERA)
        assert not visitor.dock.props.camera_covered
        assert (await visitor.share_all()).outcome is Outcome.DONE


def test_reception_by_face_succeeds_after_the_camera_was_covered(settings: Settings) -> None:
    _check_in_by_face_after_covering_the_camera(settings)
    assert ways(settings) == ["face"]


# --- with a webcam -----------------------------------------------------------------------------------------


@async_test
async def _check_in_by_face_at_the_webcam(settings: Settings, clip: str, portraits: list[bytes]) -> None:
    async with visiting(LiveDemo(for_stage(settings, clip), camera=clip, timeout_seconds=20)) as visitor:
        stage = visitor.dock._stage
        assert isinstance(stage, CameraStage)
        persona = BY_NAME["face-match"]
        portraits.append(stage.portrait(persona))
        assert photo_on(visitor.dock._counter.props.card_for(persona, stage.portrait)) == portraits[0]
        await visitor.dock.choose(persona.name)
        await visitor.key(CARD)
        await visitor.until("ChoosingMethod")
        await visitor.answer(ev.FaceChosen)
        assert (await visitor.share_all()).outcome is Outcome.DONE
        assert visitor.dock._counter.props.card_for(persona, stage.portrait).public_facts().certificate_sha256
        portraits.append(CardFileText.of(visitor.dock, persona.name))


class CardFileText:
    """The content of a saved card file."""

    @staticmethod
    def of(dock: DemoDock, name: str) -> bytes:
        image = dock._counter.props.card_for(BY_NAME[name], dock._stage.portrait)
        return image.model_dump_json().encode()


def traces(portrait: bytes, folder: Path) -> list[Path]:
    """Return the files in `folder` that contain part of the picture: raw, hexadecimal or base64 at any offset."""
    piece = portrait[len(portrait) // 2 :][:300]
    encoders = (base64.b64encode, base64.urlsafe_b64encode)
    base64_pieces = [encode(piece[shift:])[4:-8] for encode in encoders for shift in range(3)]
    needles = [piece, piece.hex().encode(), piece.hex().upper().encode(), *base64_pieces]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if any(needle in path.read_bytes() for needle in needles)]


def test_webcam_portrait_is_matched_but_never_saved(settings: Settings, clip: str, tmp_path: Path) -> None:
    portraits: list[bytes] = []
    _check_in_by_face_at_the_webcam(settings, clip, portraits)
    portrait, card = portraits
    assert ways(settings) == ["face"]
    assert not (settings.state_dir / "cards").exists()
    assert traces(portrait, tmp_path) == []
    # `traces` detects saved cards and photos
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "card.json").write_bytes(card)
    (tmp_path / "saved" / "photo.jp2").write_bytes(portrait)
    assert len(traces(portrait, tmp_path)) == 2


def test_missing_webcam_is_reported_by_name() -> None:
    with pytest.raises(NotReady, match=r"camera /dev/video97: /dev/video97 does not exist.*--camera"):
        open_stage("/dev/video97")


@async_test
async def _open_without_camera(tmp_path: Path) -> None:
    demo = LiveDemo(Settings(state_dir=tmp_path / "state"), camera="/dev/video97")
    app = TerminalApp(demo.open, demo.settings, simulated=True)
    async with app.run_test(), asyncio.timeout(PATIENCE):
        while app.return_code is None:
            await asyncio.sleep(0.02)
    demo.close()
    assert app.return_code == 1


@pytest.mark.parametrize("content", ["", "[]", '{"format": "another/9"}'])
def test_damaged_test_authority_is_reported_before_the_first_screen(tmp_path: Path, content: str) -> None:
    """The authority itself is loaded later, in a thread that could only log its failure."""
    (tmp_path / "test-authority").mkdir()
    (tmp_path / "test-authority" / "authority.json").write_text(content)
    with pytest.raises(NotReady, match=r"test authority.*UKETSUKE_STATE_DIR"):
        asyncio.run(LiveDemo(Settings(state_dir=tmp_path)).open())


def test_screen_exits_and_names_the_missing_camera(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _open_without_camera(tmp_path)
    assert "camera /dev/video97: /dev/video97 does not exist" in capsys.readouterr().err
    assert not (tmp_path / "state").exists(), "the demo must not create state without a camera"


def test_portrait_fails_if_nobody_is_in_front_of_webcam(tmp_path: Path) -> None:
    path = tmp_path / "empty.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (640, 480))
    for _ in range(10):
        writer.write(np.full((480, 640, 3), 130, np.uint8))
    writer.release()
    camera = Camera(OpenCvSource(str(path), loop=True))
    camera.start()
    try:
        with camera.held_open(), pytest.raises(NotReady, match="no picture within 1 seconds showed exactly one face"):
            take_portrait(camera, open_engine(tmp_path), seconds=1)
    finally:
        camera.stop()


def test_webcam_option_selects_the_first_camera(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cameras: list[str | None] = []

    def no_camera(camera: str | None, engine: object = None) -> None:
        cameras.append(camera)
        raise NotReady(f"camera {camera} is not there")

    monkeypatch.setattr(demo_stage, "open_stage", no_camera)
    monkeypatch.setenv("UKETSUKE_STATE_DIR", str(tmp_path / "state"))
    for arguments in (["--webcam"], ["--webcam", "--camera", "/dev/video3"]):
        result = CliRunner().invoke(command, ["demo", "--auto", *arguments])
        assert result.exit_code == 1
        assert f"camera {cameras[-1]} is not there" in result.output
    assert cameras == ["0", "/dev/video3"]
