"""The service over HTTP: routes, nothing else. OpenAPI at /openapi.json."""

from typing import Annotated, Any

from fastapi import FastAPI, Header, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.types import ASGIApp

from terminal.qualification.contract import (
    API_VERSION,
    CHECK_ID_PATTERN,
    IDEMPOTENCY_HEADER,
    PREFIX,
    Challenge,
    CheckOpened,
    Model,
    OpenCheck,
    QualificationResult,
    Receipt,
    RefusalReason,
    Refused,
    Registered,
    Submission,
)
from terminal.qualification.stub.admin_routes import add_admin_routes
from terminal.qualification.stub.behaviour import Behaviour, Misbehaving
from terminal.qualification.stub.guard import Guard
from terminal.qualification.stub.refusals import http_status, refuse
from terminal.qualification.stub.service import Service

CheckIdPath = Annotated[str, Path(pattern=CHECK_ID_PATTERN)]
IdempotencyKey = Annotated[str, Header(alias=IDEMPOTENCY_HEADER, min_length=1, max_length=200)]

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
    return Guard(Misbehaving(app, behaviour))


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
    async def register(check_id: CheckIdPath) -> Response:
        return respond(await service.register(check_id))

    @app.put(f"{PREFIX}/checks/{{check_id}}/submission", responses=answers(Receipt))
    async def submit(check_id: CheckIdPath, submission: Submission, idempotency_key: IdempotencyKey) -> Response:
        return respond(await service.submit(check_id, submission, idempotency_key))

    @app.get(f"{PREFIX}/checks/{{check_id}}/result", responses=answers(QualificationResult))
    async def result(check_id: CheckIdPath) -> Response:
        return respond(await service.result(check_id))


def respond(answer: Model) -> Response:
    status = http_status(answer.reason) if isinstance(answer, Refused) else 200
    return Response(answer.model_dump_json(), status_code=status, media_type="application/json")


async def _malformed(request: Request, error: Exception) -> Response:
    # The framework's own answer repeats what was sent.
    return respond(refuse(RefusalReason.MALFORMED))
