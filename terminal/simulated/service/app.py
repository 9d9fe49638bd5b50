"""The service over HTTP: routes, nothing else. OpenAPI at /openapi.json."""

import base64
from typing import Annotated, Any

from fastapi import FastAPI, Header, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.types import ASGIApp

from terminal.qualification.contract import (
    API_VERSION,
    CHECK_ID_PATTERN,
    IDEMPOTENCY_HEADER,
    PREFIX,
    SIGNATURE_HEADER,
    TERMINAL_HEADER,
    Challenge,
    CheckOpened,
    LookUp,
    Model,
    OpenCheck,
    QualificationResult,
    Receipt,
    Receipts,
    RefusalReason,
    Refused,
    Registered,
    Standing,
    Submission,
    TerminalId,
    Withdrawal,
    Withdrawn,
)
from terminal.simulated.service.admin_routes import add_admin_routes
from terminal.simulated.service.behaviour import Behaviour
from terminal.simulated.service.guard import Guard
from terminal.simulated.service.misbehaving import Misbehaving
from terminal.simulated.service.refusals import http_status, refuse
from terminal.simulated.service.service import Caller, Service

CheckIdPath = Annotated[str, Path(pattern=CHECK_ID_PATTERN)]
IdempotencyKey = Annotated[str, Header(alias=IDEMPOTENCY_HEADER, min_length=1, max_length=200)]

TerminalHeader = Annotated[TerminalId, Header(alias=TERMINAL_HEADER)]
SignatureHeader = Annotated[str, Header(alias=SIGNATURE_HEADER, max_length=1024)]
AfterQuery = Annotated[int, Query(ge=0, le=2**53)]

_REFUSALS: dict[int | str, dict[str, Any]] = {status: {"model": Refused} for status in (403, 404, 409, 422)}


def create_app(service: Service, behaviour: Behaviour) -> ASGIApp:
    """The ASGI application. The service's owner closes it."""
    app = FastAPI(
        title="Qualification-check service (simulated)",
        version=API_VERSION,
        docs_url=None,
        redoc_url=None,
    )
    app.add_exception_handler(RequestValidationError, _malformed)
    _add_routes(app, service)
    add_admin_routes(app, service, behaviour)
    return Guard(Misbehaving(app, behaviour, service.whose))


def _add_routes(app: FastAPI, service: Service) -> None:
    def answers(model: type[Model]) -> dict[int | str, dict[str, Any]]:
        return {200: {"model": model}, **_REFUSALS}

    @app.post(f"{PREFIX}/challenges", responses={200: {"model": Challenge}})
    async def challenge() -> Response:
        return respond(service.challenge())

    @app.post(f"{PREFIX}/checks", responses=answers(CheckOpened))
    async def open_check(request: OpenCheck) -> Response:
        return respond(await service.open(request))

    @app.post(f"{PREFIX}/checks/{{check_id}}/registration", responses=answers(Registered))
    async def register(check_id: CheckIdPath, terminal_id: TerminalHeader, signature: SignatureHeader) -> Response:
        return respond(await service.register(check_id, _caller(terminal_id, signature)))

    @app.put(f"{PREFIX}/checks/{{check_id}}/submission", responses=answers(Receipt))
    async def submit(check_id: CheckIdPath, submission: Submission, idempotency_key: IdempotencyKey) -> Response:
        return respond(await service.submit(check_id, submission, idempotency_key))

    @app.get(f"{PREFIX}/checks/{{check_id}}/result", responses=answers(QualificationResult))
    async def result(check_id: CheckIdPath, terminal_id: TerminalHeader, signature: SignatureHeader) -> Response:
        return respond(await service.result(check_id, _caller(terminal_id, signature)))

    @app.post(f"{PREFIX}/checks/{{check_id}}/withdrawal", responses=answers(Withdrawn))
    async def withdraw(check_id: CheckIdPath, withdrawal: Withdrawal) -> Response:
        return respond(await service.withdraw(check_id, withdrawal))

    @app.get(f"{PREFIX}/checks/{{check_id}}/consents", responses=answers(Standing))
    async def standing(check_id: CheckIdPath, terminal_id: TerminalHeader, signature: SignatureHeader) -> Response:
        return respond(await service.standing(check_id, _caller(terminal_id, signature)))

    @app.post(f"{PREFIX}/lookups", responses=answers(QualificationResult))
    async def look_up(request: LookUp) -> Response:
        return respond(await service.look_up(request))

    @app.get(f"{PREFIX}/receipts", responses=answers(Receipts))
    async def receipts(terminal_id: TerminalHeader, signature: SignatureHeader, after: AfterQuery = 0) -> Response:
        return respond(await service.receipts(after, _caller(terminal_id, signature)))


def _caller(terminal_id: str, signature: str) -> Caller:
    """A signature that is no base64 is no signature."""
    try:
        return Caller(terminal_id, base64.b64decode(signature, validate=True))
    except ValueError:
        return Caller(terminal_id, b"")


def respond(answer: Model) -> Response:
    status = http_status(answer.reason) if isinstance(answer, Refused) else 200
    return Response(answer.model_dump_json(), status_code=status, media_type="application/json")


async def _malformed(request: Request, error: Exception) -> Response:
    # The framework's own answer repeats what was sent.
    return respond(refuse(RefusalReason.MALFORMED))
