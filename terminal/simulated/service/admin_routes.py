"""Routes under /simulator that let programs on the same computer control the simulation."""

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request

from terminal.qualification.connection import is_loopback
from terminal.qualification.contract import RefusalReason, Refused
from terminal.qualification.keys import Enrolment
from terminal.simulated.service.admin_bodies import Adopted, Adoption, EnrolTerminal, SimulatorState
from terminal.simulated.service.misbehaviour import Misbehaviour, Operation, Rule, Setting
from terminal.simulated.service.refusals import refuse
from terminal.simulated.service.registry import KeyRevoked, Registry
from terminal.simulated.service.service import StubService


def _from_this_computer(request: Request) -> None:
    """Refuse other peers and other hosts, so that no website can control the stub through a browser."""
    peer = request.client.host if request.client else ""
    if not is_loopback(peer) or not is_loopback(request.url.hostname or ""):
        raise HTTPException(403)


def add_admin_routes(app: FastAPI, service: StubService, behaviour: Misbehaviour) -> None:
    routes = APIRouter(prefix="/simulator", dependencies=[Depends(_from_this_computer)], tags=["simulator"])

    @routes.get("")
    async def state() -> SimulatorState:
        registry = service.registry.current()
        return SimulatorState(
            people=tuple(service.people),
            cards=len(registry.cards),
            terminals=tuple(registry.terminals),
            behaviour=behaviour.settings(),
        )

    @routes.put("/behaviour/{operation}")
    async def behave(operation: Operation, rule: Rule, person: str | None = None) -> tuple[Setting, ...]:
        if person is not None and person not in service.people:
            raise HTTPException(404)
        behaviour.set(operation, rule, person)
        return behaviour.settings()

    @routes.delete("/behaviour")
    async def behave_normally() -> tuple[Setting, ...]:
        behaviour.clear()
        return behaviour.settings()

    @routes.post("/registry")
    async def merge(registry: Registry) -> SimulatorState:
        service.registry.merge(registry)
        return await state()

    @routes.post("/terminals")
    async def enrol(terminal: EnrolTerminal) -> Enrolment | Refused:
        try:
            service.registry.enrol_terminal(terminal.terminal_id, terminal.public_key, ended_key=terminal.ended_key)
        except KeyRevoked:
            return refuse(RefusalReason.NOT_ALLOWED)
        return Enrolment(terminal_id=terminal.terminal_id, service_public_key=service.public_key, simulated=True)

    @routes.post("/adoptions")
    async def adopt(adoption: Adoption) -> Adopted | Refused:
        adopted = service.adopt(adoption.certificate, adoption.person)
        if isinstance(adopted, Refused):
            return adopted
        return Adopted(certificate_sha256=adopted, person=adoption.person)

    app.include_router(routes)
