"""Compare the radio link's timing model with manual calculations."""

import time

import pytest

from reader.card import MyNumberCard
from reader.facts import CardFacts
from reader.profile import File
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardImage
from reader.softcard.paced import LinkPace, PacedLink, fewest_exchanges, wire_bound
from reader.softcard.photo import SIZES_KB, photo_of_size
from reader.softcard.slot import SimulatedSlot

from .test_reading_at_the_limit import Wire


def test_short_exchange_duration() -> None:
    pace = LinkPace(106_000)
    # Two frames of 4 and 2 bytes, each with prologue and CRC: 120 + 48 bit times.
    assert pace.wire_seconds(4, 2) == pytest.approx(168 / 106_000)
    assert pace.exchange_seconds(4, 2) == pytest.approx(168 / 106_000 + 0.0006 + 0.005)


def test_long_response_is_sent_in_acknowledged_frames() -> None:
    # The command, two response frames and an acknowledgement make 4 frames.
    assert LinkPace(424_000).wire_seconds(7, 506) == pytest.approx(((7 + 506 + 4 * 3) * 10 + 4 * 24) / 424_000)


@pytest.mark.parametrize(
    ("rate", "short", "long"),
    [(106_000, 1.94, 1.54), (212_000, 1.15, 0.80), (424_000, 0.76, 0.43), (848_000, 0.56, 0.24)],
)
def test_fifteen_kilobytes_take_published_time(rate: int, short: float, long: float) -> None:
    pace = LinkPace(rate)
    assert fewest_exchanges(pace, [15_360], 256) == pytest.approx(short, rel=0.05)
    assert fewest_exchanges(pace, [15_360], 4096) == pytest.approx(long, rel=0.15)
    assert wire_bound(pace, [15_360]) < fewest_exchanges(pace, [15_360], 65_536)


def test_link_duration_matches_model(image: CardImage) -> None:
    wire = Wire(image)
    pace = LinkPace(848_000)
    started = time.perf_counter()
    assert isinstance(MyNumberCard(PacedLink(wire, pace)).read_facts(), CardFacts)
    duration = time.perf_counter() - started
    assert duration > wire_bound(pace, [len(image.files[File.USER_CERTIFICATE])]) + len(wire.sent) * pace.per_command


def test_closing_also_closes_wrapped_link(image: CardImage) -> None:
    slot = SimulatedSlot()
    slot.insert(SoftCard(image))
    PacedLink(slot.connect(), LinkPace(848_000)).close()  # type: ignore[arg-type]
    assert hasattr(slot.connect(), "transmit")


@pytest.mark.parametrize("kilobytes", SIZES_KB)
def test_photos_have_requested_size(kilobytes: int) -> None:
    import io

    from PIL import Image

    photo = photo_of_size(None, kilobytes)
    assert len(photo) == pytest.approx(kilobytes * 1024, rel=0.03)
    assert photo.startswith(bytes.fromhex("0000000C6A502020"))
    with Image.open(io.BytesIO(photo)) as image:
        assert (image.format, image.mode, image.size) == ("JPEG2000", "L", (240, 320))


@pytest.mark.parametrize(("source", "kilobytes", "reason"), [(None, 40, "2 to 27"), (b"no image", 10, "not an image")])
def test_unusable_photo_is_refused(source: bytes | None, kilobytes: int, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        photo_of_size(source, kilobytes)
