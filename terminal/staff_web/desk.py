"""Staff desk. Shows states and effects, posts events and withdraws consents.

The session and the ledger determine what is permitted.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from datetime import datetime
from typing import Any

from config.settings import Settings
from consent.items import Item
from consent.lifecycle import LifeCycleError
from consent.store import LedgerError
from terminal.conductor.clock import Clock
from terminal.conductor.outcome import DeliveryStage
from terminal.front.assembled import AssembledCounter
from terminal.front.call_command import CallCommand
from terminal.front.calls import Calls
from terminal.front.counter import Counter, WithService
from terminal.front.devices import DeviceOverview
from terminal.front.messages import FrameDrawn
from terminal.front.records import Records
from terminal.front.todays_receptions import ReceptionStatus, Row, rows
from terminal.session import events as ev
from terminal.session.states import Idle, StaffCheck, State
from terminal.staff_web import messages as ms
from terminal.staff_web import no_card
from terminal.staff_web.by_eye import EyeCheck
from terminal.staff_web.drawing import serialize_calls, serialize_eye, serialize_now, serialize_row
from terminal.staff_web.sessions import Level, Sessions
from terminal.staff_web.site import Visitor
from terminal.talk.staff_check import staff_reasons
from terminal.words.catalogue import Words
from terminal.words.languages import STAFF_LANGUAGES
from terminal.words.staff import page_text, staff_words

log = logging.getLogger(__name__)

SIGNED_OUT = 1008
REFRESH_SECONDS = 2.0
"""Seconds between updates without events."""
MIN_UPDATE_INTERVAL = 0.25
SERVICE_SECONDS = 30.0
"""Seconds between queries to an unresponsive service while a page is open."""


class StaffDesk:
    def __init__(
        self,
        settings: Settings,
        sessions: Sessions,
        *,
        eye_on_lan: bool = False,
        wall_clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._settings, self._sessions, self._eye_on_lan = settings, sessions, eye_on_lan
        self._wall_clock = wall_clock or Clock().wall
        self.calls = Calls(self._wall_clock)
        self.calls.on_new.append(CallCommand(settings.staff.call_command))
        self.calls.on_change.append(self.refresh_soon)
        self.on_stop: Callable[[], None] = lambda: None
        """Callback for stopping the terminal."""
        self._visitors: list[Visitor] = []
        self._counter: Counter | None = None
        self._devices: DeviceOverview | None = None
        self._eye: EyeCheck | None = None
        self._records = Records(settings, self._wall_clock)
        self._rows: list[Row] = []
        self._wake = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._words: dict[str, Words] = {language: staff_words(settings, language) for language in STAFF_LANGUAGES}

    # --- the terminal ---------------------------------------------------------------------------------------

    def attach(self, opened: AssembledCounter) -> None:
        """Attach the opened counter. Call this once, on the event loop."""
        self._counter = opened.counter
        self._devices = DeviceOverview(opened)
        self._eye = EyeCheck(opened.counter, opened.camera, self._comparison_viewers)
        opened.counter.listen(on_state=self._on_state, on_effect=self.calls.handle_effect)
        self._start_task(self._refresh())

    def end(self) -> None:
        for task in self._running:
            task.cancel()
        if self._eye is not None:
            self._eye.end()

    def _on_state(self, state: State) -> None:
        self.calls.update(state)
        if self._eye is not None:
            self._eye.update(state)
        self.refresh_soon()

    def refresh_soon(self) -> None:
        self._wake.set()

    async def _refresh(self) -> None:
        """Read new records and update the pages after every change, and at intervals for time-dependent content."""
        queried_at = 0.0
        loop = asyncio.get_running_loop()
        while True:
            try:
                async with asyncio.timeout(REFRESH_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            if self._visitors:
                await asyncio.to_thread(self._records.read)
                unanswered = self._devices is not None and self._devices.answers is False
                if unanswered and loop.time() - queried_at > SERVICE_SECONDS:
                    queried_at = loop.time()
                    self._start_task(self._query_service())
            self.update()
            await asyncio.sleep(MIN_UPDATE_INTERVAL)

    async def _query_service(self) -> None:
        if self._devices is not None:
            await self._devices.ask_service()
            self.refresh_soon()

    # --- drawing --------------------------------------------------------------------------------------------

    def update(self) -> None:
        counter = self._counter
        if counter is not None:
            uncertain = counter.delivery.uncertain if isinstance(counter, WithService) else {}
            self._rows = rows(self._records.receptions, self._records.checks, counter.state, uncertain)
            self.calls.close_delivered({row.number for row in self._rows if row.status is ReceptionStatus.DELIVERED})
            if self._eye is not None:
                self._eye.update(counter.state)
        for visitor in list(self._visitors):
            self._draw(visitor)

    def _draw(self, visitor: Visitor) -> None:
        level, say, counter = self._sessions.level(visitor.cookie), self._words[visitor.language], self._counter
        if level is not Level.ACTING:
            visitor.clear()
        self._send(visitor, "level", level=level.name.lower(), words=page_text(visitor.language))
        if level is Level.OUT:  # the page then requests its level and the password
            self._start_task(visitor.connection.close(SIGNED_OUT))
            return
        self._send(visitor, "calls", calls=serialize_calls(self.calls.open, say))
        if level is not Level.ACTING or counter is None:
            return
        allowed = self._may_compare(visitor)
        failure = counter.delivery.failure
        name_images = counter.names.unreadable if isinstance(counter, WithService) else {}
        self._send(
            visitor,
            "day",
            rows=[
                serialize_row(row, say, counter.rules, failure, name_images.get(row.reception, ""))
                for row in self._rows
            ],
            readable=self._records.readable,
        )
        self._send(visitor, "now", **serialize_now(counter.state, say, counter.rules, eye_allowed=allowed))
        self._send(visitor, "eye", eye=serialize_eye(counter.state, say, allowed=allowed))
        if self._devices is not None:
            self._send(visitor, "devices", devices=[asdict(line) for line in self._devices.lines(say)])

    def _send(self, visitor: Visitor, kind: str, **content: Any) -> None:
        """Send content if it has changed."""
        encoded = json.dumps(content, ensure_ascii=False)
        if visitor.sent.get(kind) != encoded:
            visitor.sent[kind] = encoded
            visitor.connection.send(kind, **content)

    # --- pages ----------------------------------------------------------------------------------------------

    def join(self, visitor: Visitor) -> None:
        self._visitors.append(visitor)
        self._draw(visitor)
        self.refresh_soon()

    def leave(self, visitor: Visitor) -> None:
        self._visitors.remove(visitor)
        if self._eye is not None and self._counter is not None:
            self._eye.update(self._counter.state)

    def hear(self, visitor: Visitor, text: str) -> bool:
        message = ms.read_message(text)
        if message is None:
            return False
        level = self._sessions.level(visitor.cookie)
        match message:
            case ms.SetLanguage(language=language):
                visitor.language = language
                visitor.sent.clear()
            case ms.AnswerCall(call=call) if level is not Level.OUT:
                self.calls.answer(call)
            case FrameDrawn():
                visitor.connection.frame_drawn()
                return True
            case _ if level is Level.ACTING and self._counter is not None:
                self._act(visitor, message, self._counter)
        if level is Level.ACTING:
            self._sessions.touch(visitor.cookie)
        self._draw(visitor)
        return True

    def _act(self, visitor: Visitor, message: ms.Message, counter: Counter) -> None:
        state = counter.state
        reception = "" if isinstance(state, Idle) else state.reception.id
        match message:
            case ms.Withdraw(reception=name, items=items):
                self._start_task(self._withdraw(visitor, name, items))
            case ms.ResolveHandover(reception=name, retry=retry):
                self._start_task(self._resolve_handover(visitor, name, retry=retry))
            case ms.ConfirmByEye(reception=name) if name == reception and self._may_compare(visitor):
                counter.post(ev.StaffAuthenticated(name, at_terminal=False))
            case ms.Discard(reception=name) if name and name == reception:
                counter.post(ev.StaffAuthenticated(name))
                counter.post(ev.StaffDiscarded(name))
            case ms.Decide() if message.reception == reception and self._may_compare(visitor):
                self._decide(visitor, message, counter, state)
            case ms.CloseName(reception=name) if isinstance(counter, WithService):
                counter.names.close(name)
            case ms.Stop() if isinstance(state, Idle):
                self.on_stop()
            case ms.ConfirmByEye() | ms.Discard() | ms.Stop():
                visitor.connection.send("said", text=self._words[visitor.language]("now.changed"))
            case _:
                pass

    def _decide(self, visitor: Visitor, message: ms.Decide, counter: Counter, state: State) -> None:
        if not isinstance(state, StaffCheck) or not self._sessions.use_proof(visitor.cookie, message.proof):
            return
        if not message.same:
            counter.post(ev.StaffRejected(message.reception))
        elif message.reason in staff_reasons(state):
            # post both events together, so that the patient cannot intervene
            counter.post(ev.StaffAuthenticated(message.reception))
            counter.post(ev.StaffConfirmed(message.reception, message.reason))

    async def _withdraw(self, visitor: Visitor, reception: str, items: tuple[Item, ...]) -> None:
        """Record a withdrawal and send it to the service, like `uketsuke ledger withdraw`."""
        say = self._words[visitor.language]
        row = next((row for row in self._rows if row.reception == reception), None)
        if row is None or not isinstance(self._counter, WithService):
            return
        try:
            sent = await self._counter.delivery.withdraw(row.check_id, items)
        except (LifeCycleError, LedgerError) as error:
            log.error("cannot withdraw consents: %s", error)
            visitor.connection.send("said", text=say("withdraw.refused"))
            return
        visitor.connection.send("said", text=say("withdraw.done" if sent else "withdraw.later", number=row.number))
        self.refresh_soon()

    async def _resolve_handover(self, visitor: Visitor, reception: str, *, retry: bool) -> None:
        say, counter = self._words[visitor.language], self._counter
        row = next(
            (row for row in self._rows if row.reception == reception and row.status is ReceptionStatus.UNCERTAIN), None
        )
        if row is None or not isinstance(counter, WithService):
            return
        try:
            outcome = await counter.delivery.decide_hand_over(row.check_id, again=retry)
        except (LifeCycleError, LedgerError) as error:
            log.error("cannot resolve a handover: %s", error)
            visitor.connection.send("said", text=say("hand-over.refused"))
            return
        result = "closed" if not retry else "again" if outcome.stage is DeliveryStage.DELIVERED else "later"
        visitor.connection.send("said", text=say(f"hand-over.{result}"))
        self.refresh_soon()

    # --- by eye ---------------------------------------------------------------------------------------------

    def _may_compare(self, visitor: Visitor) -> bool:
        return visitor.local or self._eye_on_lan

    def _comparison_viewers(self) -> list[Visitor]:
        """Return the pages that may currently show the images."""
        return [
            visitor
            for visitor in self._visitors
            if self._may_compare(visitor) and self._sessions.level(visitor.cookie) is Level.ACTING
        ]

    def card_photo(self, *, local: bool) -> memoryview | None:
        return self._eye.photo() if self._eye is not None and (local or self._eye_on_lan) else None

    def name_image(self, reception: str) -> memoryview | None:
        return self._counter.names.picture(reception) if isinstance(self._counter, WithService) else None

    async def look_up(self, body: bytes) -> tuple[int, dict[str, object]]:
        if not isinstance(self._counter, WithService):
            return 503, {}
        answer = await no_card.check(body, self._counter, self._words)
        self.refresh_soon()
        return answer

    def _start_task(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
