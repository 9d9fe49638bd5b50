"""Check the camera and the face engine."""

import time

from config.platform.current import system
from config.settings import Settings
from terminal.assembly import ledger_path
from terminal.doctor.finding import Finding, failed, passed, warning
from terminal.doctor.running import running_process_id
from terminal.problems import ProblemCode

_FRAMES = 15
_CAMERA_SECONDS = 6.0
_MIN_LIGHT = 8.0
"""Mean grey level (0 to 255) below which the image is too dark."""
_MIN_SIZE = (640, 480)
_MIN_RATE = 8.0
"""Frame rate below which face checks are slow."""
_CHOOSE_CAMERA = "Connect the camera, or set vision.camera. `v4l2-ctl --list-devices` lists all cameras."


def camera(settings: Settings) -> Finding:
    from vision.open_frame_source import open_source
    from vision.sources.protocol import FormatReporting, SourceKind
    from vision.verdict import CameraLost

    spec = settings.vision.camera
    running = running_process_id(ledger_path(settings))
    if running is not None and system.is_camera(spec):
        return passed(f"camera {spec}: skipped, in use by the running terminal (process {running})")
    try:
        source = open_source(spec, warm_up_frames=settings.vision.warm_up_frames, loop=True)
    except ValueError as error:
        return failed(str(error), _CHOOSE_CAMERA)
    if source.kind is SourceKind.VIRTUAL and not settings.vision.simulated_camera:
        text = f"{source.name} is {source.kind}, which can be fed arbitrary images ({ProblemCode.VIRTUAL_CAMERA.code})"
        return failed(text, "Set vision.camera to a real camera.")
    try:
        opened_at = time.monotonic()
        failure = source.open()
        if isinstance(failure, CameraLost):
            return failed(failure.source, _CHOOSE_CAMERA)
        first_image_after: float | None = None
        sizes: list[tuple[int, int]] = []
        light: list[float] = []
        rate = 0.0
        started = time.monotonic()
        while len(sizes) < _FRAMES and time.monotonic() - started < _CAMERA_SECONDS:
            frame = source.read()
            if isinstance(frame, CameraLost):
                return failed(frame.source, "Connect the camera directly, without a hub.")
            first_image_after = first_image_after or time.monotonic() - opened_at
            sizes.append((frame.rgb.shape[1], frame.rgb.shape[0]))
            light.append(float(frame.grey.mean()))
            rate = len(sizes) / max(time.monotonic() - started, 1e-3)
        camera_format = source.actual_format() if isinstance(source, FormatReporting) else ""
        name = f"{source.name}: {camera_format}" if camera_format else source.name
        name = f"{name}, first image after {first_image_after or 0:.1f} s"
        return _grade_images(name, sizes[-1], max(light), rate)
    finally:
        source.close()


def _grade_images(name: str, size: tuple[int, int], light: float, rate: float) -> Finding:
    """Grade the images. `size` and `rate` are measured and may differ from what the driver reports."""
    text = f"{name}: {size[0]}x{size[1]}, {rate:.0f} frames per second"
    if light < _MIN_LIGHT:
        return warning(f"{text}, completely dark", "Remove the lens cover and turn on the lights.")
    if size[0] < _MIN_SIZE[0] or size[1] < _MIN_SIZE[1]:
        return warning(f"{text}: smaller than {_MIN_SIZE[0]}x{_MIN_SIZE[1]}", "Use a camera with a higher resolution.")
    if rate < _MIN_RATE:
        return warning(f"{text}: slow", "Improve the lighting, or connect the camera to its own USB port.")
    return passed(text)


def face_engine(settings: Settings) -> Finding:
    from vision.decision import NotCalibrated
    from vision.engines.models.weights import YUNET, WeightsMissing, packaged_file
    from vision.engines.open import calibration_for, user_calibration

    try:
        packaged_file(YUNET)
        calibration = calibration_for(settings.vision.model, settings.face_dir)
    except WeightsMissing as error:
        return failed(str(error), "Run `make setup` again, or reinstall the package.")
    except NotCalibrated as error:
        return failed(f"{_network_name(settings)} has no calibration", str(error))
    has_user_calibration = user_calibration(settings.face_dir, settings.vision.model).exists()
    calibrated = f"locally, for FMR {calibration.fmr:g}" if has_user_calibration else "as shipped"
    return _engine_finding(settings, f"{_network_name(settings)}, calibrated {calibrated}")


def _network_name(settings: Settings) -> str:
    return f"vision.model {settings.vision.model}" if settings.vision.model else "the default network"


def _engine_finding(settings: Settings, text: str) -> Finding:
    from vision.engines.models.weights import NotBuilt, WeightsMissing
    from vision.engines.open import open_engine

    try:
        open_engine(settings.cache_dir, settings.vision.model, settings.face_dir)
    except NotBuilt as error:
        return failed(f"{text}: cannot open: {error}", "Add it again with `uketsuke face add`, or reinstall.")
    except WeightsMissing as error:
        return failed(str(error), "Run `make setup` again, or reinstall the package.")
    return passed(text)
