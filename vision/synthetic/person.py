"""Parameters of a synthetic patient's appearance. Lengths are in half head widths, colours in 8-bit RGB."""

from dataclasses import dataclass
from enum import StrEnum

Colour = tuple[int, int, int]


class Hair(StrEnum):
    """Hairstyle."""

    SHORT = "short"
    PARTED = "parted"
    FRINGE = "fringe"
    BOB = "bob"
    LONG = "long"
    BUN = "bun"
    CURLY = "curly"
    RECEDING = "receding"
    BALD = "bald"


class Glasses(StrEnum):
    NONE = "none"
    ROUND = "round"
    SQUARE = "square"


class Beard(StrEnum):
    NONE = "none"
    STUBBLE = "stubble"
    MOUSTACHE = "moustache"
    GOATEE = "goatee"
    FULL = "full"


class Cover(StrEnum):
    """Headwear."""

    NONE = "none"
    SCARF = "scarf"
    """Headscarf that covers everything but the face."""
    CAP = "cap"
    """Knitted cap over the tops of the ears."""


@dataclass(frozen=True, slots=True)
class Head:
    width: float = 1.0
    """Half width at the cheekbones."""
    jaw: float = 0.28
    """Narrowing of the face towards the chin, from 0 (none) to 0.5 (pointed)."""
    square: float = 2.2
    """Exponent of the outline: 2 for an ellipse, 3 for a nearly rectangular face."""
    chin: float = 1.45
    """Distance of the chin from the centre of the face."""
    cheeks: float = 0.05
    """Prominence of the cheekbones."""


@dataclass(frozen=True, slots=True)
class Eyes:
    apart: float = 0.42
    """Distance of an eye's centre from the centre of the face."""
    height: float = -0.12
    """Negative above the centre of the face."""
    width: float = 0.21
    open: float = 0.09
    tilt: float = 0.05
    """Upward tilt of the outer corners in radians."""
    fold: float = 0.06
    """Height of the eyelid crease above the eye; 0 for none."""
    lashes: float = 0.018
    iris: Colour = (70, 50, 40)


@dataclass(frozen=True, slots=True)
class Brows:
    height: float = 0.25
    thickness: float = 0.05
    arch: float = 0.06
    slant: float = 0.0
    """Positive if the outer ends are lower."""
    strength: float = 0.85


@dataclass(frozen=True, slots=True)
class Nose:
    length: float = 0.56
    width: float = 1.0
    bridge: float = 0.2


@dataclass(frozen=True, slots=True)
class Mouth:
    height: float = 0.76
    width: float = 0.33
    fullness: float = 1.0
    smile: float = 0.05
    colour: Colour = (186, 100, 96)


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    description: str
    age: int
    skin: Colour
    hair_colour: Colour
    hair: Hair
    clothes: Colour
    head: Head = Head()
    eyes: Eyes = Eyes()
    brows: Brows = Brows()
    nose: Nose = Nose()
    mouth: Mouth = Mouth()
    glasses: Glasses = Glasses.NONE
    rim: Colour = (40, 36, 36)
    beard: Beard = Beard.NONE
    cover: Cover = Cover.NONE
    cloth: Colour = (90, 110, 120)
    """Colour of scarf or cap."""
    mask: bool = False
    """Whether the person wears a surgical mask."""
    freckles: float = 0.0
    """Freckle density from 0 (none) to 1 (heavy)."""
    mole: tuple[float, float] | None = None
    """Position of a mole: to the right, and down."""
    parting: float = 0.3
    """Position of the parting, negative to the left of the centre and positive to the right."""
    hairline: float = -0.8
    """Height of the hairline above the centre of the forehead."""
