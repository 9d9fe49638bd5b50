import pytest

from reader.pcsc import ReaderChoice, choose_reader

NAMES = [
    "SONY FeliCa RC-S300/P (0000000) 00 00",
    "ACS ACR1252 Dual Reader [PICC] 00 00",
    "ACS ACR1252 Dual Reader [SAM]",
]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (None, 0),
        (1, 1),
        ("1", 1),
        (3, None),
        (-1, None),
        (NAMES[1], 1),
        ("ACR1252.*PICC", 1),
        ("PICC] 00", 1),
        ("RC-S3", 0),
        ("Gemalto", None),
    ],
)
def test_by_index_name_or_expression(wanted: ReaderChoice, found: int | None) -> None:
    assert choose_reader(NAMES, wanted) == (None if found is None else NAMES[found])


@pytest.mark.parametrize("wanted", ["(0000000", "[PICC"])
def test_a_part_of_a_name_that_is_no_expression(wanted: str) -> None:
    assert choose_reader(NAMES, wanted) is not None


def test_no_reader_at_all() -> None:
    assert choose_reader([], None) is None
