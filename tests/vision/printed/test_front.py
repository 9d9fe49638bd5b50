"""Tests for reading a card shown to the camera."""

from dataclasses import replace
from datetime import date

import cv2
import numpy as np
import pytest

from vision.frame import Frame, Image
from vision.open_frame_source import open_source
from vision.printed.agreeing_frames import AgreeingFrames
from vision.printed.card_guidance import CardGuidance
from vision.printed.corners import find_cards
from vision.printed.fields import PrintedBirth, PrintedFields, parse_birth, parse_security_code
from vision.printed.front import read_front
from vision.printed.recogniser import Character, Recogniser
from vision.synthetic.card_front import CardFront, draw_back, draw_front, draw_other_card
from vision.synthetic.card_scene import CardScene, Difficulty, homography, ordinary, shoot


def image_of(front: CardFront, scene: CardScene | None = None, seed: int = 1) -> Image:
    return shoot(draw_front(front), scene or CardScene(), seed)


def read(front: CardFront, recogniser: Recogniser, scene: CardScene | None = None) -> PrintedFields:
    frames = AgreeingFrames(lambda rgb: read_front(rgb, recogniser))
    for seed in range(3):
        frames.add(image_of(front, scene, seed))
    return frames.agreed_fields()


def test_three_fields_are_read(hana: CardFront, recogniser: Recogniser) -> None:
    fields = read(hana, recogniser)

    assert fields.birth == PrintedBirth("昭和", 55, 3, 1)
    assert fields.expiry == date(2033, 3, 1)
    assert fields.security == b"4907"
    assert fields.complete
    assert not fields.pinless


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("平成元年 1月 8日生", PrintedBirth("平成", 1, 1, 8)),
        ("令和 6年12月31日生", PrintedBirth("令和", 6, 12, 31)),
        ("大正13年10月10日生", PrintedBirth("大正", 13, 10, 10)),
        ("1975年11月 3日生", PrintedBirth(None, 1975, 11, 3)),
    ],
)
def test_all_formats_of_birth_date_are_read(
    hana: CardFront, recogniser: Recogniser, text: str, expected: PrintedBirth
) -> None:
    assert read(replace(hana, birth=text), recogniser).birth == expected


def test_impossible_date_is_left_blank(hana: CardFront, recogniser: Recogniser) -> None:
    fields = read(replace(hana, birth="昭和55年 2月30日生"), recogniser)

    assert fields.birth is None
    assert not fields.complete


def test_hand_held_card_is_read(hana: CardFront, recogniser: Recogniser) -> None:
    for seed in range(4):
        reading = read_front(image_of(hana, ordinary(np.random.default_rng(seed)), seed), recogniser)
        assert reading.fields is not None
        assert reading.fields.security == b"4907"


def test_upside_down_card_is_read(hana: CardFront, recogniser: Recogniser) -> None:
    assert read(hana, recogniser, CardScene(turn=180)).security == b"4907"


def test_infants_card_without_photo_is_read(hana: CardFront, recogniser: Recogniser) -> None:
    infant = replace(hana, photo=None, birth="令和 7年 6月 1日生")

    assert read(infant, recogniser).birth == PrintedBirth("令和", 7, 6, 1)
    assert read(infant, recogniser, CardScene(turn=180)).security == b"4907"


def test_pinless_card_is_recognised_by_its_remark(hana: CardFront, recogniser: Recogniser) -> None:
    entries = ("令和8年4月1日 住所変更 見本町2-3",)

    assert read(replace(hana, pinless=True), recogniser).pinless
    assert read(replace(hana, pinless=True, remarks=entries), recogniser).pinless
    assert not read(replace(hana, remarks=entries), recogniser).pinless


def test_back_is_refused_without_text_recognition(recogniser: Recogniser, monkeypatch: pytest.MonkeyPatch) -> None:
    def recognised_text(*_: object) -> None:
        raise AssertionError("text recognition ran on the back of a card")

    monkeypatch.setattr(recogniser, "read", recognised_text)
    for card in (draw_back(), draw_other_card()):
        for turn in (0, 180):
            reading = read_front(shoot(card, CardScene(turn=turn), 3), recogniser)
            assert reading.guidance is CardGuidance.OTHER_SIDE
            assert reading.fields is None


def test_guidance_without_card(recogniser: Recogniser) -> None:
    empty_room = np.full((480, 640, 3), 120, np.uint8)

    assert read_front(empty_room, recogniser).guidance is CardGuidance.SHOW_CARD


def test_guidance_for_distant_card(hana: CardFront, recogniser: Recogniser) -> None:
    reading = read_front(image_of(hana, CardScene(width=0.45)), recogniser)

    assert reading.guidance is CardGuidance.NEARER
    assert reading.fields is None


def test_digits_under_reflection_are_left_blank(hana: CardFront, recogniser: Recogniser) -> None:
    scene = CardScene()
    image = image_of(hana, scene)
    card = draw_front(hana)
    digits = np.array([[[73 * 12, 27 * 12]]], np.float32)
    position = cv2.perspectiveTransform(digits, homography(card.shape, scene))[0, 0]
    cv2.circle(image, (int(position[0]), int(position[1])), 9, (255, 255, 255), -1)

    reading = read_front(image, recogniser)

    assert reading.fields is not None
    assert not reading.fields.complete
    assert reading.guidance is CardGuidance.TILT


