"""Measure FMR and FNMR of encoded people at the thresholds of a calibration."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vision.calibration.calibrate import FRAMES, by_group_name
from vision.calibration.errors import limits, trials
from vision.calibration.people import EncodedPerson
from vision.decision import Calibration

ALL, SMALL = "all", "small groups"
_SMALL = 5
"""Minimum size of a group. People in smaller groups are counted together."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Error rates of a group for a number of frames, with 95% limits from `vision.calibration.errors.limits`."""

    group: str
    people: int
    frames: int
    impostor: int
    """Number of impostor trials. `false_matches` of them passed."""
    false_matches: int
    fmr: float
    fmr_limits: tuple[float, float]
    genuine: int
    fnmr: float
    fnmr_limits: tuple[float, float]


def figure(group: str, people: Sequence[EncodedPerson], frames: int, calibration: Calibration) -> Figure | None:
    """Measure a group. Returns None if there are no genuine or no impostor trials."""
    group_trials = trials(people, frames)
    if not group_trials.genuine.size or not group_trials.impostor.size:
        return None
    passing = group_trials.distances <= calibration.threshold(frames)
    accepted, refused = passing[~group_trials.same_person], ~passing[group_trials.same_person]
    return Figure(
        group=group,
        people=len(people),
        frames=frames,
        impostor=int(accepted.size),
        false_matches=int(accepted.sum()),
        fmr=float(accepted.mean()),
        fmr_limits=limits(accepted, group_trials.holders[~group_trials.same_person]),
        genuine=int(refused.size),
        fnmr=float(refused.mean()),
        fnmr_limits=limits(refused, group_trials.holders[group_trials.same_person]),
    )


def figures(people: Sequence[EncodedPerson], calibration: Calibration) -> list[Figure]:
    """Measure all people and each group for each number of frames, sorted by descending FMR and FNMR."""
    measured = [
        figure(group, members, frames, calibration)
        for group, members in _groups(people)
        for frames in FRAMES
        if frames >= min(calibration.thresholds)
    ]
    return sorted(filter(None, measured), key=lambda row: (row.fmr, row.fnmr), reverse=True)


def _groups(people: Sequence[EncodedPerson]) -> Iterator[tuple[str, Sequence[EncodedPerson]]]:
    yield ALL, people
    small: list[EncodedPerson] = []
    groups = sorted(by_group_name(people).items())
    for group, members in groups:
        if len(members) < _SMALL:
            small += members
        elif len(groups) > 1:
            yield group, members
    if small and len(small) < len(people):
        yield SMALL, small
