"""Tests for opening a check over HTTP with accepted and refused proofs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from terminal.qualification.contract import (
    CertificateStatus,
    Challenge,
    CheckOpenedReply,
    NoAnswer,
    PinProof,
    Purpose,
    RefusalReason,
    Refused,
    RegistrationReply,
    Way,
)
from terminal.qualification.keys import SigningKey
from terminal.qualification.statements import pin_statement
from terminal.simulated.service.enrolment import enrol_locally
from terminal.simulated.service.registry import CardStatus, Registry, TrustAnchor


def refusal(answer: object) -> RefusalReason:
    assert isinstance(answer, Refused), answer
    assert answer.simulated
    assert answer.code.startswith("SIMQ")
    assert answer.code.endswith(("E", "W"))
    assert answer.message
    return answer.reason


def test_correct_pin_opens_check(counter: Any, card: Any) -> None:
    opened = counter.play(lambda client: counter.open_by_pin(client, card))
    assert isinstance(opened, CheckOpenedReply)
    assert opened.simulated
    facts = opened.facts
    assert (facts.registered, facts.valid, facts.may_share) == (True, True, True)
    assert (facts.age, facts.late_elderly, facts.has_specific_disease_certificate) == (45, False, False)
    assert facts.standing is CertificateStatus.VALID


@pytest.mark.parametrize("way", [Way.FACE, Way.STAFF])
def test_genuine_chip_with_signed_verdict_opens_check(counter: Any, card: Any, way: Way) -> None:
    reason = "眼帯のため" if way is Way.STAFF else ""
    assert isinstance(
        counter.play(lambda client: counter.open_by_face(client, card, way=way, reason=reason)), CheckOpenedReply
    )


def test_reply_contains_facts_about_person(counter: Any, card: Any) -> None:
    facts_by_person = {}
    for person in ("elder", "young", "seventies", "specific-disease", "self-defence", "no-qualification"):
        counter.register(card, person)
        facts = counter.play(lambda client: counter.open_check(client, card)).facts
        facts_by_person[person] = (
            facts.age,
            facts.late_elderly,
            facts.has_specific_disease_certificate,
            facts.may_share,
        )
        assert facts.valid is (person != "no-qualification")
    assert facts_by_person["elder"] == (78, True, False, True)
    assert facts_by_person["young"] == (27, False, False, True)
    assert facts_by_person["seventies"] == (72, False, False, True)
    assert facts_by_person["specific-disease"] == (58, False, True, True)
    assert facts_by_person["self-defence"] == (37, False, False, False)


def test_challenge_can_be_used_only_once(counter: Any, card: Any) -> None:
    async def twice(client: Any) -> list[Any]:
        challenge = await client.challenge()
        proof = PinProof(signature=card.sign(pin_statement(challenge.challenge)))
        same = {"challenge": challenge.challenge, "certificate": card.certificate, "proof": proof}
        return [await client.open_check(**same), await client.open_check(**same)]

    first, second = counter.play(twice)
    assert isinstance(first, CheckOpenedReply)
    assert refusal(second) is RefusalReason.BAD_CHALLENGE


def test_challenge_expires_after_five_minutes(counter: Any, card: Any) -> None:
    async def open_after_delay(client: Any) -> Any:
        challenge = await client.challenge()
        assert challenge.expires_at - counter.now == timedelta(minutes=5)
        counter.now += timedelta(minutes=5, seconds=1)
        proof = PinProof(signature=card.sign(pin_statement(challenge.challenge)))
        return await client.open_check(challenge=challenge.challenge, certificate=card.certificate, proof=proof)

    assert refusal(counter.play(open_after_delay)) is RefusalReason.BAD_CHALLENGE


@pytest.mark.parametrize("where", [0, 20, 40])
def test_altered_challenge_is_refused(counter: Any, card: Any, where: int) -> None:
    async def open_with_altered_challenge(client: Any) -> Any:
        challenge = bytearray((await client.challenge()).challenge)
        challenge[where] ^= 1
        proof = PinProof(signature=card.sign(pin_statement(bytes(challenge))))
        return await client.open_check(challenge=bytes(challenge), certificate=card.certificate, proof=proof)

    assert refusal(counter.play(open_with_altered_challenge)) is RefusalReason.BAD_CHALLENGE


def test_signature_by_different_card_is_refused(counter: Any, card: Any, other_card: Any) -> None:
    async def open_with_other_signature(client: Any) -> Any:
        challenge = await client.challenge()
        proof = PinProof(signature=other_card.sign(pin_statement(challenge.challenge)))
        return await client.open_check(challenge=challenge.challenge, certificate=card.certificate, proof=proof)

    assert refusal(counter.play(open_with_other_signature)) is RefusalReason.BAD_SIGNATURE


def test_signature_without_prefix_is_refused(counter: Any, card: Any) -> None:
    async def open_without_prefix(client: Any) -> Any:
        challenge = await client.challenge()
        proof = PinProof(signature=card.sign(challenge.challenge))
        return await client.open_check(challenge=challenge.challenge, certificate=card.certificate, proof=proof)

    assert refusal(counter.play(open_without_prefix)) is RefusalReason.BAD_SIGNATURE


def test_mixed_card_is_refused(counter: Any, card: Any, other_card: Any) -> None:
    counter.register(other_card, "elder")
    answer = counter.play(lambda client: counter.open_by_face(client, card, chip=other_card))
    assert refusal(answer) is RefusalReason.MIXED_CARD


@pytest.mark.parametrize("part", ["group_2_digest", "group_3_digest", "record_signature", "cv_certificate"])
def test_altered_face_record_is_refused(counter: Any, card: Any, part: str) -> None:
    async def open_with_altered_part(client: Any) -> Any:
        challenge = (await client.challenge()).challenge
        genuine = counter.chip_proof(client, challenge, card)
        value = bytearray(getattr(genuine, part))
        value[-1] ^= 1
        proof = genuine.model_copy(update={part: bytes(value)})
        return await client.open_check(challenge=challenge, certificate=card.certificate, proof=proof)

    assert refusal(counter.play(open_with_altered_part)) is RefusalReason.FORGED_RECORD


def test_chip_signature_for_different_data_is_refused(counter: Any, card: Any) -> None:
    answer = counter.play(lambda client: counter.open_by_face(client, card, chip_signature=card.prove_chip(b"older")))
    assert refusal(answer) is RefusalReason.BAD_SIGNATURE


def test_verdict_for_different_method_or_reason_is_refused(counter: Any, card: Any) -> None:
    for changes in ({"way": Way.STAFF}, {"reason": "later added"}):

        async def open_with_changes(client: Any, changes: Any = changes) -> Any:
            challenge = (await client.challenge()).challenge
            proof = counter.chip_proof(client, challenge, card).model_copy(update=changes)
            return await client.open_check(challenge=challenge, certificate=card.certificate, proof=proof)

        assert refusal(counter.play(open_with_changes)) is RefusalReason.BAD_VERDICT


def test_verdict_signed_with_different_key_is_refused(counter: Any, card: Any) -> None:
    answer = counter.play(lambda client: counter.open_by_face(client, card), terminal_key=SigningKey.generate())
    assert refusal(answer) is RefusalReason.BAD_VERDICT


def test_unknown_terminal_is_refused(counter: Any, card: Any) -> None:
    answer = counter.play(lambda client: counter.open_by_pin(client, card), terminal_id="terminal-9")
    assert refusal(answer) is RefusalReason.UNKNOWN_TERMINAL


def test_chip_with_unknown_key_is_refused(counter: Any, card: Any) -> None:
    counter.register(card, "adult")
    entry = card.entry("adult").model_copy(update={"chip_key_sha256": None})
    counter.registry.add_card(card.certificate, entry)
    assert refusal(counter.play(lambda client: counter.open_by_face(client, card))) is RefusalReason.UNKNOWN_CHIP
    assert isinstance(counter.play(lambda client: counter.open_by_pin(client, card)), CheckOpenedReply)


def test_face_record_without_trust_anchor_is_refused(counter: Any, card: Any) -> None:
    counter.registry.update(lambda registry: registry.model_copy(update={"record_anchors": ()}))
    assert refusal(counter.play(lambda client: counter.open_by_face(client, card))) is RefusalReason.UNKNOWN_CHIP


def test_certificate_from_unknown_authority_is_refused(counter: Any, card: Any) -> None:
    from reader.softcard.authority import TestAuthority

    stranger = TestAuthority.create()
    counter.authority = stranger
    untrusted = counter.renew(card, datetime(2029, 4, 12, 14, 59, 59, tzinfo=UTC))
    counter.register(untrusted, "adult")
    assert (
        refusal(counter.play(lambda client: counter.open_by_pin(client, untrusted)))
        is RefusalReason.UNTRUSTED_CERTIFICATE
    )


def test_malformed_registry_entries_are_ignored(counter: Any, card: Any) -> None:
    garbage = Registry(
        certificate_authorities=("not PEM",),
        record_anchors=(TrustAnchor(key_id="00" * 16, public_key="not PEM"),),
        terminals={"terminal-3": "not PEM"},
    )
    counter.registry.update(lambda registry: garbage.merged(registry))
    assert isinstance(counter.play(lambda client: counter.open_by_pin(client, card)), CheckOpenedReply)
    assert isinstance(counter.play(lambda client: counter.open_by_face(client, card)), CheckOpenedReply)
    answer = counter.play(lambda client: counter.open_by_face(client, card), terminal_id="terminal-3")
    assert refusal(answer) is RefusalReason.BAD_VERDICT


def test_invalid_certificate_is_refused(counter: Any, card: Any) -> None:
    async def garbage(client: Any) -> Any:
        challenge = await client.challenge()
        proof = PinProof(signature=b"x" * 256)
        return await client.open_check(challenge=challenge.challenge, certificate=b"not a certificate", proof=proof)

    assert refusal(counter.play(garbage)) is RefusalReason.UNTRUSTED_CERTIFICATE


def test_certificate_for_unknown_holder_is_refused(counter: Any, other_card: Any) -> None:
    assert refusal(counter.play(lambda client: counter.open_by_pin(client, other_card))) is RefusalReason.UNKNOWN_HOLDER


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (CardStatus.REVOKED, RefusalReason.REVOKED),
        (CardStatus.SUSPENDED, RefusalReason.SUSPENDED),
        (CardStatus.LAPSED, RefusalReason.LAPSED),
    ],
)
def test_revoked_suspended_and_lapsed_cards_are_refused(
    counter: Any, card: Any, status: CardStatus, reason: RefusalReason
) -> None:
    counter.registry.set_status(card.certificate, status)
    for opening in (counter.open_by_pin, counter.open_by_face):
        assert refusal(counter.play(lambda client, opening=opening: opening(client, card))) is reason


# 12 November 2026, 23:59:59 in Japan
CERTIFICATE_EXPIRY = datetime(2026, 11, 12, 14, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "standing"),
    [
        (datetime(2026, 8, 11, 14, 59, tzinfo=UTC), CertificateStatus.VALID),
        (datetime(2026, 8, 11, 15, 1, tzinfo=UTC), CertificateStatus.EXPIRING),
        (datetime(2026, 11, 12, 14, 59, tzinfo=UTC), CertificateStatus.EXPIRING),
        (datetime(2026, 11, 12, 15, 1, tzinfo=UTC), CertificateStatus.GRACE),
        (datetime(2027, 2, 28, 14, 59, tzinfo=UTC), CertificateStatus.GRACE),
        (datetime(2027, 2, 28, 15, 1, tzinfo=UTC), None),
    ],
)
def test_standing_depends_on_certificate_expiry(
    counter: Any, card: Any, now: datetime, standing: CertificateStatus | None
) -> None:
    expiring = counter.renew(card, CERTIFICATE_EXPIRY, starts=datetime(2022, 1, 1, tzinfo=UTC))
    counter.register(expiring, "adult")
    counter.now = now
    answer = counter.play(lambda client: counter.open_by_pin(client, expiring))
    if standing is None:
        assert refusal(answer) is RefusalReason.CERTIFICATE_EXPIRED
    else:
        assert answer.facts.standing is standing
        assert answer.facts.may_share is (standing is not CertificateStatus.GRACE)


def test_certificate_that_is_not_yet_valid_is_refused(counter: Any, card: Any) -> None:
    early = counter.renew(card, CERTIFICATE_EXPIRY + timedelta(days=900), starts=counter.now + timedelta(days=1))
    counter.register(early, "adult")
    assert refusal(counter.play(lambda client: counter.open_by_pin(client, early))) is RefusalReason.CERTIFICATE_EXPIRED


def test_card_is_registered_as_insurance_card(counter: Any, card: Any) -> None:
    counter.register(card, "unregistered")

    async def register(client: Any) -> Any:
        opened = await counter.open_check(client, card)
        assert not opened.facts.registered
        registered = await client.register(opened.check_id)
        assert isinstance(registered, RegistrationReply)
        assert registered.facts.registered
        assert registered.simulated
        assert await client.register(opened.check_id) == registered
        return await counter.open_check(client, card)

    assert counter.play(register).facts.registered


def test_registration_is_refused_in_grace_period_and_for_inquiries(counter: Any, card: Any) -> None:
    expiring = counter.renew(card, counter.now - timedelta(days=20))
    counter.register(expiring, "unregistered")
    counter.register(card, "unregistered")

    async def attempts(client: Any) -> list[Any]:
        in_grace = await counter.open_check(client, expiring)
        inquiry = await counter.open_by_pin(client, card, Purpose.INQUIRY)
        return [await client.register(check.check_id) for check in (in_grace, inquiry)]

    assert [refusal(answer) for answer in counter.play(attempts)] == [RefusalReason.NOT_ALLOWED] * 2


def test_adopted_certificate_is_accepted_without_chain(counter: Any, card: Any) -> None:
    from reader.softcard.authority import TestAuthority

    counter.authority = TestAuthority.create()
    real = counter.renew(card, datetime(2029, 4, 12, 14, 59, 59, tzinfo=UTC))
    assert (
        refusal(counter.play(lambda client: counter.open_by_pin(client, real))) is RefusalReason.UNTRUSTED_CERTIFICATE
    )
    counter.server.service.adopt(real.certificate, "elder")
    opened = counter.play(lambda client: counter.open_check(client, real))
    assert opened.simulated
    assert opened.facts.age == 78
    assert refusal(counter.play(lambda client: counter.open_by_face(client, real))) is not None
    adopted_file = counter.registry.path.read_text()
    assert real.certificate.hex() not in adopted_file


def test_enrolling_again_keeps_key(counter: Any) -> None:
    key, enrolment = enrol_locally(counter.state_dir, "terminal-1")
    assert key.public_pem == counter.key.public_pem
    assert enrolment == counter.enrolment


def test_challenge_remains_valid_after_service_restart(counter: Any, card: Any) -> None:
    async def open_after_restart(client: Any) -> Any:
        challenge = await client.challenge()
        assert isinstance(challenge, Challenge)
        counter.server.stop()
        assert isinstance(await client.challenge(), NoAnswer)
        counter.server.start()
        proof = PinProof(signature=card.sign(pin_statement(challenge.challenge)))
        return await client.open_check(challenge=challenge.challenge, certificate=card.certificate, proof=proof)

    assert isinstance(counter.play(open_after_restart), CheckOpenedReply)
