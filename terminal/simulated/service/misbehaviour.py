"""How the stub misbehaves on request: silent, slow, failing, breaking off, or reporting another qualification.

Settable at run time, for an operation, for a person, for a number of calls.
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
    """For operations without a rule of their own."""


class Manner(StrEnum):
    NORMAL = "normal"
    SILENT = "silent"
    """Takes the request and never answers; nothing is done."""
    DROPPED = "dropped"
    """Ends the connection at once; nothing is done."""
    LOST_ANSWER = "lost-answer"
    """Does it, then ends the connection without answering."""
    HALF = "half"
    """Does it, and ends the connection in the middle of the answer."""
    GARBAGE = "garbage"
    """Answers 200 with something that is not JSON; nothing is done."""
    FAILING = "failing"
    """Answers with an HTTP error; nothing is done."""
    REFUSING = "refusing"
    """Refuses for `reason`, with its code; nothing is done."""
    LYING = "lying"
    """Answers what is not so; `lie` says what."""


class Lie(StrEnum):
    CLAIMS = "claims"
    """The result claims a consent to every item, asked or not."""
    FOREIGN = "foreign"
    """The result is another institution's."""
    STALE = "stale"
    """The result is an older answer: of the day before."""
    UNSIGNED = "unsigned"
    """The answer, whatever it is, comes without the service's signature; also beside another manner."""


class Rule(Model):
    manner: Manner = Manner.NORMAL
    delay_seconds: Annotated[float, Field(ge=0, le=600)] = 0
    """Delay before anything else."""
    status: Annotated[int, Field(ge=500, le=599)] = 503
    """For `failing`."""
    reason: RefusalReason = RefusalReason.UNKNOWN_HOLDER
    """For `refusing`."""
    lie: Lie | None = None
    """For `lying`; `claims` where it is not said."""
    validity: Validity | None = None
    """Says so of the qualification (OQSCD006): 2 lost, 4 none, 5 several. For opening, result and look-up."""
    error_code: Annotated[str, Field(pattern=r"^SIMQ[0-9]{4}[EWI]$")] | None = None
    """The result tells of an error in the service with this code (status 2, segment 9) instead of a qualification."""
    old_characters: bool = False
    """Names come with ● for what JIS X 0208 does not have."""
    times: Annotated[int, Field(ge=1)] | None = None
    """Applies this many times, then expires; None: until changed."""


SLOW = Rule(delay_seconds=7)
"""As slow as the real service may be."""


class Setting(Model):
    """A rule, and what it is for."""

    operation: Operation
    person: str | None = None
    """Id of an insured person; None for anybody. The challenge is asked for before anybody is known."""
    rule: Rule


def read_settings(path: Path) -> tuple[Setting, ...]:
    """A TOML file of `[[behaviour]]` tables: operation, person and the rule's own keys. `ValueError` if invalid."""
    try:
        entries = read_toml(path).get("behaviour", [])
    except TomlError as error:
        raise ValueError(f"{path.name} is not valid TOML: {error}") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError(f"{path.name}: write [[behaviour]] before each rule")
    return tuple(_setting(entry) for entry in entries)


def parse_setting(text: str) -> Setting:
    """`OPERATION[@PERSON]:KEY=VALUE,...`, as on a command line: `submit@elder:manner=half,times=1`."""
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
    """The rules in force. May be set from any thread.

    Of the rules that fit a call one applies: a person's before everybody's, an operation's before every operation's.
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
        """Normal again: one operation, or all."""
        with self._lock:
            if operation is None:
                self._rules.clear()
            else:
                self._rules.pop((operation, person), None)

    @property
    def is_normal(self) -> bool:
        """There is no rule for anything."""
        return not self._rules

    def settings(self) -> tuple[Setting, ...]:
        with self._lock:
            return tuple(
                Setting(operation=operation, person=person, rule=rule)
                for (operation, person), rule in self._rules.items()
            )

    def cares_who(self, operation: Operation) -> bool:
        """Return whether a person has a rule of their own for it."""
        with self._lock:
            return any(person is not None and named in (operation, Operation.EVERY) for named, person in self._rules)

    def let_go(self) -> None:
        """End the calls that are being kept waiting: the server stops."""
        with self._lock:
            waiting = list(self._waiting)
        for release in waiting:
            release()

    @contextmanager
    def kept_waiting(self) -> Iterator[asyncio.Event]:
        """An event that `let_go` sets."""
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
        """The rule for one call that is happening now."""
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
    """For the service, where a rule says what it answers and not how."""
    return _in_force.get(Rule())


@contextmanager
def in_force(rule: Rule) -> Iterator[None]:
    token = _in_force.set(rule)
    try:
        yield
    finally:
        _in_force.reset(token)
