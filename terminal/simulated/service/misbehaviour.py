"""Rules that make the stub misbehave: silence, delays, failures, disconnections and false results.

Rules can be set at run time for an operation, a person or a number of calls. `misbehaviour_middleware` applies them to
HTTP requests, and `altered_answers` to people and results.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

from pydantic import AliasChoices, Field, ValidationError

from config.toml import TomlError, read_toml
from terminal.qualification.contract import Model, RefusalReason
from terminal.simulated.service.validity import Validity


class Operation(StrEnum):
    """An operation of the service."""

    CHALLENGE = "challenge"
    OPEN = "open"
    REGISTER = "register"
    SUBMIT = "submit"
    RESULT = "result"
    WITHDRAW = "withdraw"
    LOOK_UP = "look-up"
    RECEIPTS = "receipts"
    CONSENTS = "consents"
    CHANGE_KEY = "change-key"
    EVERY = "every"
    """All operations that have no separate rule."""


class ResponseMode(StrEnum):
    """How the stub responds to a request."""

    NORMAL = "normal"
    SILENT = "silent"
    """Ignores the request without disconnecting."""
    DROPPED = "dropped"
    """Disconnects without processing the request."""
    LOST_ANSWER = "lost-answer"
    """Processes the request and disconnects without answering."""
    HALF = "half"
    """Processes the request and disconnects in the middle of the answer."""
    GARBAGE = "garbage"
    """Answers 200 with HTML instead of JSON, without processing the request."""
    FAILING = "failing"
    """Answers with an HTTP error, without processing the request."""
    REFUSING = "refusing"
    """Refuses the request with `reason`, without processing it."""
    LYING = "lying"
    """Returns a false answer, as specified by `lie`."""


class Lie(StrEnum):
    """A kind of false answer."""

    CLAIMS = "claims"
    """The result contains consents to all items, even those that were not asked about."""
    FOREIGN = "foreign"
    """The result belongs to another institution."""
    STALE = "stale"
    """The result is from the day before."""
    UNSIGNED = "unsigned"
    """The answer has no signature. Can be combined with any mode."""


class Rule(Model):
    mode: Annotated[ResponseMode, Field(validation_alias=AliasChoices("mode", "manner"))] = ResponseMode.NORMAL
    """Version 0.1.0 called this `manner`."""
    delay_seconds: Annotated[float, Field(ge=0, le=600)] = 0
    """Delay in seconds before any other behaviour."""
    status: Annotated[int, Field(ge=500, le=599)] = 503
    """HTTP status for `failing`."""
    reason: RefusalReason = RefusalReason.UNKNOWN_HOLDER
    """Reason for `refusing`."""
    lie: Lie | None = None
    """Kind of false answer for `lying`; `claims` by default."""
    validity: Validity | None = None
    """Validity (OQSCD006) to report on opening, result and look-up: 2 lost, 4 none, 5 several."""
    error_code: Annotated[str, Field(pattern=r"^SIMQ[0-9]{4}[EWI]$")] | None = None
    """Code of a service error (status 2, segment 9) to report instead of a qualification."""
    old_characters: bool = False
    """Whether to write ● in names for characters outside JIS X 0208."""
    times: Annotated[int, Field(ge=1)] | None = None
    """Number of calls to which the rule applies; None for all."""


SLOW = Rule(delay_seconds=7)
"""The longest answer time of the real service."""


class Setting(Model):
    """A rule and its target."""

    operation: Operation
    person: str | None = None
    """Id of an insured person; None for everyone. Challenge requests contain no person."""
    rule: Rule


def read_settings(path: Path) -> tuple[Setting, ...]:
    """Read a TOML file with `[[behaviour]]` tables: operation, person and the rule's keys. Raises `ValueError`."""
    try:
        entries = read_toml(path).get("behaviour", [])
    except TomlError as error:
        raise ValueError(f"{path.name} is not valid TOML: {error}") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError(f"{path.name}: write [[behaviour]] before each rule")
    return tuple(_setting(entry) for entry in entries)


