"""Tests for the camera preview on the screen."""

import numpy as np
from numpy.typing import NDArray

from terminal.screens.blocks import to_strips
from terminal.screens.card_photo import decode_for_display
from terminal.screens.picture import CardPhoto, LivePicture, face_picture, letterbox, to_lines
from tests.terminal.screens.stage import async_test, stage
from tests.terminal.talk.gallery import state_for
from vision.photo import card_jp2


def plain(height: int, width: int, value: int = 200) -> NDArray[np.uint8]:
    return np.full((height, width, 3), value, np.uint8)


def test_picture_is_mirrored() -> None:
    rgb = plain(480, 640, 0)
    rgb[:, :320] = 240
    picture = face_picture(rgb, 40, 40)
    assert picture[20, 35].mean() > picture[20, 4].mean()


def test_face_outline_is_drawn_and_its_surroundings_are_darkened() -> None:
    picture = face_picture(plain(480, 640), 46, 40)
    assert tuple(picture[20, 23]) == (200, 200, 200)
    assert tuple(picture[0, 0]) == (100, 100, 100)
    assert (picture == 255).all(axis=2).sum() > 60


def test_wide_frame_is_cropped_to_its_centre() -> None:
    rgb = plain(480, 640, 100)
    rgb[:, :60] = rgb[:, -60:] = 250
    assert not (face_picture(rgb, 40, 48)[24] > 250).all()
    assert face_picture(rgb, 40, 48)[24, 0].mean() < 100


def test_equal_neighbouring_cells_share_a_segment() -> None:
    lines = to_strips([[0xFF0000] * 10, [0xFF0000] * 5 + [0x0000FF] * 5])
    assert len(lines) == 1
    assert [(segment.text, len(segment.text)) for segment in lines[0]] == [(" " * 5, 5), ("▀" * 5, 5)]
    assert lines[0].cell_length == 10


def test_colours_are_reduced_to_five_bits() -> None:
    first, second = plain(2, 4, 200), plain(2, 4, 207)
    assert to_lines(first) == to_lines(second)


def test_card_photo_keeps_its_aspect_ratio() -> None:
    box = letterbox(plain(320, 240, 10), 46, 40)
    assert box.shape == (40, 46, 3)
    assert (box[:, 0] == 200).all()
    assert (box[20, 23] == 10).all()


def test_card_photo_is_decoded() -> None:
    pixels = decode_for_display(bytearray(card_jp2(plain(320, 240, 90))))
    assert pixels is not None
    assert pixels.shape == (320, 240, 3)
    assert abs(int(pixels.mean()) - 90) < 5
    assert decode_for_display(bytearray(b"not a picture")) is None


@async_test
async def test_live_picture_is_drawn_only_while_visible() -> None:
    async with stage() as on_stage:
        live = on_stage.app.desk.query_one("#live", LivePicture)
        await on_stage.pilot.pause(0.2)
        assert live.drawn == 0
        await on_stage.show(state_for("face"))
        await on_stage.pilot.pause(0.3)
        assert live.drawn == 1, "an unchanged frame is not drawn again"
        on_stage.camera.frame = type("Other", (), {"rgb": plain(480, 640)})()
        await on_stage.pilot.pause(0.3)
        assert live.drawn == 2
        await on_stage.show(state_for("pin"))
        assert live._lines == []


@async_test
async def test_live_picture_is_erased_if_the_camera_is_lost() -> None:
    async with stage() as on_stage:
        await on_stage.show(state_for("face"))
        await on_stage.pilot.pause(0.3)
        live = on_stage.app.desk.query_one("#live", LivePicture)
        assert live._lines
        on_stage.camera.frame = None
        await on_stage.pilot.pause(0.3)
        assert live._lines == []


@async_test
async def test_card_photo_is_displayed_only_during_the_staff_check() -> None:
    async with stage() as on_stage:
        from tests.terminal.screens.test_crash import canary_record

        record = canary_record()
        record.photo_jp2 = bytearray(card_jp2(plain(320, 240, 90)))
        on_stage.counter.new_patient().put_record(record, b"c")
        on_stage.counter.set_state(state_for("staff-check"))
        await on_stage.wait_until_drawn()
        photo = on_stage.app.desk.query_one("#photo", CardPhoto)
        assert photo._lines
        on_stage.counter.set_state(state_for("opening"))
        await on_stage.wait_until_drawn()
        assert photo._lines == []
