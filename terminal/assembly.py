"""Assemble a conductor from settings and devices."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from config.settings import CardSignaturePolicy, Settings, VoiceMode
from config.version import VERSION
from consent.ledger import Ledger
from consent.same_ledger import require_same, write_note
from reader.authenticity import TrustAnchors, load_trust_anchors
from reader.link import CardSlot, CodeScanner
from reader.reader_models import ReaderModels
from reader.reading import CardOpener
from terminal.audit import AuditTrail
from terminal.conductor.camera_desk import CameraDesk
from terminal.conductor.card_desk import CardDesk
from terminal.conductor.clock import Clock
from terminal.conductor.code_camera import CodeCamera
from terminal.conductor.conductor import Conductor
from terminal.conductor.decision_signature import DecisionDesk
from terminal.conductor.delivery import Delivery
from terminal.conductor.ledger_desk import CardKeyDamaged, LedgerDesk, load_card_key
from terminal.conductor.name_pictures import NamePictures
from terminal.conductor.printed_desk import PrintedDesk
from terminal.conductor.service_desk import ServiceDesk
from terminal.handover.options import FaceOptions
from terminal.handover.patient_numbers import number_lookup
from terminal.handover.process import FolderProcess
from terminal.qualification.client import QualificationClient
from terminal.qualification.keys import Enrolment, SigningKey, enrolment_path, terminal_key_path
from terminal.qualification.tls_files import terminal_tls_files
from terminal.readiness import NotReady as NotReady
from terminal.session.rules import Rules
from terminal.staff_password import effective_hash
from terminal.voice.offered import voices
from terminal.words.languages import offered_languages

if TYPE_CHECKING:
    from vision.camera import Camera
    from vision.check import AntiSpoofing
    from vision.engines.engine import FaceEngine


@dataclass(frozen=True, slots=True)
class Devices:
    """Devices at the counter, real or simulated."""

    slot: CardSlot
    scanner: CodeScanner | CodeCamera | None
    camera: "Camera"
    engine: "Callable[[], FaceEngine]"


def session_rules(settings: Settings, *, first_language: str = "") -> Rules:
    """Return the session's rules. `first_language` overrides the initial language of every reception."""
    languages = tuple(dict.fromkeys((*([first_language] if first_language else []), *offered_languages(settings))))
    return Rules(
        consent=settings.consent,
        face=settings.vision.face,
        face_attempts=settings.vision.attempts,
        camera_stays_on=settings.vision.keep_open and settings.vision.face,
        face_and_pin=settings.vision.also_pin,
        require_genuine_record=settings.reader.require_genuine_record,
        grace=settings.reader.grace,
        staff_enabled=bool(effective_hash(settings)),
        languages=languages,
        voices=voices(settings, languages),
        voice_from_start=settings.voice.mode is VoiceMode.ON,
        headset=settings.voice.headset,
    )


def reader_models(settings: Settings) -> ReaderModels:
    """Return the limits of reader models measured on this terminal."""
    return ReaderModels(settings.state_dir / "readers.json", VERSION)


def card_opener(settings: Settings) -> CardOpener:
    """Return the card opener for the configured profile. Raises NotReady for an unknown profile."""
    try:
        return CardOpener.from_settings(
            settings.reader.card_profile, settings.reader.long_reads, reader_models(settings)
        )
    except ValueError as error:
        raise NotReady(f"Invalid setting reader.card_profile: {error}.") from error


def face_engine(settings: Settings) -> "Callable[[], FaceEngine]":
    """Return a function that opens the face engine, which takes half a second.

    Raises NotReady before opening it if the engine has no calibration.
    """
    from vision.decision import NotCalibrated
    from vision.engines.models.weights import WeightsMissing
    from vision.engines.open import calibration_for, open_engine

    try:
        calibration_for(settings.vision.model, settings.face_dir)
    except (NotCalibrated, WeightsMissing) as error:
        raise NotReady(f"The face engine has no calibration: {error}") from error
    return partial(open_engine, settings.cache_dir, settings.vision.model, settings.face_dir)


def anti_spoofing(settings: Settings) -> "Callable[[], AntiSpoofing | None]":
    """Return a function that opens the added anti-spoofing networks.

    Raises NotReady before opening them if they are unusable.
    """
    from vision.antispoofing.store import networks_in, open_anti_spoofing
    from vision.engines.models.weights import NotBuilt

    try:
        networks_in(settings.face_dir)
    except NotBuilt as error:
        raise NotReady(f"{error}. Add them again: `uketsuke face add-antispoof`.") from error
    return partial(open_anti_spoofing, settings.face_dir)


def ledger_path(settings: Settings) -> Path:
    return settings.state_dir / "ledger.db"


