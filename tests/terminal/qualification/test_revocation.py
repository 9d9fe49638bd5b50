"""Tests for revocation lists (CRLs): which are accepted or ignored, and their effect on cards."""

import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from reader.profile import File
from reader.softcard.authority import TestAuthority
from terminal.qualification.contract import CheckOpenedReply, NextStep, RefusalReason, Refused
from terminal.simulated.personas.cast import BY_NAME
from terminal.simulated.personas.props import Props
from terminal.simulated.service.registry import CardStatus, Registry, certificate_id
from tests.terminal.qualification.conftest import MORNING

HOUR = timedelta(hours=1)


@pytest.fixture
def database_url() -> None:
    """Use the in-memory store."""


@pytest.fixture(scope="module")
def stranger() -> TestAuthority:
    """An authority with the same name and a different key."""
    return TestAuthority.create()


def add_list(counter: Any, pem: str) -> None:
    counter.registry.merge(Registry(revocation_lists=(pem,)))


def test_listed_certificate_is_refused_by_pin_and_face(counter: Any, card: Any, other_card: Any) -> None:
    counter.register(other_card, "elder")
    add_list(counter, counter.authority.revocation_list([card.certificate], MORNING - HOUR, MORNING + HOUR))
    for opening in (counter.open_by_pin, counter.open_by_face):
        refused = counter.play(lambda client, opening=opening: opening(client, card))
        assert isinstance(refused, Refused)
        assert (refused.reason, refused.next_step) == (RefusalReason.REVOKED, NextStep.MUNICIPALITY)
        assert isinstance(counter.play(lambda client, opening=opening: opening(client, other_card)), CheckOpenedReply)


def test_revocation_is_disclosed_only_to_cardholder(counter: Any, card: Any, other_card: Any) -> None:
    add_list(counter, counter.authority.revocation_list([card.certificate]))
    card_with_another_key = type(card)(other_card.image, card.certificate)
    refused = counter.play(lambda client: counter.open_by_pin(client, card_with_another_key))
    assert refused.reason is RefusalReason.BAD_SIGNATURE


def with_altered_signature(pem: str) -> str:
    """Return the list with a changed signature."""
    from cryptography.hazmat.primitives.serialization import Encoding

    der = bytearray(x509.load_pem_x509_crl(pem.encode()).public_bytes(Encoding.DER))
    der[-1] ^= 1
    return x509.load_der_x509_crl(bytes(der)).public_bytes(Encoding.PEM).decode()


Listing = Callable[[Any, TestAuthority, bytes], str]
IGNORED_LISTS: dict[str, tuple[Listing, str]] = {
    "other authority": (
        lambda ours, theirs, der: theirs.revocation_list([der]),
        "not signed by an authority in the registry",
    ),
    "altered": (
        lambda ours, theirs, der: with_altered_signature(ours.revocation_list([der])),
        "not signed by an authority",
    ),
    "expired": (lambda ours, theirs, der: ours.revocation_list([der], MORNING - 2 * HOUR, MORNING - HOUR), "expired"),
    "early": (
        lambda ours, theirs, der: ours.revocation_list([der], MORNING + HOUR, MORNING + 2 * HOUR),
        "not yet valid",
    ),
    "garbage": (lambda ours, theirs, der: "not a list", "invalid data"),
}


@pytest.mark.parametrize("kind", IGNORED_LISTS)
def test_invalid_list_is_ignored_and_logged_once(
    counter: Any, card: Any, stranger: TestAuthority, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    make, reason = IGNORED_LISTS[kind]
    add_list(counter, make(counter.authority, stranger, card.certificate))
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert isinstance(counter.play(lambda client: counter.open_by_pin(client, card)), CheckOpenedReply)
    warnings = [record.getMessage() for record in caplog.records if "revocation list" in record.getMessage()]
    assert len(warnings) == 1
    assert reason in warnings[0]


def test_list_from_different_authority_has_no_effect(counter: Any, card: Any, stranger: TestAuthority) -> None:
    """Serial numbers are unique only per authority, and generations of the authority have the same name."""
    counter.registry.merge(Registry(certificate_authorities=(stranger.user_ca.certificate_pem,)))
    add_list(counter, stranger.revocation_list([card.certificate]))
    assert isinstance(counter.play(lambda client: counter.open_by_pin(client, card)), CheckOpenedReply)


def test_revoked_persona_has_revocation_list(tmp_path: Path, authority: TestAuthority) -> None:
    props = Props(tmp_path, authority=lambda: authority)
    registries = [props.registry_for(BY_NAME["revoked"], lambda _: b"\x00\x00\x00\x0cjP  photo") for _ in range(2)]
    assert registries[0] == registries[1]
    image = props.card_for(BY_NAME["revoked"], lambda _: b"\x00\x00\x00\x0cjP  photo")
    certificate = image.files[File.USER_CERTIFICATE]
    assert registries[0].cards[certificate_id(certificate)].status is CardStatus.IN_USE
    (pem,) = registries[0].revocation_lists
    serial = x509.load_der_x509_certificate(certificate).serial_number
    assert [entry.serial_number for entry in x509.load_pem_x509_crl(pem.encode())] == [serial]
    assert props.registry_for(BY_NAME["pin-right"], lambda _: b"\x00\x00\x00\x0cjP  x").revocation_lists == ()
