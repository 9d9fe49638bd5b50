"""A house with a service and terminals that are set up, to be kept, lost and brought back."""

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
from tests.terminal.keeping.house import Card, HouseTerminal, issue_cards

T = TypeVar("T")


@dataclass
class House:
    folder: Path
    server: StubServer
    cards: list[Card]

    def file(self, name: str) -> Path:
        return self.folder / name / "settings.toml"

    def place(self, name: str, *, at: str | None = None) -> Settings:
        """Settings of the terminal `name`, on the computer `at`."""
        place = self.folder / (at or name)
        place.mkdir(exist_ok=True)
        values = {
            "state_dir": str(place / "state"),
            "service": {"url": self.server.url, "terminal_id": name, "timeout_seconds": 20},
        }
        self.file(at or name).write_text(as_toml(values), encoding="utf-8")
        return load(self.file(at or name))

    def enrolled(self, name: str) -> Settings:
        settings = self.place(name)
        with StubAdmin(self.server.url) as admin:
            enrol_with(admin, self.server.url, settings.state_dir, name)
        return settings

    def at(self, settings: Settings, day: Callable[[HouseTerminal], Awaitable[T]]) -> T:
        """Run a terminal for as long as `day` takes."""

        async def played() -> T:
            terminal = HouseTerminal(settings, self.cards).open()
            try:
                return await day(terminal)
            finally:
                await terminal.close()

        return asyncio.run(played())


@pytest.fixture(scope="session")
def issued(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Card]]:
    """Cards and the service's registry of them, made once."""
    folder = tmp_path_factory.mktemp("issued")
    return folder, issue_cards(folder, 3)


@pytest.fixture
def house(tmp_path: Path, issued: tuple[Path, list[Card]]) -> Iterator[House]:
    (tmp_path / "service" / "stub").mkdir(parents=True)
    registry = (issued[0] / "stub" / "registry.json").read_bytes()
    (tmp_path / "service" / "stub" / "registry.json").write_bytes(registry)
    server = StubServer(open_service(tmp_path / "service"))
    server.start()
    yield House(tmp_path, server, issued[1])
    server.close()
