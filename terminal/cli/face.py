"""`uketsuke face`: the face network in use, alternatives to it, and its accuracy on your own pictures."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.cli.common import ConfigOption, fail, install_error_hooks, log_to_stderr, settings_or_exit, tell

if TYPE_CHECKING:
    from config.settings import Settings
    from vision.calibration.measure import Figure
    from vision.calibration.people import EncodedPerson
    from vision.decision import Calibration
    from vision.engines.models.known import KnownModel

app = typer.Typer(
    help="Face networks: list the known ones, add another, calibrate. None is used without calibration.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
_EVERY = 5.0
"""Seconds between progress lines."""
_PEOPLE_HELP = (
    "Folder with one folder per person, named group_name: the first picture is the card's photo, six more are live."
)


@app.command()
def models(config: ConfigOption = None) -> None:
    """List the networks known to work, with licence, home page and hash, and those added here.

    Example: uketsuke face models
    """
    settings = settings_or_exit(config)
    with install_error_hooks():
        from vision.engines.models.known import KNOWN

        for model in KNOWN:
            tell(_known(model, settings))
        from vision.engines.open import model_store

        tell(_anti_spoofing(settings))
        tell(f"Added here ({model_store(settings.face_dir)}):")
        for line in _added(settings):
            tell(f"    {line}")


def _known(model: "KnownModel", settings: "Settings") -> str:
    in_use = ", in use" if model.engine == (settings.vision.model or "sface") else ""
    state = f"delivered{in_use}" if model.engine else "not delivered"
    rows = [
        ("licence", model.licence),
        ("home page", model.home_page),
        ("sha256", model.sha256 or "not known to this project: only recorded when added"),
        *([("engine", model.engine)] if model.engine else []),
    ]
    lines = [f"{model.name}  ({state})", f"    {model.about}", *(f"    {name:10} {value}" for name, value in rows)]
    return "\n".join(lines)


def _anti_spoofing(settings: "Settings") -> str:
    from vision.antispoofing.store import CHECKPOINTS, HOME_PAGE, LICENCE, networks_in

    found = [file.name for _, file in networks_in(settings.face_dir)]
    lines = [
        f"MiniFASNet, against photographs  ({'added: ' + ', '.join(found) if found else 'not delivered, not added'})",
        "    not on any package registry: download the two files and run `uketsuke face add-antispoof FILE FILE`",
        f"    {'licence':10} {LICENCE}",
        f"    {'home page':10} {HOME_PAGE} (resources/anti_spoof_models)",
        *(f"    {'sha256':10} {sha256}  {name}" for sha256, (_, name) in CHECKPOINTS.items()),
    ]
    return "\n".join(lines)


def _added(settings: "Settings") -> Iterator[str]:
    from vision.decision import NotCalibrated
    from vision.engines.added import added_in, calibration_in, network_in
    from vision.engines.models.known import model_with
    from vision.engines.models.weights import sha256_of
    from vision.engines.open import BUILT, model_store

    store = model_store(settings.face_dir)
    names = added_in(store)
    for name in names:
        place = store / name
        in_use = ", in use" if name == settings.vision.model else ""
        try:
            known = model_with(sha256_of(network_in(place).weights))
            licence = f"{known.name}, {known.licence}" if known else "not known to this project: check its licence"
            calibration_in(place)
            yield f"{name}  (calibrated{in_use})  {licence}"
        except (NotCalibrated, OSError) as problem:
            yield f"{name}  (NOT USABLE{in_use})  {problem}"
    if not names:
        yield "none"
    if settings.vision.model and settings.vision.model not in (*names, *BUILT):
        yield f"vision.model = {settings.vision.model} is MISSING"


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="A dlib .dat or SFace .onnx file.")],
    people: Annotated[Path, typer.Option(help=_PEOPLE_HELP)],
    sha256: Annotated[str | None, typer.Option(help="Hash published by its maker; refused if it differs.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the network; by default that of the file.")] = None,
    config: ConfigOption = None,
) -> None:
    """Check a network's hash, calibrate it on a folder of people, and store it for use as `vision.model`.

    Half of the people set the thresholds, the figures are measured on the other half; this needs about fifty people
    with seven pictures each. Faces are detected by the YuNet included in uketsuke. Pictures and encodings are not kept.

    Example: uketsuke face add face_recognition_sface_2021dec.onnx --people DIR
    """
    settings = _quiet_settings(config)
    with _face_errors():
        from vision.calibration.adding import add_model
        from vision.engines.models.weights import sha256_of
        from vision.engines.open import BUILT, model_store

        if not file.is_file():
            fail(f"{file}: no such file. `uketsuke face models` shows where to get known ones.")
        _require_people(people)
        tell(f"{file.name}: {_about(file, sha256_of(file))}")
        from config.files import private_folder

        private_folder(settings.state_dir)
        added = add_model(
            file,
            people,
            model_store(settings.face_dir),
            settings.cache_dir,
            sha256=sha256,
            name=name,
            reserved=BUILT,
            on_progress=_Progress(),
        )
        tell(f"\n{_aim(added.calibration)} On the half that did not set the thresholds:")
        tell(_table(added.figures))
        called = added.folder.name
        tell(f'\nAdded. To use it, set vision.model = "{called}" (UKETSUKE_VISION__MODEL={called}).')
        tell("To measure it on other people: `uketsuke face calibrate DIR --dry-run`.")


@app.command("add-antispoof")
def add_antispoof(
    files: Annotated[
        list[Path], typer.Argument(help="The maker's two .pth files, or .onnx files named SCALE_80x80_NAME.onnx.")
    ],
    config: ConfigOption = None,
) -> None:
    """Add MiniFASNet networks, which vote against photographs held up to the camera. They replace earlier ones.

    Example: uketsuke face add-antispoof 2.7_80x80_MiniFASNetV2.pth 4_0_0_80x80_MiniFASNetV1SE.pth
    """
    settings = _quiet_settings(config)
    with _face_errors():
        from vision.antispoofing.store import add_anti_spoofing

        for file in files:
            if not file.is_file():
                fail(f"{file}: no such file. `uketsuke face models` shows where to get the networks.")
        settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        for one in add_anti_spoofing(files, settings.face_dir):
            tell(f"{one.name}: its crop is {one.scale:g} times as large as the face")
        tell("Added. A running terminal uses them from its next start.")


@app.command()
def calibrate(
    people: Annotated[Path, typer.Argument(help=_PEOPLE_HELP)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only measure, with all people; write nothing.")] = False,
    config: ConfigOption = None,
) -> None:
    """Measure false matches (FMR) and false non-matches (FNMR) on a folder of people, and calibrate the engine.

    Half of the people set the thresholds, the figures are measured on the other half; this needs about 25 people with
    seven pictures each. --dry-run measures the engine with its current thresholds. vision.model sets the engine.

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
            tell(f"{settings.vision.model or 'The default network'} with its current thresholds, {_seen(encoded)}:")
            tell(_table(bench.measure(encoded)))
            return
        made, found = bench.calibrate(encoded)
        tell(f"{settings.vision.model or 'The default network'}, {_seen(encoded)}.")
        tell(f"{_aim(made)} On the half that did not set the thresholds:")
        tell(_table(found))
        tell(f"\nCalibrated: {bench.calibration}. A running terminal uses it from its next start.")


