"""The live camera picture and the card's photo, drawn with half-block characters.

Colours are reduced to five bits per channel and refreshes do not trigger a layout. Twelve frames per second use a
quarter of a core. Pixels are dropped when the picture leaves the screen.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from terminal.front.assembled import LiveFrames
from terminal.screens.blocks import to_strips

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

FRAMES_PER_SECOND = 12
GUIDE_HEIGHT = 0.78
"""Height of the oval as a fraction of the picture height."""
GUIDE_RATIO = 0.74
"""Width of the oval as a fraction of its height."""
_KEEP_BITS = 0xF8
_LIT, _UNLIT = (255, 200, 40), (120, 95, 30)


class Picture(Widget, can_focus=False):
    """Widget that draws pixels. It is empty until `draw` is called."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._lines: list[Strip] = []
        self._drawn_at = Size(0, 0)

    def render_line(self, y: int) -> Strip:
        if y < len(self._lines) and self._drawn_at == self.size:
            return self._lines[y]
        return Strip.blank(self.size.width, self.rich_style)

    def draw(self, pixels: "Pixels") -> None:
        """Draw pixels. Their size must be the widget's width and twice its height."""
        self._lines = to_lines(pixels)
        self._drawn_at = self.size
        self.refresh()

    def clear(self) -> None:
        """Drop the pixels."""
        if self._lines:
            self._lines = []
            self.refresh()


class LivePicture(Picture):
    """The newest camera frame, mirrored, with the guide oval. Runs only while visible."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.source: LiveFrames | None = None
        self._last: object = None
        self.towards = 0
        """Direction of the arrow: -1 for left, 1 for right, 0 for no arrow."""
        self.drawn = 0
        """Number of frames drawn, for measurements."""

    def on_mount(self) -> None:
        self._timer = self.set_interval(1 / FRAMES_PER_SECOND, self.take, pause=True)

    def run(self, running: bool) -> None:
        if running:
            self._timer.resume()
        else:
            self._timer.pause()
            self._last = None
            self.clear()

    def take(self) -> None:
        """Draw the newest frame if it has not been drawn."""
        frame = self.source.latest() if self.source is not None else None
        rgb = getattr(frame, "rgb", None)
        if rgb is None:
            self._last = None
            self.clear()
            return
        if (frame is self._last and self._drawn_at == self.size) or self.size.area == 0:
            return
        self._last = frame
        picture = face_picture(rgb, self.size.width, self.size.height * 2)
        if self.towards:
            draw_arrow(picture, self.towards, self.drawn)
        self.draw(picture)
        self.drawn += 1


class CardPhoto(Picture):
    """The card's photo. Its decoded pixels are wiped after drawing."""

    def show(self, decode: "Callable[[], Pixels | None]") -> None:
        if self.size.area == 0:
            return
        pixels = decode()
        if pixels is None:
            self.clear()
            return
        self.draw(letterbox(pixels, self.size.width, self.size.height * 2))
        pixels[:] = 0


# --- pixels -------------------------------------------------------------------------------------------------


def to_lines(pixels: "Pixels") -> list[Strip]:
    """Convert RGB pixels of even height to lines of cells."""
    reduced = (pixels & _KEEP_BITS).astype("uint32")
    packed = (reduced[..., 0] << 16) | (reduced[..., 1] << 8) | reduced[..., 2]
    return to_strips(packed.tolist())


def face_picture(rgb: "Pixels", width: int, height: int) -> "Pixels":
    """Crop the frame to the given size, mirror it, and darken the area outside the oval."""
    import cv2
    import numpy as np

    middle = _middle(rgb, width / height)
    small: Pixels = np.asarray(cv2.resize(middle, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    mirrored = small[:, ::-1].copy()
    outside, ring = _guide(width, height)
    mirrored[outside] = mirrored[outside] // 2
    mirrored[ring] = 255
    return mirrored


def draw_arrow(pixels: "Pixels", towards: int, step: int) -> None:
    """Draw three arrowheads beside the oval, on the side `towards`. They light up one after the other."""
    import cv2
    import numpy as np

    height, width = pixels.shape[:2]
    size = max(min(height // 5, width // 14), 2)
    for number in range(3):
        tip = width / 2 + towards * (width / 2 - 1 - (2 - number) * size * 1.25)
        corners = [
            (tip, height / 2),
            (tip - towards * size, height / 2 - size),
            (tip - towards * size, height / 2 + size),
        ]
        lit = step // 3 % 4 == number or step // 3 % 4 == 3
        cv2.fillConvexPoly(pixels, np.round(corners).astype(np.int32), _LIT if lit else _UNLIT)


def _middle(rgb: "Pixels", ratio: float) -> "Pixels":
    height, width = rgb.shape[:2]
    if width / height > ratio:
        keep = max(int(height * ratio), 1)
        left = (width - keep) // 2
        return rgb[:, left : left + keep]
    keep = max(int(width / ratio), 1)
    top = (height - keep) // 2
    return rgb[top : top + keep]


_guides: dict[tuple[int, int], tuple[Any, Any]] = {}


def _guide(width: int, height: int) -> tuple[Any, Any]:
    """Return masks of the area outside the oval and of its outline. The last size is cached."""
    import numpy as np

    if (width, height) not in _guides:
        half_height = height * GUIDE_HEIGHT / 2
        half_width = min(half_height * GUIDE_RATIO, width * 0.46)
        y, x = np.mgrid[0:height, 0:width]
        distance = np.hypot((x - (width - 1) / 2) / half_width, (y - (height - 1) / 2) / half_height)
        thin = 0.7 / half_width
        _guides.clear()
        _guides[width, height] = (distance > 1, np.abs(distance - 1) < thin)
    return _guides[width, height]


def letterbox(pixels: "Pixels", width: int, height: int) -> "Pixels":
    """Scale the picture to the given size and pad it with grey to preserve its aspect ratio."""
    import cv2
    import numpy as np

    scale = min(width / pixels.shape[1], height / pixels.shape[0])
    size = (max(int(pixels.shape[1] * scale), 1), max(int(pixels.shape[0] * scale), 1))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    box: Pixels = np.full((height, width, 3), 200, dtype=np.uint8)
    top, left = (height - size[1]) // 2, (width - size[0]) // 2
    box[top : top + size[1], left : left + size[0]] = small if small.ndim == 3 else small[..., None]
    return box
