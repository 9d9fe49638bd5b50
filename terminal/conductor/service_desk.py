"""Perform service effects: fetch challenges, open checks and register cards."""

from reader.face_record import FaceRecord
from terminal.conductor.clock import Clock
from terminal.conductor.time_correction import MAX_CLOCK_DIFFERENCE
from terminal.conductor.wiped_patient_data import Patient
from terminal.qualification.client import QualificationClient
from terminal.qualification.contract import (
    Challenge,
    CheckOpenedReply,
    ChipProof,
    NoAnswer,
    PhoneProof,
    PinProof,
    Purpose,
    RefusalReason,
    Refused,
    RegistrationReply,
    Way,
)
from terminal.session import events as ev


class ServiceDesk:
    def __init__(self, client: QualificationClient, clock: Clock) -> None:
        self.client = client
        self._clock = clock

    async def fetch_challenge(self, ids: tuple[str, int], patient: Patient) -> ev.Event:
        match await self.client.challenge():
            case Challenge(now=service_now) if abs(service_now - self._clock.wall()) > MAX_CLOCK_DIFFERENCE:
                # the service would refuse decisions dated by this clock or treat them as expired
                return ev.ServiceRefused(*ids, RefusalReason.IMPLAUSIBLE_TIME)
            case Challenge(challenge=challenge, expires_at=expires_at):
                patient.challenge = None if patient.wiped else challenge
                return ev.ChallengeFetched(*ids, expires_at)
            case Refused(reason=reason):
                return ev.ServiceRefused(*ids, reason)
            case NoAnswer():
                return ev.ServiceUnavailable(*ids)

    def sign_verdict(self, way: Way, reason: str, patient: Patient) -> None:
        """Sign the verdict that the person at the terminal is the holder, with the terminal's key."""
        if patient.wiped:
            return
        assert patient.record is not None
        assert patient.challenge is not None
        assert patient.certificate is not None
        patient.staff_reason = reason
        patient.verdict_signature = self.client.sign_verdict(
            challenge=patient.challenge,
            way=way,
            chip_public_key=patient.record.chip_public_key,
            certificate=patient.certificate,
            reason=reason,
        )

    async def open_check(self, ids: tuple[str, int], way: Way, purpose: Purpose, patient: Patient) -> ev.Event | None:
        """Open a check. Return None if the patient has been wiped."""
        if patient.challenge is None or patient.certificate is None:
            return None
        proof = _key_proof(way, patient) if way in (Way.PIN, Way.PHONE) else _chip_proof(way, patient)
        if proof is None:
            return None
        answer = await self.client.open_check(
            challenge=patient.challenge, certificate=patient.certificate, proof=proof, purpose=purpose
        )
        match answer:
            case CheckOpenedReply(check_id=check_id, facts=facts, opened_at=opened_at):
                patient.opened_at = opened_at
                return ev.CheckOpened(*ids, check_id, facts)
            case Refused(reason=reason):
                return ev.ServiceRefused(*ids, reason)
            case NoAnswer():
                return ev.ServiceUnavailable(*ids)

    async def register(self, ids: tuple[str, int], check_id: str) -> ev.Event:
        match await self.client.register(check_id):
            case RegistrationReply(facts=facts):
                return ev.Registered(*ids, facts)
            case Refused(reason=reason):
                return ev.ServiceRefused(*ids, reason)
            case NoAnswer():
                return ev.ServiceUnavailable(*ids)


def _key_proof(way: Way, patient: Patient) -> PinProof | PhoneProof | None:
    if patient.signature is None:
        return None
    if way is Way.PIN:
        return PinProof(signature=patient.signature)
    return None if patient.phone_user is None else PhoneProof(user=patient.phone_user, signature=patient.signature)


def _chip_proof(way: Way, patient: Patient) -> ChipProof | None:
    record: FaceRecord | None = patient.record
    if record is None or patient.cv_certificate is None:
        return None
    if patient.chip_signature is None or patient.verdict_signature is None:
        return None
    assert way is Way.FACE or way is Way.STAFF
    return ChipProof(
        way=way,
        group_1=bytes(record.group_1),
        group_2_digest=record.group_2_digest,
        group_3_digest=record.group_3_digest,
        record_signature=record.signature,
        cv_certificate=patient.cv_certificate,
        chip_signature=patient.chip_signature,
        verdict_signature=patient.verdict_signature,
        reason=patient.staff_reason,
    )
