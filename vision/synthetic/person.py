"""Appearance of a synthetic patient, as parameters. Lengths are in half head widths; colours are 8-bit RGB."""

from dataclasses import dataclass
from enum import StrEnum

Colour = tuple[int, int, int]


class Hair(StrEnum):
    """How the hair is worn."""

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
    """What is worn on the head."""

    NONE = "none"
    SCARF = "scarf"
    """A headscarf that leaves the face alone free."""
    CAP = "cap"
    """Knitted, over the ears' tops."""


@dataclass(frozen=True, slots=True)
class Head:
    width: float = 1.0
    """Half the width at the cheekbones."""
    jaw: float = 0.28
    """How much the face narrows towards the chin: 0 not at all, 0.5 pointed."""
    square: float = 2.2
    """Exponent of the outline: 2 an ellipse, 3 nearly a box."""
    chin: float = 1.45
    """From the middle of the face down to the chin."""
    cheeks: float = 0.05
    """How far the cheekbones stand out."""


@dataclass(frozen=True, slots=True)
class Eyes:
    apart: float = 0.42
    """From the middle of the face to the middle of an eye."""
    height: float = -0.12
    """Above the middle of the face is negative."""
    width: float = 0.21
    open: float = 0.09
    tilt: float = 0.05
    """Outer corners up, in radians."""
    fold: float = 0.06
    """Distance of the lid fold; 0 is a single lid."""
    lashes: float = 0.018
    iris: Colour = (70, 50, 40)


@dataclass(frozen=True, slots=True)
class Brows:
    height: float = 0.25
    thickness: float = 0.05
    arch: float = 0.06
    slant: float = 0.0
    """Positive: the outer ends hang."""
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
    """The colour of scarf or cap."""
    mask: bool = False
    """A surgical one."""
    freckles: float = 0.0
    """How strong: 0 none, 1 many."""
    mole: tuple[float, float] | None = None
    """Where one is: to the right, down."""
    parting: float = 0.3
    """Where the hair parts: negative left, positive right of the middle."""
    hairline: float = -0.8
    """Where the hair begins above the middle of the forehead."""
