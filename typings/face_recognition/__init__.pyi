from collections.abc import Sequence

from numpy import float64, uint8
from numpy.typing import NDArray

_Box = tuple[int, int, int, int]

def face_locations(img: NDArray[uint8], number_of_times_to_upsample: int = 1, model: str = "hog") -> list[_Box]: ...
def face_encodings(
    face_image: NDArray[uint8],
    known_face_locations: Sequence[_Box] | None = None,
    num_jitters: int = 1,
    model: str = "small",
) -> list[NDArray[float64]]: ...