def _aim(calibration: "Calibration") -> str:
    return (
        f"Thresholds for FMR {calibration.fmr:g} in the worst group, whose upper 95 % limit is "
        f"{calibration.fmr_upper:.2%}."
    )


def _quiet_settings(config: Path | None) -> "Settings":
    # the commands report unreadable files themselves
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    log_to_stderr(verbose=False)
    return settings_or_exit(config)


@contextmanager
def _face_errors() -> Iterator[None]:
    with install_error_hooks():
        from vision.calibration.calibrate import TooFewPeople
        from vision.decision import NotCalibrated
        from vision.engines.models.weights import NotBuilt, WeightsMissing

        try:
            yield
        except TooFewPeople as error:
            fail(f"{error}. Name a folder with more people, or with more pictures of each (seven are enough).")
        except NotBuilt as error:
            fail(f"{str(error).rstrip('.')}. `uketsuke face models` lists networks that work and where to get them.")
        except (NotCalibrated, WeightsMissing) as error:
            fail(str(error))


def _require_people(folder: Path) -> None:
    if not folder.is_dir():
        fail(f"{folder}: no such folder. It should contain one folder of pictures per person.")
    if not any(path.is_dir() for path in folder.iterdir()):
        fail(f"{folder} contains no folders. It should contain one folder of pictures per person.")


def _require_faces(people: "Sequence[EncodedPerson]", folder: Path) -> None:
    if not people:
        fail(f"the folders in {folder} contain no pictures (.jpg, .png, .bmp, .pgm).")
    if not any(person.reference is not None for person in people) or not any(person.live for person in people):
        fail(f"{folder}: {_seen(people)}. At least one person needs a card photo, and one a live picture, with a face.")


def _seen(people: "Sequence[EncodedPerson]") -> str:
    cards = sum(person.reference is not None for person in people)
    live, unseen = sum(len(person.live) for person in people), sum(person.unseen for person in people)
    return f"{len(people)} people, a face in {cards} card photos and in {live} of {live + unseen} live pictures"


def _about(file: Path, sha256: str) -> str:
    from vision.engines.models.known import model_named, model_with

    known = model_with(sha256)
    if known is not None:
        return f"the hash is that of {known.name}, {known.licence}, {known.home_page}"
    named = model_named(file.stem)
    where = f"Its licence: {named.licence}, {named.home_page}" if named else "Check its licence"
    return f"hash {sha256}, unknown to this project: compare it with the one its maker publishes. {where}"


def _table(figures: "Sequence[Figure]") -> str:
    """Format the figures as a table, worst first."""
    if not figures:
        return "(too few pictures with a face for a figure)"
    lines = [f"{'group':20} {'K':>2} {'people':>7}  {'FMR':32}  FNMR"]
    for one in figures:
        fmr = f"{one.fmr:.2%} {_limits(one.fmr_limits)} {one.false_matches} of {one.impostor}"
        fnmr = f"{one.fnmr:.1%} {_limits(one.fnmr_limits)} of {one.genuine}"
        lines.append(f"{one.group:20} {one.frames:2} {one.people:7}  {fmr:32}  {fnmr}")
    lines.append(
        "K: live pictures averaged; the terminal uses five or more. In brackets: 95 % by bootstrap over people."
    )
    return "\n".join(lines)


def _limits(limits: tuple[float, float]) -> str:
    return f"[{limits[0]:.1%}, {limits[1]:.1%}]"


class _Progress:
    """Prints a progress line to standard error every `_EVERY` seconds."""

    def __init__(self) -> None:
        self._printed = time.monotonic()

    def __call__(self, done: int, count: int) -> None:
        if time.monotonic() - self._printed >= _EVERY:
            self._printed = time.monotonic()
            print(f"{done} of {count} people", file=sys.stderr, flush=True)  # noqa: T201