def open_terminal(
    settings: Settings,
    devices: Devices,
    *,
    clock: Clock | None = None,
    rules: Rules | None = None,
    anchors: Callable[[], TrustAnchors] | None = None,
) -> Conductor:
    """Return a conductor that is ready to `run`. Raises NotReady and LedgerError.

    `anchors` is called for every card record. By default, the anchors come from the configured files.
    """
    if anchors is None:
        configured = load_trust_anchors(settings.reader.trust_anchors)
        anchors = lambda: configured  # noqa: E731
    clock = clock or Clock()
    client, _ = enrolled_client(settings)
    ledger_desk, delivery = open_ledger_desk(settings, client, clock)
    printed = PrintedDesk(devices.scanner)
    card = CardDesk(devices.slot, anchors, card_opener(settings))
    required = settings.consent.card_signature is CardSignaturePolicy.REQUIRED
    return Conductor(
        rules=replace(
            rules or session_rules(settings), reads_fronts=printed.by_camera, reads_ahead=printed.over_reader
        ),
        card=card,
        camera=CameraDesk(devices.camera, devices.engine, settings.vision, anti_spoofing=anti_spoofing(settings)),
        printed=printed,
        service=ServiceDesk(client, clock),
        ledger=ledger_desk,
        decision=DecisionDesk(card, ledger_desk, required=required),
        delivery=delivery,
        trail=AuditTrail(settings.state_dir / "audit.jsonl", settings.records.audit_years),
        clock=clock,
        institution_code=settings.service.institution_code,
        names=NamePictures(settings.staff.name_picture_folder, settings.results_dir),
    )


def open_ledger_desk(settings: Settings, client: QualificationClient, clock: Clock) -> tuple[LedgerDesk, Delivery]:
    """Return the ledger desk and the result delivery. Raises NotReady and LedgerError."""
    folder = FolderProcess(
        settings.results_dir,
        owner=settings.service.terminal_id,
        create=settings.handover.folder is None,
        in_place=settings.handover.write_in_place,
        limit=settings.handover.step_seconds,
    )
    try:
        card_key = load_card_key(settings.state_dir / "terminal" / "card-hash.key")
    except CardKeyDamaged as error:
        raise NotReady(str(error)) from None
    require_same(ledger_path(settings))
    ledger = Ledger.open(ledger_path(settings), settings.service.terminal_id, clock=clock.wall)
    write_note(ledger_path(settings))
    ledger_desk = LedgerDesk(
        ledger,
        card_key,
        settings.profile,
        settings.service.institution_code,
    )
    options = FaceOptions(
        # patient numbers registered through `uketsuke exchange` on this computer
        reference_number=number_lookup(settings.state_dir / "exchange.db"),
        subsidies=settings.consent.subsidies,
        newer_consents=settings.handover.newer_consents,
    )
    delivery = Delivery(
        ledger,
        ledger_desk.worker,
        client,
        folder,
        clock,
        settings.service.institution_code,
        settings.handover.encoding,
        options,
        signature_required=settings.consent.card_signature is CardSignaturePolicy.REQUIRED,
        max_reception_wait=settings.handover.reception_waits_seconds,
    )
    return ledger_desk, delivery


def enrolled_client(settings: Settings) -> tuple[QualificationClient, Enrolment]:
    """Return a client for the service, and the enrolment. Raises NotReady if the terminal is not enrolled."""
    key, enrolment = _enrolment(settings)
    return service_client(settings, key, enrolment, state_dir=settings.state_dir), enrolment


def service_client(
    settings: Settings, key: SigningKey, enrolment: Enrolment, *, state_dir: Path
) -> QualificationClient:
    """Return a client that signs with `key`. `state_dir` contains the TLS files. Raises NotReady."""
    return QualificationClient(
        settings.service.url,
        terminal_id=settings.service.terminal_id,
        institution_code=settings.service.institution_code,
        terminal_key=key,
        service_public_key=enrolment.service_public_key,
        timeout_seconds=settings.service.timeout_seconds,
        tls=_tls_context(state_dir, settings.service.terminal_id),
    )


def _tls_context(state_dir: Path, terminal_id: str) -> ssl.SSLContext | None:
    files = terminal_tls_files(state_dir, terminal_id)
    try:
        return files.client_context() if files else None
    except OSError as error:  # ssl.SSLError is an OSError
        raise NotReady(f"Cannot use the TLS keys in {state_dir / 'terminal' / 'line'}: {error}") from error


def _enrolment(settings: Settings) -> tuple[SigningKey, Enrolment]:
    path = enrolment_path(settings.state_dir)
    try:
        enrolment = Enrolment.load(path)
    except ValueError as error:
        raise NotReady(f"{path} is damaged. Remove it and run `uketsuke enrol` again.") from error
    if enrolment is None:
        raise NotReady(
            f"This terminal is not enrolled with a service: {path} does not exist. "
            f"Run `uketsuke enrol --service {settings.service.url}`."
        )
    if enrolment.terminal_id != settings.service.terminal_id:
        raise NotReady(
            f"{path} is the enrolment of terminal {enrolment.terminal_id}, but the settings have service.terminal_id = "
            f"{settings.service.terminal_id}. Correct the setting, or run `uketsuke enrol` for the new name."
        )
    return SigningKey.load_or_create(terminal_key_path(settings.state_dir)), enrolment
