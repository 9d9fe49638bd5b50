"""Enrol a terminal with the service stub of the same state folder."""

from pathlib import Path

from terminal.qualification.keys import Enrolment, SigningKey, enrolment_path, terminal_key_path
from terminal.simulated.service.registry import RegistryFile


def registry_path(state_dir: Path) -> Path:
    return state_dir / "stub" / "registry.json"


def service_key(state_dir: Path) -> SigningKey:
    return SigningKey.load_or_create(state_dir / "stub" / "key.pem")


def enrol_locally(state_dir: Path, terminal_id: str) -> tuple[SigningKey, Enrolment]:
    """Enrol the state folder's terminal and stub with each other. Safe to repeat."""
    key = SigningKey.load_or_create(terminal_key_path(state_dir))
    RegistryFile(registry_path(state_dir)).enrol_terminal(terminal_id, key.public_pem)
    enrolment = Enrolment(terminal_id=terminal_id, service_public_key=service_key(state_dir).public_pem, simulated=True)
    enrolment.save(enrolment_path(state_dir))
    return key, enrolment
