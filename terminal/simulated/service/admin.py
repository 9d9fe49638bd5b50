"""Control a service stub over HTTP, for `uketsuke stub adopt` and for a demo whose stub runs in another process."""

import ssl
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from terminal.qualification.connection import require_safe_url
from terminal.qualification.contract import Model, NoAnswer, NoAnswerReason, Refused
from terminal.qualification.keys import Enrolment, SigningKey, enrolment_path, terminal_key_path
from terminal.readiness import NotReady
from terminal.simulated.service.admin_bodies import Adopted, Adoption, EnrolTerminal, SimulatorState
from terminal.simulated.service.misbehaviour import Operation, Rule, Setting
from terminal.simulated.service.registry import Registry

AnswerT = TypeVar("AnswerT")


class StubAdmin:
    """Client for the stub's simulator endpoints. All methods block.

    Works only on the stub's own computer. Elsewhere every method returns `NoAnswer(NOT_UNDERSTOOD)`.
    """

    def __init__(self, base_url: str, *, timeout_seconds: float = 5.0, tls: ssl.SSLContext | None = None) -> None:
        require_safe_url(base_url)
        self._http = httpx.Client(base_url=base_url, timeout=timeout_seconds, trust_env=False, verify=tls or True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def state(self) -> SimulatorState | NoAnswer:
        return self._call("GET", "/simulator", TypeAdapter(SimulatorState))

    def adopt(self, certificate: bytes, person: str) -> Adopted | Refused | NoAnswer:
        """Register a certificate (DER) for a fictitious person."""
        adapter: TypeAdapter[Adopted | Refused] = TypeAdapter(Adopted | Refused)
        return self._call("POST", "/simulator/adoptions", adapter, Adoption(certificate=certificate, person=person))

    def enrol(
        self, terminal_id: str, public_key: str, *, ended_key: bytes | None = None
    ) -> Enrolment | Refused | NoAnswer:
        """Enrol a terminal and return its enrolment, or a refusal if this key was revoked.

        `ended_key`: digest of another key to revoke in addition to the current one.
        """
        adapter: TypeAdapter[Enrolment | Refused] = TypeAdapter(Enrolment | Refused)
        body = EnrolTerminal(terminal_id=terminal_id, public_key=public_key, ended_key=ended_key)
        return self._call("POST", "/simulator/terminals", adapter, body)

    def publish(self, registry: Registry) -> SimulatorState | NoAnswer:
        """Merge cards, terminals and trust anchors into the stub's registry."""
        return self._call("POST", "/simulator/registry", TypeAdapter(SimulatorState), registry)

    def set_rule(self, operation: Operation, rule: Rule, person: str | None = None) -> tuple[Setting, ...] | NoAnswer:
        """Set a rule for one insured person (by id) or for everyone, and return all active rules."""
        path = f"/simulator/behaviour/{operation.value}" + (f"?person={quote(person)}" if person else "")
        return self._call("PUT", path, TypeAdapter(tuple[Setting, ...]), rule)

    def clear_rules(self) -> tuple[Setting, ...] | NoAnswer:
        return self._call("DELETE", "/simulator/behaviour", TypeAdapter(tuple[Setting, ...]))

    def _call(
        self, method: str, path: str, adapter: TypeAdapter[AnswerT], body: Model | None = None
    ) -> AnswerT | NoAnswer:
        content = None if body is None else body.model_dump_json()
        try:
            response = self._http.request(method, path, content=content, headers={"Content-Type": "application/json"})
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return NoAnswer(NoAnswerReason.NO_CONNECTION)
        except httpx.TimeoutException:
            return NoAnswer(NoAnswerReason.TIMEOUT)
        except httpx.HTTPError:
            return NoAnswer(NoAnswerReason.CONNECTION_LOST)
        if response.status_code >= 500:
            return NoAnswer(NoAnswerReason.SERVER_ERROR)
        try:
            return adapter.validate_json(response.content)
        except ValidationError:
            return NoAnswer(NoAnswerReason.NOT_UNDERSTOOD)


def enrol_with(admin: StubAdmin, url: str, state_dir: Path, terminal_id: str) -> Enrolment:
    """Enrol this terminal with a stub in another process on this computer, and the stub with the terminal.

    Raises `NotReady`.
    """
    key = SigningKey.load_or_create(terminal_key_path(state_dir))
    enrolment = admin.enrol(terminal_id, key.public_pem)
    if isinstance(enrolment, NoAnswer):
        raise NotReady(
            f"The service at {url} does not answer ({enrolment.reason}). Start one with `uketsuke stub`, "
            "or choose another with --service."
        )
    if isinstance(enrolment, Refused):
        raise NotReady(
            f"The key for {terminal_id} in {state_dir} was revoked because a backup of this terminal was restored. Use "
            "the restored folder, or move this folder away and set up a new terminal."
        )
    enrolment.save(enrolment_path(state_dir))
    return enrolment