def test_reflection_beside_fields_is_ignored(hana: CardFront, recogniser: Recogniser) -> None:
    scene = CardScene()
    image = image_of(hana, scene).astype(np.float32)
    position = cv2.perspectiveTransform(
        np.array([[[45 * 12, 38 * 12]]], np.float32), homography(draw_front(hana).shape, scene)
    )[0, 0]
    lamp = np.zeros((480, 640), np.float32)
    cv2.ellipse(lamp, (int(position[0]), int(position[1])), (60, 20), 20, 0, 360, 1.0, -1)
    image += 250 * np.asarray(cv2.GaussianBlur(lamp, (0, 0), 9))[:, :, None]

    reading = read_front(np.clip(image, 0, 255).astype(np.uint8), recogniser)

    assert reading.fields is not None
    assert reading.fields.complete


def test_guidance_for_reflection_that_hides_side(recogniser: Recogniser) -> None:
    image = shoot(draw_back(), CardScene(), 3)
    cv2.ellipse(image, (320, 240), (90, 40), 0, 0, 360, (255, 255, 255), -1)
    assert read_front(image, recogniser).guidance is CardGuidance.TILT


def characters(text: str, confidence: float = 1.0, share: float = 1.0) -> list[Character]:
    return [Character(letter, confidence, share) for letter in text]


@pytest.mark.parametrize(
    ("confidence", "share", "accepted"),
    [(0.95, 0.95, True), (0.3, 0.99, True), (0.3, 0.9, False), (0.01, 0.99, False)],
)
def test_era_is_accepted_if_only_impossible_characters_compete(confidence: float, share: float, accepted: bool) -> None:
    remaining_date = characters("4年7月22日生")
    assert (
        parse_birth([*characters("令", confidence, share), *characters("和"), *remaining_date]) is not None
    ) is accepted


def test_uncertain_digit_is_left_blank() -> None:
    day = [*characters("令和4年7月2"), *characters("2", 0.9), *characters("日生")]
    assert parse_birth(day) is None
    assert parse_security_code([*characters("490"), *characters("7", 0.9)]) == b"490 "


def test_difficult_images_are_not_misread(hana: CardFront, recogniser: Recogniser) -> None:
    for seed, difficulty in enumerate(Difficulty):
        scene = CardScene(width=0.7, light=0.35, noise=9, blur=1.4, motion=2, difficulties=(difficulty,))
        fields = read(hana, recogniser, scene)
        assert fields.birth in (None, PrintedBirth("昭和", 55, 3, 1)), difficulty
        assert fields.expiry in (None, date(2033, 3, 1)), difficulty
        digits = zip(fields.security, b"4907", strict=True)
        assert all(digit in (0x20, expected) for digit, expected in digits), (difficulty, seed)


def test_text_recognition_runs_only_on_three_fields(
    hana: CardFront, recogniser: Recogniser, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts: list[str] = []
    original = recogniser.read

    def record(line: Image, allowed: str) -> object:
        recognised_text = original(line, allowed)
        texts.append("".join(character.text for character in recognised_text))
        return recognised_text

    monkeypatch.setattr(recogniser, "read", record)
    read_front(image_of(hana), recogniser)

    assert texts == ["昭和55年3月1日生", "2033年3月1日まで有効", "4907"]


def test_digit_on_which_frames_disagree_is_left_blank() -> None:
    codes = iter([b"4907", b"4907", b"4901"])

    def next_reading(_: Image) -> object:
        from vision.printed.front import FrontReading

        return FrontReading(CardGuidance.HOLD_STILL, PrintedFields(security=bytearray(next(codes))))

    frames = AgreeingFrames(next_reading)  # type: ignore[arg-type]
    empty = np.zeros((1, 1, 3), np.uint8)
    frames.add(empty)
    assert frames.agreed_fields().security == b"    "
    frames.add(empty)
    assert frames.agreed_fields().security == b"4907"
    frames.add(empty)
    assert frames.agreed_fields().security == b"490 "
    frames.wipe()
    assert frames.agreed_fields().security == b"    "


def test_detected_outline_matches_card(hana: CardFront) -> None:
    card = draw_front(hana)
    height, width = card.shape[:2]
    for seed in range(5):
        scene = ordinary(np.random.default_rng(seed))
        expected = cv2.perspectiveTransform(
            np.array([[[0, 0], [width, 0], [width, height], [0, height]]], np.float32), homography(card.shape, scene)
        )[0]
        assert np.abs(find_cards(shoot(card, scene, seed))[0] - expected).max() < 3


@pytest.mark.parametrize(
    ("spec", "guidance"),
    [
        ("synthetic:card:front", CardGuidance.HOLD_STILL),
        ("synthetic:card:back", CardGuidance.OTHER_SIDE),
        ("synthetic:card:other", CardGuidance.OTHER_SIDE),
    ],
)
def test_simulated_card_can_be_used_as_camera(spec: str, guidance: CardGuidance, recogniser: Recogniser) -> None:
    source = open_source(spec)
    assert source.open() is None
    frame = source.read()
    assert isinstance(frame, Frame)
    assert read_front(frame.rgb, recogniser).guidance is guidance


def test_error_for_unknown_card_lists_known_cards() -> None:
    with pytest.raises(ValueError, match=r"unknown card 'side'. Known: front"):
        open_source("synthetic:card:side")
    with pytest.raises(ValueError, match=r"unknown difficulty 'fog'. Known: glare"):
        open_source("synthetic:card:front,fog")
