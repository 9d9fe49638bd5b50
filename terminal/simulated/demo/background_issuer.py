"""Issue cards in a separate thread while earlier personas play."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from reader.softcard.card_image import CardImage
from terminal.simulated.personas.persona import Persona
from terminal.simulated.personas.props import Props
from terminal.simulated.service.registry import Registry

Issued = tuple[CardImage, Registry]


class BackgroundIssuer(AbstractContextManager["BackgroundIssuer"]):
    """Issues the personas' cards in order. Each takes 0.2 s, mostly to generate keys."""

    def __init__(self, props: Props, portrait: Callable[[Persona], bytes], personas: Sequence[Persona]) -> None:
        self._props, self._portrait = props, portrait
        self._thread = ThreadPoolExecutor(1, "issuing")
        self._issued: dict[str, Future[Issued]] = {
            persona.name: self._thread.submit(self._issue, persona) for persona in personas
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(cancel_futures=True)

    async def card_for(self, persona: Persona) -> Issued:
        """Wait for the persona's card and registry entries. Re-raises any exception raised while issuing it."""
        return await asyncio.wrap_future(self._issued[persona.name])

    def _issue(self, persona: Persona) -> Issued:
        return self._props.card_for(persona, self._portrait), self._props.registry_for(persona, self._portrait)
