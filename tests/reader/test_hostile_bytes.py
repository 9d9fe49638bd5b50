"""Feed malformed card files to the card parsers: no crash, no endless loop and no large allocation."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .fuzz_targets import TARGETS, LimitExceeded, seeds, within_limits

SEEDS = seeds()


@st.composite
def mutated(draw: st.DrawFn, name: str) -> bytes:
    """Draw a well-formed input and change, remove, repeat or insert bytes."""
    data = bytearray(draw(st.sampled_from(SEEDS[name])))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        match draw(st.integers(0, 3)):
            case 0:
                data[at : at + 1] = bytes((draw(st.integers(0, 255)),))
            case 1:
                del data[at : at + draw(st.integers(1, 64))]
            case 2:
                data[at:at] = data[at : at + draw(st.integers(1, 64))]
            case _:
                data[at:at] = draw(st.binary(max_size=8))
    return bytes(data)


@pytest.mark.parametrize("name", TARGETS)
def test_mutated_card_files(name: str) -> None:
    target = within_limits(TARGETS[name])

    @settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(st.one_of(mutated(name), st.binary(max_size=400)))
    def feed(data: bytes) -> None:
        target(data)

    feed()


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_are_well_formed(name: str) -> None:
    for seed in SEEDS[name]:
        within_limits(TARGETS[name])(seed)


def test_deeply_nested_and_endless_objects() -> None:
    nested = b""
    for _ in range(2000):
        nested = b"\x30\x82" + len(nested).to_bytes(2, "big") + nested
    for name in ("tlv", "face_record", "certificate", "cv_certificate"):
        within_limits(TARGETS[name])(nested)
        within_limits(TARGETS[name])(b"\x7f\x21\x83\xff\xff\xff" + bytes(70_000))
        within_limits(TARGETS[name])(b"\x30\x80" * 5000)


def test_certificate_with_unsupported_name_type() -> None:
    """Found by `make fuzz`. One changed bit turns a directory name into an X.400 address."""
    for seed in SEEDS["certificate"]:
        for at in range(len(seed)):
            if seed[at] == 0xA4:
                within_limits(TARGETS["certificate"])(seed[:at] + b"\xa3" + seed[at + 1 :])
                within_limits(TARGETS["certificate"])(seed[:at] + b"\xa5" + seed[at + 1 :])


def test_exceeding_limit_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    from . import fuzz_targets

    monkeypatch.setattr(fuzz_targets, "MAX_SECONDS", -1.0)
    with pytest.raises(LimitExceeded):
        within_limits(lambda data: None)(b"")
