"""Fixtures: a clinic with a service and enrolled terminals."""

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
from tests.terminal.backups.clinic import Card, ClinicTerminal, issue_cards

T = TypeVar("T")


@dataclass
class Clinic:
    folder: Path
    server: StubServer
    cards: list[Card]

    def settings_file(self, name: str) -> Path:
        return self.folder / name / "settings.toml"

    def write_settings(self, name: str, *, host: str | None = None) -> Settings:
        """Write and return the settings for terminal `name` on `host` (default: `name`)."""
        folder = self.folder / (host or name)
        folder.mkdir(exist_ok=True)
        values = {
            "state_dir": str(folder / "state"),
            "service": {"url": self.server.url, "terminal_id": name, "timeout_seconds": 20},
        }
        self.settings_file(host or name).write_text(as_toml(values), encoding="utf-8")
        return load(self.settings_file(host or name))

    def enrol(self, name: str) -> Settings:
        settings = self.write_settings(name)
        with StubAdmin(self.server.url) as admin:
            enrol_with(admin, self.server.url, settings.state_dir, name)
        return settings

    def run(self, settings: Settings, day: Callable[[ClinicTerminal], Awaitable[T]]) -> T:
        """Open a terminal, run `day` with it and return the result of `day`."""

        async def run_day() -> T:
            terminal = ClinicTerminal(settings, self.cards).open()
            try:
                return await day(terminal)
            finally:
                await terminal.close()

        return asyncio.run(run_day())


@pytest.fixture(scope="session")
def service_and_cards(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Card]]:
    """State folder of a service, and the cards registered in it. Created once per test session."""
    folder = tmp_path_factory.mktemp("service")
    return folder, issue_cards(folder, 3)


@pytest.fixture
def clinic(tmp_path: Path, service_and_cards: tuple[Path, list[Card]]) -> Iterator[Clinic]:
    (tmp_path / "service" / "stub").mkdir(parents=True)
    registry = (service_and_cards[0] / "stub" / "registry.json").read_bytes()
    (tmp_path / "service" / "stub" / "registry.json").write_bytes(registry)
    server = StubServer(open_service(tmp_path / "service"))
    server.start()
    yield Clinic(tmp_path, server, service_and_cards[1])
    server.close()
