"""A simulated counter with simulated cards, fictitious people and the service stub, in a single state folder."""

import contextlib
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from config.files import private_folder
from config.settings import ServiceSettings, Settings
from reader.softcard.authority_file import read_authority_file
from terminal.assembly import NotReady
from terminal.qualification.keys import Enrolment, enrolment_path
from terminal.simulated.demo.stubs import EmbeddedStub, RemoteStub, StubControl
from terminal.simulated.personas.props import Props, authority_dir
from terminal.simulated.service.enrolment import enrol_locally


class DemoCounter:
    """State folder, props and service stub of a demo. Use as a context manager."""

    def __init__(
        self,
        settings: Settings,
        *,
        service_url: str | None = None,
        timeout_seconds: float = 2.0,
        keep_cards: bool = True,
        stub_later: bool = False,
    ) -> None:
        """`stub_later`: load the embedded stub only when `begin` is called or the stub is first used."""
        _refuse_real_terminal(settings.state_dir)
        self._exit_stack = contextlib.ExitStack()
        private_folder(settings.state_dir)
        _refuse_damaged_authority(authority_dir(settings.state_dir))
        self.props = Props(settings.state_dir, keep_cards=keep_cards)
        terminal_id = settings.service.terminal_id
        self.stub: StubControl
        if service_url is None:
            enrol_locally(settings.state_dir, terminal_id)
            embedded = EmbeddedStub(settings.state_dir)
            self._exit_stack.callback(embedded.close)
            if not stub_later:
                embedded.begin()
            self.stub = embedded
        else:
            from terminal.simulated.service.admin import StubAdmin, enrol_with

            admin = self._exit_stack.enter_context(StubAdmin(service_url))
            self.stub = RemoteStub(admin, service_url)
            enrol_with(admin, service_url, settings.state_dir, terminal_id)
        service = settings.service.model_dump() | {"url": self.stub.url, "timeout_seconds": timeout_seconds}
        vision = settings.vision.model_copy(update={"simulated_camera": True})
        self.settings = settings.model_copy(
            update={"service": ServiceSettings.model_validate(service), "vision": vision}
        )

    def warm_up(self) -> None:
        """Start loading the stub and the authority that issues cards in separate threads, before the first card."""
        self.stub.begin()
        threading.Thread(target=self.props.trust_anchors, name="test-authority", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit_stack.close()


def _refuse_damaged_authority(folder: Path) -> None:
    """Raise NotReady for a damaged authority. The authority itself is loaded only after the first screen."""
    try:
        read_authority_file(folder)
    except ValueError as error:
        raise NotReady(
            f"{error}. Use another state folder for the demo: UKETSUKE_STATE_DIR=/tmp/uketsuke-demo"
        ) from error


def _refuse_real_terminal(state_dir: Path) -> None:
    """Prevent a demo from writing to the ledger of a terminal in service. Raises `NotReady`."""
    enrolment = Enrolment.load(enrolment_path(state_dir))
    if enrolment is not None and not enrolment.simulated:
        raise NotReady(
            f"{state_dir} belongs to a terminal that is enrolled with a real service. "
            "Use a separate folder for the demo: UKETSUKE_STATE_DIR=/tmp/uketsuke-demo"
        )
