"""Open an exchange from command line options: with the invented people only, or in front of another service."""

import logging
from collections.abc import Callable
from pathlib import Path

from terminal.qualification.client import QualificationClient
from terminal.simulated.exchange.checks import InventedChecks, QualificationChecks, ServiceChecks
from terminal.simulated.exchange.insured import InsuredElsewhere, InsuredPeople, InventedInsured
from terminal.simulated.exchange.service import ExchangeRules, ExchangeService, Folders
from terminal.simulated.exchange.store import ExchangeStore
from terminal.simulated.service.people import invented_people

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

    `open_client`: creates a client of the service to query. Raises `ValueError` for an invalid people file.
    """
    people = invented_people(people_file)
    insured: InsuredPeople = InventedInsured(people)
    checks: QualificationChecks = InventedChecks(people)
    if open_client is not None:
        checks, insured = ServiceChecks(open_client), InsuredElsewhere(insured)
    store = ExchangeStore(state_dir / "exchange.db")
    left = store.upgrade(insured.keys_of)
    if left:
        log.warning("%d patient numbers of version 0.1.0 belong to people who are not known here; kept for later", left)
    return ExchangeService(Folders.below(folder), insured, checks, store, rules=rules), store
