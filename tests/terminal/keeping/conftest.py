"""A clinic with a service and enrolled terminals, to be backed up, lost and restored."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from config.load import load
from config.settings import Settings
from config.writing import as_toml
from terminal.simulated.service.admin import StubAdmin, enrol_with
from terminal.simulated.service.server import StubServer, open_service
from tests.terminal.keeping.clinic import Card, ClinicTerminal, issue_cards

T = TypeVar("T")


@dataclass
class Clinic:
    folder: Path
    server: StubServer
    cards: list[Card]

    def file(self, name: str) -> Path:
        return self.folder / name / "settings.toml"

    def write_settings(self, name: str, *, at: str | None = None) -> Settings:
        """Write and return settings of the terminal `name` on the computer `at` (default: `name`)."""
        computer = self.folder / (at or name)
        computer.mkdir(exist_ok=True)
        values = {
            "state_dir": str(computer / "state"),
            "service": {"url": self.server.url, "terminal_id": name, "timeout_seconds": 20},
        }
        self.file(at or name).write_text(as_toml(values), encoding="utf-8")
        return load(self.file(at or name))

    def enrol(self, name: str) -> Settings:
        settings = self.write_settings(name)
        with StubAdmin(self.server.url) as admin:
            enrol_with(admin, self.server.url, settings.state_dir, name)
        return settings

    def run(self, settings: Settings, day: Callable[[ClinicTerminal], Awaitable[T]]) -> T:
        """Open a terminal, run `day` with it and return the result."""

        async def opened() -> T:
            terminal = ClinicTerminal(settings, self.cards).open()
            try:
                return await day(terminal)
            finally:
                await terminal.close()

        return asyncio.run(opened())


@pytest.fixture(scope="session")
def issued(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Card]]:
    """Service state folder with the registry, and the cards in it, created once."""
    folder = tmp_path_factory.mktemp("issued")
    return folder, issue_cards(folder, 3)


@pytest.fixture
def clinic(tmp_path: Path, issued: tuple[Path, list[Card]]) -> Iterator[Clinic]:
    (tmp_path / "service" / "stub").mkdir(parents=True)
    registry = (issued[0] / "stub" / "registry.json").read_bytes()
    (tmp_path / "service" / "stub" / "registry.json").write_bytes(registry)
    server = StubServer(open_service(tmp_path / "service"))
    server.start()
    yield Clinic(tmp_path, server, issued[1])
    server.close()
