"""Check that the service is reachable and accepts this terminal, and read its clock."""

import ssl
import time
from dataclasses import dataclass
from datetime import datetime

import httpx
from pydantic import TypeAdapter, ValidationError

from config.settings import Settings
from terminal.doctor.finding import Finding, failed, passed
from terminal.qualification.connection import require_safe_url
from terminal.qualification.contract import (
    PREFIX,
    Challenge,
    RefusalReason,
    Refused,
)
from terminal.qualification.keys import Enrolment, SigningKey, enrolment_path, terminal_key_path
from terminal.qualification.statements import RequestKind
from terminal.qualification.tls_files import terminal_tls_files
from terminal.qualification.wire import new_nonce, request_headers

_MAX_LEDGER_COUNT = 2**53
"""Higher than any real ledger count. Requesting later receipts returns none, but requires an enrolled terminal."""
_CHECK_URL = "Check service.url and the network, or run `uketsuke stub` for a simulated service."
_ENROL = "Run `uketsuke enrol`."


@dataclass(frozen=True, slots=True)
class ServiceAnswer:
    simulated: bool
    milliseconds: float
    now: datetime
    """The service's time."""


def request_challenge(settings: Settings) -> ServiceAnswer | str:
    """Request a challenge, as every reception does. Return the answer, or the reason for the failure."""
    try:
        require_safe_url(settings.service.url)
        started = time.monotonic()
        with _client(settings) as client:
            response = client.post(f"{PREFIX}/challenges", headers={"Content-Type": "application/json"})
        milliseconds = (time.monotonic() - started) * 1000
        challenge = Challenge.model_validate_json(response.content)
    except httpx.TimeoutException:
        return f"no response within {settings.service.timeout_seconds:g} seconds"
    except httpx.HTTPError as error:
        return f"no connection ({type(error).__name__})"
    except ValidationError:
        return f"the server is not a qualification-check service (HTTP {response.status_code})"
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        return str(error)
    return ServiceAnswer(challenge.simulated, milliseconds, challenge.now)


def service(settings: Settings) -> Finding:
    url = settings.service.url
    answer = request_challenge(settings)
    if isinstance(answer, str):
        return failed(f"{url}: {answer}", _CHECK_URL)
    text = f"{url} responded in {answer.milliseconds:.0f} ms"
    text += ", SIMULATED" if answer.simulated else ""
    try:
        enrolment = Enrolment.load(enrolment_path(settings.state_dir))
    except ValueError:
        return failed(f"{text}; this terminal's enrolment is damaged", f"Remove terminal/enrolment.json. {_ENROL}")
    key_file = terminal_key_path(settings.state_dir)
    if enrolment is None or not key_file.exists():
        return failed(f"{text}; this terminal is not enrolled", _ENROL)
    terminal_id = settings.service.terminal_id
    if enrolment.terminal_id != terminal_id:
        return failed(
            f"{text}; enrolled as {enrolment.terminal_id}, not {terminal_id}",
            "Restore the previous service.terminal_id.",
        )
    if enrolment.simulated != answer.simulated:
        kinds = ("simulated", "real") if enrolment.simulated else ("real", "simulated")
        return failed(f"{text}; enrolled with a {kinds[0]} service, but this one is {kinds[1]}", "Correct service.url.")
    reason = _refusal(settings, SigningKey.load_or_create(key_file), answer.now)
    if reason is not None:
        return failed(f"{text}; does not accept this terminal ({reason})", _ENROL)
    return passed(f"{text}, accepts {terminal_id}")


def _refusal(settings: Settings, key: SigningKey, asked_at: datetime) -> RefusalReason | str | None:
    """Return why the service rejects this terminal's signature, or None. `asked_at` is the service's time."""
    terminal_id = settings.service.terminal_id
    headers = request_headers(
        key,
        kind=RequestKind.RECEIPTS,
        subject=str(_MAX_LEDGER_COUNT),
        terminal_id=terminal_id,
        nonce=new_nonce(),
        asked_at=asked_at,
    )
    try:
        with _client(settings) as client:
            response = client.get(f"{PREFIX}/receipts?after={_MAX_LEDGER_COUNT}", headers=headers)
        if response.is_success:
            return None
        return TypeAdapter(Refused).validate_json(response.content).reason
    except (httpx.HTTPError, ValidationError):
        return "no valid answer"


def _client(settings: Settings) -> httpx.Client:
    return httpx.Client(
        base_url=settings.service.url,
        timeout=settings.service.timeout_seconds,
        trust_env=False,
        verify=_tls_verification(settings),
    )


def _tls_verification(settings: Settings) -> ssl.SSLContext | bool:
    keys = terminal_tls_files(settings.state_dir, settings.service.terminal_id)
    if keys is not None:
        return keys.client_context()
    # loading the system's CA certificates takes longer than an entire check over plain HTTP
    return settings.service.url.startswith("https")
