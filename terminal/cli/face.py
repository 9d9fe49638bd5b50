"""`uketsuke face`: list, add and calibrate face networks."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.cli.common import ConfigOption, echo, fail, log_to_stderr, report_errors, settings_or_exit

if TYPE_CHECKING:
    from config.settings import Settings
    from vision.calibration.measure import Figure
    from vision.calibration.people import EncodedPerson
    from vision.decision import Calibration
    from vision.engines.models.known import KnownModel

app = typer.Typer(
    help="List, add and calibrate face networks. Networks without a calibration are not used.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
_PROGRESS_SECONDS = 5.0
"""Seconds between progress lines."""
_PEOPLE_HELP = "Folder with one subfolder per person, named group_name: a card photo, followed by six live images."


@app.command()
def models(config: ConfigOption = None) -> None:
    """List supported and added networks with licence, home page and hash.

    Example: uketsuke face models
    """
    settings = settings_or_exit(config)
    with report_errors():
        from vision.engines.models.known import KNOWN

        for model in KNOWN:
            echo(_model_text(model, settings))
        from vision.engines.open import model_store

        echo(_anti_spoofing_text(settings))
        echo(f"Added ({model_store(settings.face_dir)}):")
        for line in _added_networks(settings):
            echo(f"    {line}")


def _model_text(model: "KnownModel", settings: "Settings") -> str:
    in_use = ", in use" if model.engine == (settings.vision.model or "sface") else ""
    state = f"included{in_use}" if model.engine else "not included"
    rows = [
        ("licence", model.licence),
        ("home page", model.home_page),
        ("sha256", model.sha256 or "unknown; recorded when added"),
        *([("engine", model.engine)] if model.engine else []),
    ]
    lines = [f"{model.name}  ({state})", f"    {model.about}", *(f"    {name:10} {value}" for name, value in rows)]
    return "\n".join(lines)


def _anti_spoofing_text(settings: "Settings") -> str:
    from vision.antispoofing.store import CHECKPOINTS, HOME_PAGE, LICENCE, networks_in

    added = [file.name for _, file in networks_in(settings.face_dir)]
    lines = [
        f"MiniFASNet, against photographs  ({'added: ' + ', '.join(added) if added else 'not included, not added'})",
        "    not in any package registry: download both files and run `uketsuke face add-antispoof FILE FILE`",
        f"    {'licence':10} {LICENCE}",
        f"    {'home page':10} {HOME_PAGE} (resources/anti_spoof_models)",
        *(f"    {'sha256':10} {sha256}  {name}" for sha256, (_, name) in CHECKPOINTS.items()),
    ]
    return "\n".join(lines)


def _added_networks(settings: "Settings") -> Iterator[str]:
    from vision.decision import NotCalibrated
    from vision.engines.added import added_models, model_calibration, model_network
    from vision.engines.models.known import model_with
    from vision.engines.models.weights import sha256_of
    from vision.engines.open import BUILT_IN_ENGINES, model_store

    store = model_store(settings.face_dir)
    names = added_models(store)
    for name in names:
        folder = store / name
        in_use = ", in use" if name == settings.vision.model else ""
        try:
            known = model_with(sha256_of(model_network(folder).weights))
            licence = f"{known.name}, {known.licence}" if known else "unknown: check its licence"
            model_calibration(folder)
            yield f"{name}  (calibrated{in_use})  {licence}"
        except (NotCalibrated, OSError) as problem:
            yield f"{name}  (NOT USABLE{in_use})  {problem}"
    if not names:
        yield "none"
    if settings.vision.model and settings.vision.model not in (*names, *BUILT_IN_ENGINES):
        yield f"{settings.vision.model}  (MISSING, set in vision.model)"


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="dlib .dat or SFace .onnx file.")],
    people: Annotated[Path, typer.Option(help=_PEOPLE_HELP)],
    sha256: Annotated[str | None, typer.Option(help="Hash published by the author. The file must match it.")] = None,
    name: Annotated[str | None, typer.Option(help="Network name. Default: the file name.")] = None,
    config: ConfigOption = None,
) -> None:
    """Verify a network's hash, calibrate it with a folder of people, and store it for use as `vision.model`.

    The thresholds are set on half of the people and evaluated on the other half, which requires about fifty people with
    seven images each. Faces are detected by the included YuNet. Images and encodings are not stored.

    Example: uketsuke face add face_recognition_sface_2021dec.onnx --people DIR
    """
    settings = _quiet_settings(config)
    with _face_errors():
        from vision.calibration.adding import add_model
        from vision.engines.models.weights import sha256_of
        from vision.engines.open import BUILT_IN_ENGINES, model_store

        if not file.is_file():
            fail(f"{file} does not exist. `uketsuke face models` shows where to download networks.")
        _require_people(people)
        echo(f"{file.name}: {_hash_text(file, sha256_of(file))}")
        from config.files import private_folder

        private_folder(settings.state_dir)
        added = add_model(
            file,
            people,
            model_store(settings.face_dir),
            settings.cache_dir,
            sha256=sha256,
            name=name,
            reserved=BUILT_IN_ENGINES,
            on_progress=_Progress(),
        )
        echo(f"\n{_thresholds_text(added.calibration)} Evaluated on the other half of the people:")
        echo(_table(added.figures))
        added_name = added.folder.name
        echo(f'\nAdded. To use it, set vision.model = "{added_name}" (UKETSUKE_VISION__MODEL={added_name}).')
        echo("To evaluate it on other people, run `uketsuke face calibrate DIR --dry-run`.")


@app.command("add-antispoof")
def add_antispoof(
    files: Annotated[
        list[Path], typer.Argument(help="The author's two .pth files, or .onnx files named SCALE_80x80_NAME.onnx.")
    ],
    config: ConfigOption = None,
) -> None:
    """Add MiniFASNet networks, which detect photographs held up to the camera. Replaces earlier ones.

    Example: uketsuke face add-antispoof 2.7_80x80_MiniFASNetV2.pth 4_0_0_80x80_MiniFASNetV1SE.pth
    """
    settings = _quiet_settings(config)
    with _face_errors():
        from vision.antispoofing.store import add_anti_spoofing

        for file in files:
            if not file.is_file():
                fail(f"{file} does not exist. `uketsuke face models` shows where to download the networks.")
        settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        for network in add_anti_spoofing(files, settings.face_dir):
            echo(f"{network.name}: crop of {network.scale:g} times the face size")
        echo("Added. Restart running terminals to use them.")


@app.command()
def calibrate(
    people: Annotated[Path, typer.Argument(help=_PEOPLE_HELP)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only evaluate, using all people. Write nothing.")] = False,
    config: ConfigOption = None,
) -> None:
    """Calibrate the face engine (vision.model) with a folder of people and report its FMR and FNMR.

    The thresholds are set on half of the people and evaluated on the other half, which requires about 25 people with
    seven images each. --dry-run evaluates the engine with its current thresholds.

    Example: uketsuke face calibrate DIR --dry-run
    """
    settings = _quiet_settings(config)
    with _face_errors():
        from vision.calibration.bench import EngineBench

        _require_people(people)
        from config.files import private_folder

        private_folder(settings.state_dir)
        bench = EngineBench(settings.cache_dir, settings.face_dir, settings.vision.model)
        encoded = bench.people(people, _Progress())
        _require_faces(encoded, people)
        if dry_run:
            echo(f"{settings.vision.model or 'The default network'} with current thresholds, {_face_counts(encoded)}:")
            echo(_table(bench.measure(encoded)))
            return
        calibration, figures = bench.calibrate(encoded)
        echo(f"{settings.vision.model or 'The default network'}, {_face_counts(encoded)}.")
        echo(f"{_thresholds_text(calibration)} Evaluated on the other half of the people:")
        echo(_table(figures))
        echo(f"\nCalibrated: {bench.calibration}. Restart running terminals to use it.")


def _thresholds_text(calibration: "Calibration") -> str:
    return (
        f"Thresholds for FMR {calibration.fmr:g} in the worst group, with an upper 95% confidence limit of "
        f"{calibration.fmr_upper:.2%}."
    )


def _quiet_settings(config: Path | None) -> "Settings":
    # suppress OpenCV's messages, because the commands report unreadable files
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    log_to_stderr(verbose=False)
    return settings_or_exit(config)


@contextmanager
def _face_errors() -> Iterator[None]:
    with report_errors():
        from vision.calibration.calibrate import TooFewPeople
        from vision.decision import NotCalibrated
        from vision.engines.models.weights import NotBuilt, WeightsMissing

        try:
            yield
        except TooFewPeople as error:
            fail(f"{error}. Use a folder with more people, or more images of each person (seven are enough).")
        except NotBuilt as error:
            fail(
                f"{str(error).rstrip('.')}. `uketsuke face models` lists supported networks and where to download them."
            )
        except (NotCalibrated, WeightsMissing) as error:
            fail(str(error))


def _require_people(folder: Path) -> None:
    if not folder.is_dir():
        fail(f"{folder} does not exist. Specify a folder with one subfolder of images per person.")
    if not any(path.is_dir() for path in folder.iterdir()):
        fail(f"{folder} contains no folders. It must contain one subfolder of images per person.")


def _require_faces(people: "Sequence[EncodedPerson]", folder: Path) -> None:
    if not people:
        fail(f"the folders in {folder} contain no images (.jpg, .png, .bmp, .pgm).")
    if not any(person.reference is not None for person in people) or not any(person.live for person in people):
        fail(f"{folder}: {_face_counts(people)}. At least one card photo and one live image must contain a face.")


def _face_counts(people: "Sequence[EncodedPerson]") -> str:
    cards = sum(person.reference is not None for person in people)
    live, undetected = sum(len(person.live) for person in people), sum(person.undetected for person in people)
    return f"{len(people)} people, faces in {cards} card photos and {live} of {live + undetected} live images"


def _hash_text(file: Path, sha256: str) -> str:
    from vision.engines.models.known import model_named, model_with

    known = model_with(sha256)
    if known is not None:
        return f"hash of {known.name}, {known.licence}, {known.home_page}"
    similar = model_named(file.stem)
    licence = f"Licence: {similar.licence}, {similar.home_page}" if similar else "Check the licence"
    return f"unknown hash {sha256}. Compare it with the hash published by the author. {licence}"


def _table(figures: "Sequence[Figure]") -> str:
    """Format the figures as a table, worst first."""
    if not figures:
        return "(too few images with a face)"
    lines = [f"{'group':20} {'K':>2} {'people':>7}  {'FMR':32}  FNMR"]
    for figure in figures:
        fmr = f"{figure.fmr:.2%} {_interval(figure.fmr_limits)} {figure.false_matches} of {figure.impostor}"
        fnmr = f"{figure.fnmr:.1%} {_interval(figure.fnmr_limits)} of {figure.genuine}"
        lines.append(f"{figure.group:20} {figure.frames:2} {figure.people:7}  {fmr:32}  {fnmr}")
    lines.append(
        "K: live images averaged; the terminal uses five or more. In brackets: 95% bootstrap interval over people."
    )
    return "\n".join(lines)


def _interval(limits: tuple[float, float]) -> str:
    return f"[{limits[0]:.1%}, {limits[1]:.1%}]"


class _Progress:
    """Progress callback that prints a line to standard error every `_PROGRESS_SECONDS` seconds."""

    def __init__(self) -> None:
        self._printed = time.monotonic()

    def __call__(self, done: int, count: int) -> None:
        if time.monotonic() - self._printed >= _PROGRESS_SECONDS:
            self._printed = time.monotonic()
            print(f"{done} of {count} people", file=sys.stderr, flush=True)  # noqa: T201
