"""Open an exchange that answers from the fictitious people or queries a service."""

import logging
from collections.abc import Callable
from pathlib import Path

from terminal.qualification.client import QualificationClient
from terminal.simulated.exchange.checks import LocalChecks, QualificationChecks, ServiceChecks
from terminal.simulated.exchange.insured import InsuredPeople, LocalInsured, RemoteInsured
from terminal.simulated.exchange.service import ExchangeRules, ExchangeService, Folders
from terminal.simulated.exchange.store import ExchangeStore
from terminal.simulated.service.people import fictitious_people

log = logging.getLogger(__name__)


def open_exchange(
    folder: Path,
    state_dir: Path,
    rules: ExchangeRules,
    *,
    people_file: Path | None = None,
    open_client: Callable[[], QualificationClient] | None = None,
) -> tuple[ExchangeService, ExchangeStore]:
    """Return the exchange and its store, which the caller must close.

    `open_client`: creates a client for another service. Raises `ValueError` for an invalid people file.
    """
    people = fictitious_people(people_file)
    insured: InsuredPeople = LocalInsured(people)
    checks: QualificationChecks = LocalChecks(people)
    if open_client is not None:
        checks, insured = ServiceChecks(open_client), RemoteInsured(insured)
    store = ExchangeStore(state_dir / "exchange.db")
    remaining = store.upgrade(insured.keys_for)
    if remaining:
        log.warning("%d patient numbers of version 0.1.0 not converted: their people are unknown", remaining)
    return ExchangeService(Folders.below(folder), insured, checks, store, rules=rules), store