def parse_setting(text: str) -> Setting:
    """Parse `OPERATION[@PERSON]:KEY=VALUE,...`, such as `submit@elder:mode=half,times=1`. Raises `ValueError`."""
    target, _, keys = text.partition(":")
    operation, _, person = target.partition("@")
    rule = dict(part.partition("=")[::2] for part in keys.split(",") if part)
    return _setting({"operation": operation, **({"person": person} if person else {}), **rule})


def _setting(entry: dict[str, Any]) -> Setting:
    target = {key: entry[key] for key in ("operation", "person") if key in entry}
    rule = {key: value for key, value in entry.items() if key not in target}
    try:
        return Setting.model_validate({**target, "rule": rule})
    except ValidationError as error:
        details = "; ".join(f"{detail['loc'][-1]}: {detail['msg']}" for detail in error.errors())
        raise ValueError(f"stub behaviour: {details}") from None


class Misbehaviour:
    """The active rules. Thread-safe.

    Only one rule applies to a call. Rules for a person take precedence, followed by rules for an operation.
    """

    def __init__(self, settings: Iterable[Setting] = ()) -> None:
        self._rules: dict[tuple[Operation, str | None], Rule] = {}
        self._pending: set[Callable[[], None]] = set()
        self._lock = Lock()
        for setting in settings:
            self.set(setting.operation, setting.rule, setting.person)

    def set(self, operation: Operation, rule: Rule, person: str | None = None) -> None:
        with self._lock:
            self._rules[operation, person] = rule

    def clear(self, operation: Operation | None = None, person: str | None = None) -> None:
        """Remove the rule for an operation and person, or all rules."""
        with self._lock:
            if operation is None:
                self._rules.clear()
            else:
                self._rules.pop((operation, person), None)

    @property
    def is_normal(self) -> bool:
        """Whether there are no rules."""
        return not self._rules

    def settings(self) -> tuple[Setting, ...]:
        with self._lock:
            return tuple(
                Setting(operation=operation, person=person, rule=rule)
                for (operation, person), rule in self._rules.items()
            )

    def has_person_rule(self, operation: Operation) -> bool:
        """Return whether a rule for this operation depends on the person."""
        with self._lock:
            return any(person is not None and key in (operation, Operation.EVERY) for key, person in self._rules)

    def release_all(self) -> None:
        """End all delayed calls before the server stops."""
        with self._lock:
            pending = list(self._pending)
        for release in pending:
            release()

    @contextmanager
    def delayed_call(self) -> Iterator[asyncio.Event]:
        """Yield an event that is set by `release_all`."""
        released, loop = asyncio.Event(), asyncio.get_running_loop()

        def release() -> None:
            loop.call_soon_threadsafe(released.set)

        with self._lock:
            self._pending.add(release)
        try:
            yield released
        finally:
            with self._lock:
                self._pending.discard(release)

    def rule_for(self, operation: Operation, person: str | None = None) -> Rule:
        """Return the rule for a call, and count the call if the rule has a limited number of calls."""
        with self._lock:
            for key in dict.fromkeys(
                [(operation, person), (Operation.EVERY, person), (operation, None), (Operation.EVERY, None)]
            ):
                rule = self._rules.get(key)
                if rule is None:
                    continue
                if rule.times == 1:
                    del self._rules[key]
                elif rule.times is not None:
                    self._rules[key] = rule.model_copy(update={"times": rule.times - 1})
                return rule
            return Rule()


_active_rule: ContextVar[Rule] = ContextVar("rule for the current call")


def active_rule() -> Rule:
    """Return the rule for the current call."""
    return _active_rule.get(Rule())


@contextmanager
def activated(rule: Rule) -> Iterator[None]:
    """Make `rule` the active rule of the current call."""
    token = _active_rule.set(rule)
    try:
        yield
    finally:
        _active_rule.reset(token)
