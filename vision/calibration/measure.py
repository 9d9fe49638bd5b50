"""FMR and FNMR of encoded persons at the thresholds of a calibration, which is the performance of an engine."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vision.calibration.calibrate import FRAMES, grouped
from vision.calibration.errors import limits, trials
from vision.calibration.persons import EncodedPerson
from vision.decision import Calibration

ALL, SMALL = "all", "small groups"
_SMALL = 5
"""Groups with fewer persons are counted together."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Error rates of a group for a number of frames, with 95 % limits by bootstrap (0 to 1 for very few persons)."""

    group: str
    persons: int
    frames: int
    impostor: int
    """Number of impostor trials, of which `false_matches` were accepted."""
    false_matches: int
    fmr: float
    fmr_limits: tuple[float, float]
    genuine: int
    fnmr: float
    fnmr_limits: tuple[float, float]


def figure(group: str, persons: Sequence[EncodedPerson], frames: int, calibration: Calibration) -> Figure | None:
    """Measure a group. Return None without genuine or impostor trials."""
    tried = trials(persons, frames)
    if not tried.genuine.size or not tried.impostor.size:
        return None
    passed = tried.distances <= calibration.threshold(frames)
    strangers, refused = passed[~tried.same], ~passed[tried.same]
    return Figure(
        group=group,
        persons=len(persons),
        frames=frames,
        impostor=int(strangers.size),
        false_matches=int(strangers.sum()),
        fmr=float(strangers.mean()),
        fmr_limits=limits(strangers, tried.holders[~tried.same]),
        genuine=int(refused.size),
        fnmr=float(refused.mean()),
        fnmr_limits=limits(refused, tried.holders[tried.same]),
    )


def figures(persons: Sequence[EncodedPerson], calibration: Calibration) -> list[Figure]:
    """Measure all persons and each group for each number of frames. The worst false match rates come first, then
    refusals.
    """
    found = [
        one
        for group, members in _groups(persons)
        for frames in FRAMES
        if frames >= min(calibration.thresholds) and (one := figure(group, members, frames, calibration))
    ]
    return sorted(found, key=lambda one: (one.fmr, one.fnmr), reverse=True)


def _groups(persons: Sequence[EncodedPerson]) -> Iterator[tuple[str, Sequence[EncodedPerson]]]:
    yield ALL, persons
    rest: list[EncodedPerson] = []
    groups = sorted(grouped(persons).items())
    for group, members in groups:
        if len(members) < _SMALL:
            rest += members
        elif len(groups) > 1:
            yield group, members
    if rest and len(rest) < len(persons):
        yield SMALL, rest
