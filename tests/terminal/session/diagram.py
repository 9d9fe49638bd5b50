"""Generate the state diagram of docs/states.md from `step`. Run by `make diagram`.

Searches breadth-first from the idle screen. In each state, it sends the events of all buttons on the screen, all
possible answers to pending effects and all device events. Each transition becomes an edge. The result is deterministic.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from msgspec import structs

from config.settings import ConsentSettings, DispensingPolicy, FaceAndPinPolicy, PrescriptionPolicy, Settings
from reader.facts import CardFacts, Medium, ReaderStatus
from terminal.qualification.contract import CertificateStatus, CheckFacts, SubsidyStatus
from terminal.session import effects as fx
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.rules import Now, Rules
from terminal.session.step import next_tick, step
from terminal.talk.parts import Button
from terminal.talk.view import talk_for
from terminal.words.catalogue import speaker
from tests.terminal.session.world import CARD, CHECK, WAITING, WALL, plausible_answers

PAGE: Final = Path(__file__).parents[3] / "docs" / "states.md"
_MAX_STATES_PER_CLASS: Final = 100
"""Maximum number of states expanded per class and counter. A higher number adds no edges."""

_ORIGIN: Final = (
    "Generated from `terminal/session/step.py` by `make diagram`; a test fails if this page is out of date."
)
_INTRODUCTION: Final = (
    "The diagram shows the transitions of a normal reception. "
    "Events that can end or redirect a state at any time are in the table below."
)

_EXITS: Final = {
    ev.Tick: "timeout",
    ev.CardTaken: "card removed",
    ev.ReaderChanged: "reader lost",
    ev.CameraChanged: "camera lost",
    ev.CameraFailed: "camera lost",
    ev.Cancelled: "cancelled",
    ev.CheckInWithoutSharing: "checked in without sharing",
    ev.StaffDiscarded: "discarded by staff",
    ev.Back: "back",
    ev.EffectFailed: "internal error",
    ev.CardFailed: "card unreadable",
    ev.ServiceUnavailable: "service unavailable",
    ev.ServiceRefused: "refused by service",
    ev.LedgerFailed: "ledger not writable",
}
"""Events that can end or redirect many states. They are in the table, not in the diagram."""


@dataclass(frozen=True)
class _Counter:
    """One configuration of the terminal, with a card and its holder."""

    rules: Rules
    card: CardFacts
    check: CheckFacts


_ALL = ConsentSettings(
    surgery=True, subsidies=True, prescription=PrescriptionPolicy.ASK, dispensing=DispensingPolicy.ASK
)
_HOLDER = CHECK.model_copy(update={"has_specific_disease_certificate": True, "subsidies": SubsidyStatus.USABLE})
_RULES = Rules(consent=_ALL, staff_enabled=True, phone=True)
_COUNTERS: Final = (
    _Counter(_RULES, CARD, _HOLDER),
    _Counter(_RULES, CARD, _HOLDER.model_copy(update={"registered": False})),
    _Counter(_RULES, CARD, _HOLDER.model_copy(update={"valid": False})),
    _Counter(_RULES, CARD, _HOLDER.model_copy(update={"standing": CertificateStatus.GRACE})),
    _Counter(_RULES, structs.replace(CARD, pin_tries_left=0), _HOLDER),
    _Counter(_RULES, structs.replace(CARD, medium=Medium.PHONE_PIN, code_tries_left=0), _HOLDER),
    _Counter(_RULES, structs.replace(CARD, medium=Medium.PHONE_VERIFIES, code_tries_left=0), _HOLDER),
    _Counter(structs.replace(_RULES, face_and_pin=FaceAndPinPolicy.ALWAYS, phone=False), CARD, CHECK),
    _Counter(Rules(), CARD, CHECK),
    _Counter(_RULES, CARD, CHECK.model_copy(update={"prescriptions": WAITING})),
)

Edge = tuple[str, str, type[ev.Event]]


@dataclass(frozen=True)
class _Node:
    state: st.State
    open: tuple[fx.Effect, ...]
    """Effects without an answer."""
    on_reader: int | None
    seconds: float
    cards: int = 0
    """Number of cards inserted. Each starts a reception with a new id."""

    @property
    def now(self) -> Now:
        return Now(self.seconds, WALL + timedelta(seconds=self.seconds))


def edges() -> set[Edge]:
    """Return the transitions that `step` makes for any of the counters."""
    edges_found: set[Edge] = set()
    for counter in _COUNTERS:
        _walk(counter, edges_found)
    return edges_found


def _walk(counter: _Counter, edges_found: set[Edge]) -> None:
    speak = speaker(Settings())
    queue = deque([_Node(st.START, (), None, 0.0)])
    fingerprints: dict[str, set[str]] = {}
    while queue:
        node = queue.popleft()
        buttons = talk_for(node.state, counter.rules, speak)
        for after, event in _transitions(node, (*buttons.body.buttons, *buttons.footer), counter):
            before_name, after_name = type(node.state).__name__, type(after.state).__name__
            if before_name != after_name:
                edges_found.add((before_name, after_name, type(event)))
            expanded = fingerprints.setdefault(after_name, set())
            fingerprint = _fingerprint(after)
            if fingerprint not in expanded and len(expanded) < _MAX_STATES_PER_CLASS:
                expanded.add(fingerprint)
                queue.append(after)


def _fingerprint(node: _Node) -> str:
    """Return a text that identifies the state, ignoring times and ids."""
    state = node.state
    fields = {
        name: getattr(state, name)
        for name in ("methods", "why", "phase", "problem", "outcome", "index", "left", "help", "registered", "valid")
        if hasattr(state, name)
    }
    if isinstance(state, st.Idle):
        return repr((fields, state.reader, state.purpose, len(node.open), node.on_reader is None))
    reception = state.reception
    holder = (
        reception.card_in,
        reception.check is None,
        reception.one_by_one,
        reception.purpose,
        state.waiting is None,
    )
    tries = (reception.face_attempts, reception.face_matched, reception.staff_at_terminal, reception.pin_left > 0)
    return repr(
        (
            fields,
            holder,
            tries,
            reception.code_left > 0,
            [type(effect).__name__ for effect in node.open],
            node.on_reader is None,
        )
    )


def _transitions(node: _Node, buttons: tuple[Button, ...], counter: _Counter) -> Iterator[tuple[_Node, ev.Event]]:
    for event, on_reader, seconds in _events(node, buttons, counter):
        at = replace(node, seconds=seconds)
        result = step(node.state, event, counter.rules, at.now)
        cards = node.cards + isinstance(event, ev.CardPresent)
        pending = (*node.open, *result.effects)
        yield (
            _Node(
                result.state,
                tuple(effect for effect in pending if _awaited(effect, result.state)),
                on_reader,
                seconds,
                cards,
            ),
            event,
        )


def _awaited(effect: fx.Effect, state: st.State) -> bool:
    """Return whether `state` is waiting for an answer to `effect`."""
    if isinstance(state, st.Idle) or effect.reception != state.reception.id:
        return False
    return effect.effect in (state.waiting, state.reception.challenge_effect)


def _events(
    node: _Node, buttons: tuple[Button, ...], counter: _Counter
) -> Iterator[tuple[ev.Event, int | None, float]]:
    for button in buttons:
        yield button.event, node.on_reader, node.seconds
    for event in _typed_events(node.state):
        yield event, node.on_reader, node.seconds
    for effect in node.open:
        for answer in plausible_answers(effect, node.now, counter.check, counter.card):
            yield answer, node.on_reader, node.seconds
    if node.on_reader is None:
        card = node.cards + 1
        yield ev.CardPresent(card, f"r{card}"), card, node.seconds
        assert counter.card.card_expiry is not None
        yield ev.CodeShown("shown", counter.card.card_expiry), None, node.seconds
    else:
        yield ev.CardTaken(node.on_reader), None, node.seconds
    yield ev.CameraChanged(available=False), node.on_reader, node.seconds
    yield ev.ReaderChanged(ReaderStatus.NONE), None, node.seconds
    for moment in (next_tick(node.state, counter.rules), getattr(node.state, "deadline", None)):
        if moment is not None:
            yield ev.Tick(), node.on_reader, max(moment, node.seconds)


def _typed_events(state: st.State) -> Iterator[ev.Event]:
    """Yield the events of typed digits and the staff password, which no button posts."""
    if isinstance(state, st.Idle):
        yield ev.InquiryChosen("")
        return
    key = state.reception.id
    match state:
        case st.PinEntry():
            yield ev.PinEntered(key)
        case st.PrintedCodeEntry():
            yield ev.CodeEntered(key)
        case st.ChoosingMethod():
            yield ev.StaffAuthenticated(key)
        case st.StaffCheck():
            yield ev.StaffConfirmed(key, "documents")
            yield ev.StaffRejected(key)
        case _:
            pass


def page(edges_found: set[Edge]) -> str:
    arrows: dict[tuple[str, str], set[str]] = {}
    exits: dict[str, dict[str, set[str]]] = {}
    for before, after, event in edges_found:
        if event in _EXITS:
            exits.setdefault(before, {}).setdefault(after, set()).add(_EXITS[event])
        else:
            arrows.setdefault((before, after), set()).add(_spaced(event.__name__))
    lines = ["# States of a reception", "", _ORIGIN, "", _INTRODUCTION, ""]
    lines += ["```mermaid", "stateDiagram-v2", "    [*] --> Idle"]
    lines += [f"    {before} --> {after}: {', '.join(sorted(why))}" for (before, after), why in sorted(arrows.items())]
    lines += ["```", "", "| State | next state (events) |", "|---|---|"]
    for before, ways in sorted(exits.items()):
        targets = "; ".join(f"**{after}** ({', '.join(sorted(why))})" for after, why in sorted(ways.items()))
        lines.append(f"| {before} | {targets} |")
    return "\n".join([*lines, ""])


def _spaced(name: str) -> str:
    return "".join(
        f" {letter.lower()}" if letter.isupper() and at else letter.lower() for at, letter in enumerate(name)
    )


if __name__ == "__main__":
    PAGE.write_text(page(edges()), encoding="utf-8")
