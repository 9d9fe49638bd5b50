"""The staff password: access, delays after wrong passwords, and overwriting after use."""

from pathlib import Path

import pytest
from argon2 import PasswordHasher

from terminal.front.attempts import MAX_ORIGINS, Attempts
from terminal.front.password import (
    PasswordCorrect,
    PasswordGate,
    PasswordWait,
    PasswordWrong,
    SecretText,
)

HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("door 27")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def make_gate() -> tuple[PasswordGate, Clock]:
    clock = Clock()
    return PasswordGate(HASH, Attempts(clock=clock)), clock


def test_correct_password_is_accepted_and_overwritten() -> None:
    password = bytearray(b"door 27")
    assert make_gate()[0].check(password) == PasswordCorrect()
    assert password == bytearray(7)


def test_no_access_without_a_configured_password() -> None:
    gate = PasswordGate("")
    assert not gate.enabled
    assert gate.check(bytearray(b"")) == PasswordWrong()


def test_damaged_hash_accepts_no_password() -> None:
    assert PasswordGate("not a hash").check(bytearray(b"door 27")) == PasswordWrong()


def test_three_wrong_passwords_delay_the_correct_password() -> None:
    gate, clock = make_gate()
    assert [gate.check(bytearray(b"x")) for _ in range(3)] == [PasswordWrong(), PasswordWrong(), PasswordWait(30)]
    assert isinstance(gate.check(bytearray(b"door 27")), PasswordWait)
    clock.now += 31
    assert gate.check(bytearray(b"door 27")) == PasswordCorrect()


def test_restart_does_not_reset_the_attempts(tmp_path: Path) -> None:
    clock, attempts_file = Clock(), tmp_path / "state" / "staff-attempts.json"

    def restart() -> PasswordGate:
        """Return a new gate that reads the attempts file."""
        return PasswordGate(HASH, Attempts(attempts_file, clock=clock, wall=clock))

    assert [restart().check(bytearray(b"x")) for _ in range(3)] == [PasswordWrong(), PasswordWrong(), PasswordWait(30)]
    assert isinstance(restart().check(bytearray(b"door 27")), PasswordWait)
    clock.now += 31
    assert [restart().check(bytearray(b"x")) for _ in range(3)][-1] == PasswordWait(60)
    clock.now += 61
    assert restart().check(bytearray(b"door 27")) == PasswordCorrect()
    assert not attempts_file.exists()
    assert restart().check(bytearray(b"x")) == PasswordWrong()


def test_damaged_attempts_file_or_wrong_clock_locks_only_temporarily(tmp_path: Path) -> None:
    clock, attempts_file = Clock(), tmp_path / "staff-attempts.json"
    attempts_file.write_text("{}")
    gate = PasswordGate(HASH, Attempts(attempts_file, clock=clock, wall=clock))
    assert isinstance(gate.check(bytearray(b"door 27")), PasswordWait)
    attempts_file.write_text('{"wrong": 3, "closed_until": 99999999}')
    gate = PasswordGate(HASH, Attempts(attempts_file, clock=clock, wall=clock))
    clock.now += 901
    assert gate.check(bytearray(b"door 27")) == PasswordCorrect()


def test_delay_grows_to_fifteen_minutes() -> None:
    gate, clock = make_gate()
    waits = []
    for _ in range(24):
        outcome = gate.check(bytearray(b"x"))
        if isinstance(outcome, PasswordWait):
            waits.append(outcome.seconds)
            clock.now += outcome.seconds + 1
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]


def test_wrong_passwords_from_different_origin_do_not_lock_staff_out(tmp_path: Path) -> None:
    clock, attempts_file = Clock(), tmp_path / "staff-attempts.json"
    gate = PasswordGate(HASH, Attempts(attempts_file, clock=clock, wall=clock))
    for _ in range(6):
        gate.check(bytearray(b"x"), "192.0.2.7")
    restarted = PasswordGate(HASH, Attempts(attempts_file, clock=clock, wall=clock))
    assert isinstance(restarted.check(bytearray(b"door 27"), "192.0.2.7"), PasswordWait)
    assert restarted.check(bytearray(b"door 27"), "this computer") == PasswordCorrect()
    assert isinstance(restarted.check(bytearray(b"door 27"), "192.0.2.7"), PasswordWait), (
        "the count of the other origin was reset"
    )


def test_attempts_are_limited_across_addresses() -> None:
    gate, _ = make_gate()
    outcomes = [gate.check(bytearray(b"x"), f"192.0.2.{host}") for host in range(MAX_ORIGINS + 3)]
    assert isinstance(outcomes[-1], PasswordWait)


def test_typed_text_is_stored_only_in_its_buffer() -> None:
    text = SecretText()
    for character in "ab7":
        text.push(character)
    text.push("é")
    text.push("\n")
    text.pop()
    buffer = text._typed
    assert "ab" not in repr(text)
    assert text.take() == bytearray(b"ab")
    assert not any(buffer)


@pytest.mark.parametrize("count", [64, 200])
def test_password_length_is_limited(count: int) -> None:
    text = SecretText()
    for _ in range(count):
        text.push("a")
    assert len(text) == 64
