"""Each condition before the camera leads to the guidance it should, with the delivered engine."""

import random
import threading
from collections import Counter

import pytest

from config.settings import VisionSettings
from vision.check import check_face
from vision.engines.engine import FaceEngine
from vision.frame import Frame
from vision.guidance import guide
from vision.reference import Reference, make_reference
from vision.synthetic.frame_by_frame import FrameByFrame
from vision.synthetic.portrait import card_portrait
from vision.synthetic.source import SyntheticSource
from vision.synthetic.subject import Subject
from vision.verdict import FaceMatch, FaceVerdict, Guidance


def mostly(engine: FaceEngine, name: str) -> Guidance | None:
    """What is told most often in ten frames."""
    source = SyntheticSource(name, realtime=False)
    found: Counter[Guidance | None] = Counter()
    for _ in range(10):
        frame = source.read()
        assert isinstance(frame, Frame)
        found[guide(frame.grey, engine.faces(frame.grey))] += 1
    return found.most_common(1)[0][0]


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("dark", Guidance.TOO_DARK),
        ("backlit", Guidance.BACKLIT),
        ("far", Guidance.TOO_FAR),
        ("near", Guidance.TOO_NEAR),
        ("off-centre", Guidance.OFF_CENTRE),
        ("blurred", Guidance.BLURRED),
        ("side-light", None),
        ("noisy", None),
    ],
)
def test_a_condition_is_told(engine: FaceEngine, condition: str, told: Guidance | None) -> None:
    assert mostly(engine, f"hana,{condition}") is told


def test_of_several_the_most_useful_is_told(engine: FaceEngine) -> None:
    assert mostly(engine, "goro,off-centre,dark") is Guidance.OFF_CENTRE


def checked(engine: FaceEngine, holder: str, shown: str) -> FaceVerdict:
    reference = make_reference(engine, card_portrait(holder))
    assert isinstance(reference, Reference)
    view = FrameByFrame(SyntheticSource(shown, realtime=False))
    return check_face(
        view, reference, engine, VisionSettings(), lambda _: None, threading.Event(), view.clock, random.Random(1)
    )


@pytest.mark.parametrize("condition", ["side-light", "noisy"])
def test_bad_light_and_a_bad_sensor_keep_nobody_out(engine: FaceEngine, condition: str) -> None:
    assert isinstance(checked(engine, "hana", f"hana,{condition}"), FaceMatch)


def test_a_masked_stranger_is_not_let_in(engine: FaceEngine) -> None:
    assert not isinstance(checked(engine, "hana", "taro,mask"), FaceMatch)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("hana,foggy", "no condition 'foggy'. Known: dark"),
        ("hana+hologram", "no attack 'hologram'. Known: flat-print"),
        ("hana+phone,mask", "mask: only a person has that"),
        ("nobody,dark", "no synthetic person 'nobody'"),
    ],
)
def test_an_unknown_name_is_said_with_the_known_ones(name: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        Subject.parse(name)


def test_an_attack_may_be_dark_and_blurred() -> None:
    shown = Subject.parse("hana+phone,dark,blurred")
    assert shown.attack == "phone"
    assert shown.conditions == {"dark", "blurred"}
