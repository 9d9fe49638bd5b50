"""HTTP routes of the service, described at /openapi.json."""

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import AwareDatetime
from starlette.types import ASGIApp

from terminal.qualification.contract import (
    API_VERSION,
    CHECK_ID_PATTERN,
    IDEMPOTENCY_HEADER,
    NONCE_HEADER,
    PREFIX,
    SIGNATURE_HEADER,
    TERMINAL_HEADER,
    TIME_HEADER,
    ActiveConsents,
    Challenge,
    CheckOpenedReply,
    KeyChange,
    KeyChanged,
    LookupRequest,
    Model,
    OpenCheckRequest,
    QualificationResult,
    Receipt,
    Receipts,
    RefusalReason,
    Refused,
    RegistrationReply,
    Submission,
    TerminalId,
    Withdrawal,
    WithdrawalReceipt,
)
from terminal.qualification.wire import from_base64
from terminal.simulated.service.admin_routes import add_admin_routes
from terminal.simulated.service.middleware import ServiceMiddleware
from terminal.simulated.service.misbehaviour import Misbehaviour
from terminal.simulated.service.misbehaviour_middleware import MisbehaviourMiddleware
from terminal.simulated.service.refusals import http_status, refuse
from terminal.simulated.service.service import Caller, StubService
from terminal.simulated.service.signing import Signing

CheckIdPath = Annotated[str, Path(pattern=CHECK_ID_PATTERN)]
IdempotencyKey = Annotated[str, Header(alias=IDEMPOTENCY_HEADER, min_length=1, max_length=200)]

TerminalHeader = Annotated[TerminalId, Header(alias=TERMINAL_HEADER)]
SignatureHeader = Annotated[str, Header(alias=SIGNATURE_HEADER, max_length=1024)]
NonceHeader = Annotated[str, Header(alias=NONCE_HEADER, max_length=100)]
TimeHeader = Annotated[AwareDatetime, Header(alias=TIME_HEADER)]
AfterQuery = Annotated[int, Query(ge=0, le=2**53)]


async def _caller(
    terminal_id: TerminalHeader, signature: SignatureHeader, nonce: NonceHeader, asked_at: TimeHeader
) -> Caller:
    """Return the caller named in the headers. Invalid base64 is treated as a missing signature or nonce.

    This is a coroutine because FastAPI runs plain functions in a thread pool, which takes longer than the request.
    """
    return Caller(terminal_id, from_base64(signature) or b"", from_base64(nonce) or b"", asked_at)


CallerHeaders = Annotated[Caller, Depends(_caller)]

_REFUSALS: dict[int | str, dict[str, Any]] = {status: {"model": Refused} for status in (403, 404, 409, 422)}


def create_app(service: StubService, behaviour: Misbehaviour) -> ASGIApp:
    """Return the ASGI application. The caller must close the service."""
    app = FastAPI(
        title="Qualification-check service (simulated)",
        version=API_VERSION,
        docs_url=None,
        redoc_url=None,
    )
    app.add_exception_handler(RequestValidationError, _malformed)
    _add_routes(app, service)
    add_admin_routes(app, service, behaviour)
    signing = Signing(app, service.sign)
    return ServiceMiddleware(MisbehaviourMiddleware(signing, behaviour, service.person_for, service.sign))


def _add_routes(app: FastAPI, service: StubService) -> None:
    def responses(model: type[Model]) -> dict[int | str, dict[str, Any]]:
        return {200: {"model": model}, **_REFUSALS}

    @app.post(f"{PREFIX}/challenges", responses={200: {"model": Challenge}})
    async def challenge() -> Response:
        return respond(service.challenge())

    @app.post(f"{PREFIX}/checks", responses=responses(CheckOpenedReply))
    async def open_check(request: OpenCheckRequest) -> Response:
        return respond(await service.open(request))

    @app.post(f"{PREFIX}/checks/{{check_id}}/registration", responses=responses(RegistrationReply))
    async def register(check_id: CheckIdPath, caller: CallerHeaders) -> Response:
        return respond(await service.register(check_id, caller))

    @app.put(f"{PREFIX}/checks/{{check_id}}/submission", responses=responses(Receipt))
    async def submit(check_id: CheckIdPath, submission: Submission, idempotency_key: IdempotencyKey) -> Response:
        return respond(await service.submit(check_id, submission, idempotency_key))

    @app.get(f"{PREFIX}/checks/{{check_id}}/result", responses=responses(QualificationResult))
    async def result(check_id: CheckIdPath, caller: CallerHeaders) -> Response:
        return respond(await service.result(check_id, caller))

    @app.post(f"{PREFIX}/checks/{{check_id}}/withdrawal", responses=responses(WithdrawalReceipt))
    async def withdraw(check_id: CheckIdPath, withdrawal: Withdrawal) -> Response:
        return respond(await service.withdraw(check_id, withdrawal))

    @app.get(f"{PREFIX}/checks/{{check_id}}/consents", responses=responses(ActiveConsents))
    async def active_consents(check_id: CheckIdPath, caller: CallerHeaders) -> Response:
        return respond(await service.active_consents(check_id, caller))

    @app.post(f"{PREFIX}/lookups", responses=responses(QualificationResult))
    async def look_up(request: LookupRequest) -> Response:
        return respond(await service.look_up(request))

    @app.post(f"{PREFIX}/keys", responses=responses(KeyChanged))
    async def change_key(change: KeyChange) -> Response:
        return respond(service.change_key(change))

    @app.get(f"{PREFIX}/receipts", responses=responses(Receipts))
    async def receipts(caller: CallerHeaders, after: AfterQuery = 0) -> Response:
        return respond(await service.receipts(after, caller))


def respond(answer: Model) -> Response:
    """Return the answer as JSON, with an error status for a refusal."""
    status = http_status(answer.reason) if isinstance(answer, Refused) else 200
    return Response(answer.model_dump_json(), status_code=status, media_type="application/json")


async def _malformed(request: Request, error: Exception) -> Response:
    # FastAPI's default response would repeat the request
    return respond(refuse(RefusalReason.MALFORMED))
