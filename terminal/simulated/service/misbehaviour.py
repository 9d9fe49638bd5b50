"""Make the stub misbehave on request: silent, slow, failing, disconnecting, or reporting another qualification.

Rules can be set at run time, per operation, per person, and for a number of calls.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

from pydantic import Field, ValidationError

from config.toml import TomlError, read_toml
from terminal.qualification.contract import Model, RefusalReason
from terminal.simulated.service.people import Validity


class Operation(StrEnum):
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
    """For operations without their own rule."""


class Manner(StrEnum):
    NORMAL = "normal"
    SILENT = "silent"
    """Accepts the request and never answers; nothing is done."""
    DROPPED = "dropped"
    """Disconnects immediately; nothing is done."""
    LOST_ANSWER = "lost-answer"
    """Processes the request, then disconnects without answering."""
    HALF = "half"
    """Processes the request, and disconnects in the middle of the answer."""
    GARBAGE = "garbage"
    """Answers 200 with something other than JSON; nothing is done."""
    FAILING = "failing"
    """Answers with an HTTP error; nothing is done."""
    REFUSING = "refusing"
    """Refuses for `reason`, with its code; nothing is done."""
    LYING = "lying"
    """Gives a false answer of the kind `lie`."""


class Lie(StrEnum):
    CLAIMS = "claims"
    """The result claims consent to every item, asked or not."""
    FOREIGN = "foreign"
    """The result belongs to another institution."""
    STALE = "stale"
    """The result is an older answer, from the day before."""
    UNSIGNED = "unsigned"
    """The answer lacks the service's signature; can be combined with another manner."""


class Rule(Model):
    manner: Manner = Manner.NORMAL
    delay_seconds: Annotated[float, Field(ge=0, le=600)] = 0
    """Delay before any other behaviour."""
    status: Annotated[int, Field(ge=500, le=599)] = 503
    """For `failing`."""
    reason: RefusalReason = RefusalReason.UNKNOWN_HOLDER
    """For `refusing`."""
    lie: Lie | None = None
    """For `lying`; default `claims`."""
    validity: Validity | None = None
    """Report this validity (OQSCD006): 2 lost, 4 none, 5 several. For opening, result and look-up."""
    error_code: Annotated[str, Field(pattern=r"^SIMQ[0-9]{4}[EWI]$")] | None = None
    """Report a service error with this code (status 2, segment 9) instead of a qualification."""
    old_characters: bool = False
    """Write ● in names for characters that JIS X 0208 lacks."""
    times: Annotated[int, Field(ge=1)] | None = None
    """Applies this many times and then expires; None: until changed."""


SLOW = Rule(delay_seconds=7)
"""As slow as the real service can be."""


class Setting(Model):
    """A rule and its target."""

    operation: Operation
    person: str | None = None
    """Id of an insured person; None for everyone. Requests for a challenge do not belong to a person."""
    rule: Rule


def read_settings(path: Path) -> tuple[Setting, ...]:
    """Read a TOML file of `[[behaviour]]` tables: operation, person and the keys of a rule. `ValueError` if invalid."""
    try:
        entries = read_toml(path).get("behaviour", [])
    except TomlError as error:
        raise ValueError(f"{path.name} is not valid TOML: {error}") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError(f"{path.name}: write [[behaviour]] before each rule")
    return tuple(_setting(entry) for entry in entries)


def parse_setting(text: str) -> Setting:
    """Parse `OPERATION[@PERSON]:KEY=VALUE,...` from a command line: `submit@elder:manner=half,times=1`."""
    target, _, keys = text.partition(":")
    operation, _, person = target.partition("@")
    given = dict(part.partition("=")[::2] for part in keys.split(",") if part)
    return _setting({"operation": operation, **({"person": person} if person else {}), **given})


def _setting(entry: dict[str, Any]) -> Setting:
    whom = {key: entry[key] for key in ("operation", "person") if key in entry}
    rule = {key: value for key, value in entry.items() if key not in whom}
    try:
        return Setting.model_validate({**whom, "rule": rule})
    except ValidationError as error:
        wrong = "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in error.errors())
        raise ValueError(f"behaviour of the stub: {wrong}") from None


class Misbehaviour:
    """The rules in force. Can be set from any thread.

    One rule applies to a call: a rule for a person takes precedence, then a rule for an operation.
    """

    def __init__(self, settings: Iterable[Setting] = ()) -> None:
        self._rules: dict[tuple[Operation, str | None], Rule] = {}
        self._waiting: set[Callable[[], None]] = set()
        self._lock = Lock()
        for setting in settings:
            self.set(setting.operation, setting.rule, setting.person)

    def set(self, operation: Operation, rule: Rule, person: str | None = None) -> None:
        with self._lock:
            self._rules[operation, person] = rule

    def clear(self, operation: Operation | None = None, person: str | None = None) -> None:
        """Return to normal, for one operation or all."""
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

    def cares_who(self, operation: Operation) -> bool:
        """Return whether there is a rule for a particular person and this operation."""
        with self._lock:
            return any(person is not None and named in (operation, Operation.EVERY) for named, person in self._rules)

    def let_go(self) -> None:
        """End the calls that are being delayed, because the server stops."""
        with self._lock:
            waiting = list(self._waiting)
        for release in waiting:
            release()

    @contextmanager
    def kept_waiting(self) -> Iterator[asyncio.Event]:
        """Yield an event that `let_go` sets."""
        let_go, loop = asyncio.Event(), asyncio.get_running_loop()

        def release() -> None:
            loop.call_soon_threadsafe(let_go.set)

        with self._lock:
            self._waiting.add(release)
        try:
            yield let_go
        finally:
            with self._lock:
                self._waiting.discard(release)

    def take(self, operation: Operation, person: str | None = None) -> Rule:
        """Return the rule for one call, and count the call."""
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


_in_force: ContextVar[Rule] = ContextVar("behaviour of the call under way")


def rule_in_force() -> Rule:
    """Return the rule for this call, for rules that change the content of the service's answer."""
    return _in_force.get(Rule())


@contextmanager
def in_force(rule: Rule) -> Iterator[None]:
    token = _in_force.set(rule)
    try:
        yield
    finally:
        _in_force.reset(token)
