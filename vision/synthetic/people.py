"""The synthetic persons: parameters chosen so that their encodings lie well apart, and nobody who exists."""

from collections.abc import Mapping
from types import MappingProxyType

from vision.synthetic.person import Beard, Brows, Eyes, Glasses, Hair, Head, Mouth, Nose, Person

_PERSONS = (
    Person(
        name="hana",
        description="woman of 45, brown bob",
        age=45,
        skin=(240, 210, 184),
        hair_colour=(84, 56, 38),
        hair=Hair.BOB,
        clothes=(150, 130, 100),
        head=Head(width=1.039, jaw=0.303, square=2.839, chin=1.322, cheeks=0.102),
        eyes=Eyes(
            apart=0.435, height=-0.213, width=0.228, open=0.092, tilt=-0.071, fold=0, lashes=0.028, iris=(60, 42, 34)
        ),
        brows=Brows(height=0.224, thickness=0.047, arch=0.111, slant=-0.033, strength=0.937),
        nose=Nose(length=0.655, width=1.174, bridge=0.232),
        mouth=Mouth(height=0.784, width=0.43, fullness=1.104, smile=0.104, colour=(170, 90, 90)),
        rim=(110, 90, 60),
        parting=-0.418,
        hairline=-0.706,
    ),
    Person(
        name="taro",
        description="man of 40, full beard, red glasses",
        age=40,
        skin=(232, 198, 166),
        hair_colour=(28, 24, 24),
        hair=Hair.RECEDING,
        clothes=(120, 70, 70),
        head=Head(width=0.998, jaw=0.182, square=2.686, chin=1.484, cheeks=0.01),
        eyes=Eyes(
            apart=0.437, height=-0.062, width=0.222, open=0.112, tilt=0.123, fold=0.048, lashes=0.024, iris=(60, 42, 34)
        ),
        brows=Brows(height=0.281, thickness=0.04, arch=0.023, slant=-0.021, strength=0.409),
        nose=Nose(length=0.652, width=0.773, bridge=0.193),
        mouth=Mouth(height=0.766, width=0.263, fullness=0.779, smile=-0.005, colour=(200, 90, 90)),
        glasses=Glasses.ROUND,
        rim=(120, 40, 40),
        beard=Beard.FULL,
        parting=0.011,
        hairline=-0.73,
    ),
    Person(
        name="ume",
        description="woman of 72, grey fringe",
        age=72,
        skin=(232, 198, 166),
        hair_colour=(150, 148, 146),
        hair=Hair.FRINGE,
        clothes=(60, 60, 66),
        head=Head(width=1.092, jaw=0.254, square=2.513, chin=1.474, cheeks=0.009),
        eyes=Eyes(
            apart=0.441, height=-0.236, width=0.228, open=0.128, tilt=0.079, fold=0, lashes=0.026, iris=(90, 60, 40)
        ),
        brows=Brows(height=0.248, thickness=0.06, arch=0.062, slant=0.058, strength=0.866),
        nose=Nose(length=0.52, width=1.018, bridge=0.231),
        mouth=Mouth(height=0.817, width=0.363, fullness=0.799, smile=0.104, colour=(160, 95, 88)),
        parting=0.011,
        hairline=-0.762,
    ),
    Person(
        name="ichiro",
        description="man of 54, curly hair, square glasses",
        age=54,
        skin=(240, 210, 184),
        hair_colour=(84, 56, 38),
        hair=Hair.CURLY,
        clothes=(90, 80, 110),
        head=Head(width=0.862, jaw=0.119, square=2.12, chin=1.556, cheeks=0.094),
        eyes=Eyes(
            apart=0.379, height=-0.119, width=0.181, open=0.061, tilt=0.117, fold=0.073, lashes=0.027, iris=(90, 60, 40)
        ),
        brows=Brows(height=0.329, thickness=0.051, arch=0.086, slant=0.075, strength=0.463),
        nose=Nose(length=0.533, width=1.21, bridge=0.212),
        mouth=Mouth(height=0.819, width=0.281, fullness=0.646, smile=0.099),
        glasses=Glasses.SQUARE,
        rim=(110, 90, 60),
        parting=0.348,
        hairline=-0.78,
    ),
    Person(
        name="matsuo",
        description="man of 78, bald, square glasses",
        age=78,
        skin=(232, 198, 166),
        hair_colour=(196, 194, 192),
        hair=Hair.BALD,
        clothes=(60, 60, 66),
        head=Head(width=0.873, jaw=0.125, square=2.097, chin=1.367, cheeks=0.12),
        eyes=Eyes(
            apart=0.463, height=-0.218, width=0.24, open=0.092, tilt=-0.076, fold=0.043, lashes=0.027, iris=(90, 60, 40)
        ),
        brows=Brows(height=0.199, thickness=0.039, arch=0.085, slant=-0.043, strength=0.73),
        nose=Nose(length=0.448, width=0.823, bridge=0.27),
        mouth=Mouth(height=0.819, width=0.397, fullness=0.735, smile=0.058, colour=(160, 95, 88)),
        glasses=Glasses.SQUARE,
        parting=-0.245,
        hairline=-0.921,
    ),
    Person(
        name="yuki",
        description="woman of 24, dark hair in a bun",
        age=24,
        skin=(246, 222, 200),
        hair_colour=(40, 30, 28),
        hair=Hair.BUN,
        clothes=(150, 130, 100),
        head=Head(width=0.966, jaw=0.445, square=2.214, chin=1.335, cheeks=0.067),
        eyes=Eyes(
            apart=0.385, height=-0.067, width=0.209, open=0.113, tilt=0.149, fold=0, lashes=0.02, iris=(60, 42, 34)
        ),
        brows=Brows(height=0.264, thickness=0.099, arch=0.056, slant=-0.049, strength=0.837),
        nose=Nose(length=0.474, width=0.883, bridge=0.25),
        mouth=Mouth(height=0.814, width=0.251, fullness=1.397, smile=0.038, colour=(170, 90, 90)),
        rim=(120, 40, 40),
        parting=0.305,
        hairline=-0.711,
    ),
    Person(
        name="ken",
        description="man of 26, full beard",
        age=26,
        skin=(232, 198, 166),
        hair_colour=(58, 42, 34),
        hair=Hair.FRINGE,
        clothes=(150, 130, 100),
        head=Head(width=1.124, jaw=0.416, square=2.853, chin=1.438, cheeks=0.057),
        eyes=Eyes(
            apart=0.365, height=-0.05, width=0.225, open=0.126, tilt=0.084, fold=0, lashes=0.022, iris=(60, 42, 34)
        ),
        brows=Brows(height=0.197, thickness=0.052, arch=0.012, slant=-0.066, strength=0.454),
        nose=Nose(length=0.468, width=0.883, bridge=0.253),
        mouth=Mouth(height=0.748, width=0.403, fullness=0.824, smile=0.046, colour=(200, 90, 90)),
        rim=(120, 40, 40),
        beard=Beard.FULL,
        parting=-0.178,
        hairline=-0.865,
    ),
    Person(
        name="midori",
        description="woman of 60, grey curls, round glasses",
        age=60,
        skin=(232, 198, 166),
        hair_colour=(150, 148, 146),
        hair=Hair.CURLY,
        clothes=(60, 60, 66),
        head=Head(width=0.9, jaw=0.172, square=2.376, chin=1.497, cheeks=0.049),
        eyes=Eyes(
            apart=0.454, height=-0.085, width=0.208, open=0.111, tilt=0.053, fold=0.062, lashes=0.027, iris=(50, 36, 30)
        ),
        brows=Brows(height=0.208, thickness=0.039, arch=0.011, slant=-0.065, strength=0.643),
        nose=Nose(length=0.677, width=1.267, bridge=0.165),
        mouth=Mouth(height=0.825, width=0.333, fullness=0.922, smile=0.08),
        glasses=Glasses.ROUND,
        rim=(110, 90, 60),
        parting=0.483,
        hairline=-0.886,
    ),
    Person(
        name="maria",
        description="woman of 35, long black hair",
        age=35,
        skin=(170, 122, 88),
        hair_colour=(28, 24, 24),
        hair=Hair.LONG,
        clothes=(90, 80, 110),
        head=Head(width=0.928, jaw=0.198, square=2.652, chin=1.496, cheeks=0.096),
        eyes=Eyes(apart=0.45, height=-0.204, width=0.218, open=0.07, tilt=0.09, fold=0, lashes=0.02, iris=(60, 42, 34)),
        brows=Brows(height=0.197, thickness=0.041, arch=0.107, slant=-0.072, strength=0.463),
        nose=Nose(length=0.511, width=0.781, bridge=0.152),
        mouth=Mouth(height=0.798, width=0.35, fullness=1.274, smile=0.041),
        rim=(110, 90, 60),
        parting=-0.077,
        hairline=-0.898,
    ),
    Person(
        name="jose",
        description="man of 47, moustache",
        age=47,
        skin=(170, 122, 88),
        hair_colour=(58, 42, 34),
        hair=Hair.RECEDING,
        clothes=(90, 80, 110),
        head=Head(width=1.065, jaw=0.279, square=2.28, chin=1.315, cheeks=0.027),
        eyes=Eyes(
            apart=0.455,
            height=-0.078,
            width=0.214,
            open=0.105,
            tilt=-0.029,
            fold=0.094,
            lashes=0.027,
            iris=(50, 36, 30),
        ),
        brows=Brows(height=0.296, thickness=0.035, arch=0.088, slant=0.032, strength=0.928),
        nose=Nose(length=0.585, width=1.319, bridge=0.106),
        mouth=Mouth(height=0.802, width=0.306, fullness=0.614, smile=0.012, colour=(170, 90, 90)),
        beard=Beard.MOUSTACHE,
        parting=-0.242,
        hairline=-0.972,
    ),
    Person(
        name="emi",
        description="girl of 9",
        age=9,
        skin=(240, 210, 184),
        hair_colour=(58, 42, 34),
        hair=Hair.LONG,
        clothes=(120, 70, 70),
        head=Head(width=1.0, jaw=0.276, square=2.278, chin=1.336, cheeks=0.08),
        eyes=Eyes(
            apart=0.457, height=-0.055, width=0.306, open=0.123, tilt=0.065, fold=0, lashes=0.022, iris=(50, 36, 30)
        ),
        brows=Brows(height=0.223, thickness=0.053, arch=0.051, slant=-0.026, strength=0.501),
        nose=Nose(length=0.492, width=0.852, bridge=0.275),
        mouth=Mouth(height=0.701, width=0.475, fullness=1.277, smile=0.119, colour=(170, 90, 90)),
        rim=(110, 90, 60),
        parting=-0.208,
        hairline=-0.94,
    ),
    Person(
        name="goro",
        description="man of 66, white hair, moustache",
        age=66,
        skin=(240, 210, 184),
        hair_colour=(196, 194, 192),
        hair=Hair.PARTED,
        clothes=(60, 60, 66),
        head=Head(width=0.974, jaw=0.159, square=2.574, chin=1.515, cheeks=0.044),
        eyes=Eyes(
            apart=0.446, height=-0.058, width=0.199, open=0.069, tilt=0.112, fold=0.07, lashes=0.022, iris=(50, 36, 30)
        ),
        brows=Brows(height=0.221, thickness=0.109, arch=0.023, slant=0.038, strength=0.783),
        nose=Nose(length=0.5, width=0.858, bridge=0.29),
        mouth=Mouth(height=0.698, width=0.347, fullness=1.405, smile=0.024, colour=(170, 90, 90)),
        rim=(120, 40, 40),
        beard=Beard.MOUSTACHE,
        parting=-0.175,
        hairline=-0.834,
    ),
)

PEOPLE: Mapping[str, Person] = MappingProxyType({person.name: person for person in _PERSONS})


def person_named(name: str) -> Person:
    """Raises ValueError that names the known ones."""
    if name not in PEOPLE:
        raise ValueError(f"there is no synthetic person {name!r}. Known: {', '.join(PEOPLE)}.")
    return PEOPLE[name]
