"""FMR and FNMR of encoded people at the thresholds of a calibration, which is the performance of an engine."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vision.calibration.calibrate import FRAMES, grouped
from vision.calibration.errors import limits, trials
from vision.calibration.people import EncodedPerson
from vision.decision import Calibration

ALL, SMALL = "all", "small groups"
_SMALL = 5
"""Groups with fewer people are counted together."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Error rates of a group for a number of frames, with 95 % limits by bootstrap (0 to 1 for very few people)."""

    group: str
    people: int
    frames: int
    impostor: int
    """Number of impostor trials, of which `false_matches` were accepted."""
    false_matches: int
    fmr: float
    fmr_limits: tuple[float, float]
    genuine: int
    fnmr: float
    fnmr_limits: tuple[float, float]


def figure(group: str, people: Sequence[EncodedPerson], frames: int, calibration: Calibration) -> Figure | None:
    """Measure a group. Return None without genuine or impostor trials."""
    tried = trials(people, frames)
    if not tried.genuine.size or not tried.impostor.size:
        return None
    passed = tried.distances <= calibration.threshold(frames)
    strangers, refused = passed[~tried.same], ~passed[tried.same]
    return Figure(
        group=group,
        people=len(people),
        frames=frames,
        impostor=int(strangers.size),
        false_matches=int(strangers.sum()),
        fmr=float(strangers.mean()),
        fmr_limits=limits(strangers, tried.holders[~tried.same]),
        genuine=int(refused.size),
        fnmr=float(refused.mean()),
        fnmr_limits=limits(refused, tried.holders[tried.same]),
    )


def figures(people: Sequence[EncodedPerson], calibration: Calibration) -> list[Figure]:
    """Measure all people and each group for each number of frames. The worst false match rates come first, then
    refusals.
    """
    found = [
        one
        for group, members in _groups(people)
        for frames in FRAMES
        if frames >= min(calibration.thresholds) and (one := figure(group, members, frames, calibration))
    ]
    return sorted(found, key=lambda one: (one.fmr, one.fnmr), reverse=True)


def _groups(people: Sequence[EncodedPerson]) -> Iterator[tuple[str, Sequence[EncodedPerson]]]:
    yield ALL, people
    rest: list[EncodedPerson] = []
    groups = sorted(grouped(people).items())
    for group, members in groups:
        if len(members) < _SMALL:
            rest += members
        elif len(groups) > 1:
            yield group, members
    if rest and len(rest) < len(people):
        yield SMALL, rest
