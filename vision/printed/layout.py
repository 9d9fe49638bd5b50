"""Positions of the fields on the card's front, in millimetres from its upper left corner.

The size is ISO/IEC 7810 ID-1. The positions are estimates from published specimens, not measurements of real cards.
Boxes are therefore cropped with a margin.
"""

from dataclasses import dataclass
from typing import Final

WIDTH: Final = 85.60
HEIGHT: Final = 53.98
CORNER_RADIUS: Final = 3.18


@dataclass(frozen=True, slots=True)
class Box:
    """Rectangle in millimetres."""

    left: float
    top: float
    right: float
    bottom: float

    def pixels(self, scale: float, margin: float = 0.0) -> tuple[slice, slice]:
        """Return the rows and columns of the box in a card image.

        `scale`: pixels per millimetre. `margin`: added on each side, in millimetres.
        """
        top, bottom = max(self.top - margin, 0.0), min(self.bottom + margin, HEIGHT)
        left, right = max(self.left - margin, 0.0), min(self.right + margin, WIDTH)
        return (slice(round(top * scale), round(bottom * scale)), slice(round(left * scale), round(right * scale)))


PHOTO: Final = Box(4.0, 18.5, 24.5, 45.5)
NAME: Final = Box(4.0, 3.0, 62.0, 7.5)
ADDRESS: Final = Box(4.0, 9.0, 82.0, 16.5)
BIRTH: Final = Box(28.0, 19.0, 60.0, 23.5)
"""For example `昭和55年 3月 1日生`, or with the Western year on some foreign residents' cards."""
SEX: Final = Box(63.0, 19.0, 81.0, 23.5)
EXPIRY: Final = Box(28.0, 25.0, 65.0, 29.5)
"""For example `2033年 3月 1日まで有効`."""
SECURITY: Final = Box(68.0, 25.0, 81.0, 29.5)
"""Four digits."""
REMARKS: Final = Box(28.0, 31.5, 82.0, 44.0)
"""Panel for additional entries, including 顔認証 on a card issued without a PIN."""
PINLESS_MARK: Final = Box(29.0, 32.2, 42.0, 36.0)
"""Position of 顔認証 on a card issued without a PIN."""
BOTTOM: Final = Box(4.0, 47.0, 82.0, 51.0)
TEXT_HEIGHT: Final = 3.0
"""Character height in the three fields."""
