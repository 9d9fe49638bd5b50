"""Test the guidance for camera conditions with the default engine."""

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


def most_frequent(engine: FaceEngine, name: str) -> Guidance | None:
    """Return the most frequent guidance in ten frames."""
    source = SyntheticSource(name, realtime=False)
    counts: Counter[Guidance | None] = Counter()
    for _ in range(10):
        frame = source.read()
        assert isinstance(frame, Frame)
        counts[guide(frame.grey, engine.faces(frame.grey))] += 1
    return counts.most_common(1)[0][0]


@pytest.mark.parametrize(
    ("condition", "guidance"),
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
def test_guidance_for_each_condition(engine: FaceEngine, condition: str, guidance: Guidance | None) -> None:
    assert most_frequent(engine, f"hana,{condition}") is guidance


def test_most_useful_guidance_is_reported_for_several_conditions(engine: FaceEngine) -> None:
    assert most_frequent(engine, "goro,off-centre,dark") is Guidance.OFF_CENTRE


def check(engine: FaceEngine, holder: str, subject: str) -> FaceVerdict:
    reference = make_reference(engine, card_portrait(holder))
    assert isinstance(reference, Reference)
    view = FrameByFrame(SyntheticSource(subject, realtime=False))
    return check_face(
        view, reference, engine, VisionSettings(), lambda _: None, threading.Event(), view.clock, random.Random(1)
    )


@pytest.mark.parametrize("condition", ["side-light", "noisy"])
def test_side_light_and_noise_do_not_prevent_match(engine: FaceEngine, condition: str) -> None:
    assert isinstance(check(engine, "hana", f"hana,{condition}"), FaceMatch)


def test_masked_stranger_is_not_matched(engine: FaceEngine) -> None:
    assert not isinstance(check(engine, "hana", "taro,mask"), FaceMatch)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("hana,foggy", "unknown condition 'foggy'. Known: dark"),
        ("hana+hologram", "unknown attack 'hologram'. Known: flat-print"),
        ("hana+phone,mask", "mask does not apply to an attack"),
        ("nobody,dark", "unknown synthetic person 'nobody'"),
    ],
)
def test_error_for_unknown_name_lists_known_names(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        Subject.parse(name)


def test_attack_can_be_dark_and_blurred() -> None:
    subject = Subject.parse("hana+phone,dark,blurred")
    assert subject.attack == "phone"
    assert subject.conditions == {"dark", "blurred"}
